/** Language servers: the model is told what is wrong with what it has written, or that nobody has said so; a hostile one costs a sentence. */
import { afterEach, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { toolCallsOf } from "../shared/message-parts";
import type { LanguageServer, ProcessLook, ProjectView } from "../shared/protocol";
import { ContentLength } from "../server/lsp/content-length";
import { apiScene } from "./api-scene";
import { processesLeft } from "./control-api";
import { isAlive } from "./machine-facts";
import type { Chat } from "./rein";
import { text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const { upstream, rein, send, stop, post, dataDir, start } = apiScene({
  request: { permissions: "all" },
  settings: {},
});

afterEach(() => save([]).catch(() => undefined));

const script = join(import.meta.dir, "agents/scripted-language-server.ts");

describe("diagnostics after an edit", () => {
  test("are of the text as it is now, errors first; what cannot be read of them is left out", async () => {
    await allowed("pushes");
    const chat = await writes("a.txt", "right\nwrong\nvery wrong\n");
    expect(outputOf(chat)).toBe(
      "Created a.txt.\n[scripted finds 2 problems in a.txt]\n" +
        "3:6 error: This is wrong:⟨U+202E⟩ very wrong (2322)\n" +
        "2:1 warning: This is wrong:⟨U+202E⟩ wrong (2322)",
    );
    expect(JSON.stringify(upstream.requests.at(-1)!.body)).toContain("finds 2 problems");
    const edit = { path: "a.txt", oldText: "wrong\nvery wrong", newText: "right" };
    const next = await again(chat, toolCall("edit", edit));
    expect(outputOf(next)).toEndWith("\n[scripted finds nothing wrong with a.txt]");
    expect(heard()).toContain("textDocument/didChange");
    expect(heard().filter((method) => method === "initialize")).toHaveLength(1);
    // What is no file of the server's is none of its business.
    const other = toolCall("write", { path: "a.md", content: "wrong" });
    expect(outputOf(await again(next, other))).toBe("Created a.md.");
  });

  test("are asked for where the server answers that", async () => {
    await allowed("pulls");
    expect(outputOf(await writes("a.txt", "wrong"))).toContain("finds 1 problem in a.txt");
    expect(heard()).toContain("textDocument/diagnostic");
  });

  test("of a patch are told of the files with errors first, and once of those of which the same is said", async () => {
    await allowed("pushes");
    const file = (name: string, words: string) => `*** Add File: ${name}\n+${words}\n`;
    const files = [
      ...Array.from({ length: 8 }, (_, index) => file(`right-${index}.txt`, "right")),
      file("warned.txt", "wrong"),
      file("broken.txt", "very wrong"),
    ];
    const patch = { input: `*** Begin Patch\n${files.join("")}*** End Patch` };
    upstream.script([toolCall("apply_patch", patch)], [text("Done.")]);
    const chat = send({ model: "gpt-5" });
    await chat.ended;
    const said = outputOf(chat).split("\n").slice(files.length);
    expect(said.filter((line) => line.startsWith("["))).toEqual([
      "[scripted finds 1 problem in broken.txt]",
      "[scripted finds 1 problem in warned.txt]",
      "[scripted finds nothing wrong with right-0.txt, right-1.txt, right-2.txt, right-3.txt, right-4.txt and 3 more]",
    ]);
  });

  test("depend on the other files as they are: what a command has changed or removed is told first", async () => {
    await allowed("pushes");
    let chat = await writes("a.txt", "wrong");
    chat = await again(chat, toolCall("write", { path: "b.txt", content: "right" }));
    chat = await again(chat, toolCall("bash", { command: "echo right >a.txt; rm b.txt" }));
    await again(chat, toolCall("write", { path: "c.txt", content: "right" }));
    const faults = heard().filter((line) => line.startsWith("texts"));
    expect(faults[1]).toBe("texts with faults: 1 of 2");
    expect(faults.at(-1)).toBe("texts with faults: 0 of 2");
  });

  test("of another version, and none at all, are said to be none: silence is not clean", async () => {
    await allowed("refuses");
    const refused = "\n[no diagnostics by scripted of a.txt: it answered: content modified]";
    expect(outputOf(await writes("a.txt", "wrong"))).toEndWith(refused);
    for (const behaviour of ["late", "silent", "never-ready"]) {
      await allowed(behaviour, { waitSeconds: 0.2 });
      const output = outputOf(await writes("a.txt", "wrong"));
      expect(output).toEndWith("\n[no diagnostics by scripted of a.txt within 0.2 seconds]");
    }
  });

  test("of a server that does not say of which version are the last of them, and said to be unsure", async () => {
    await allowed("unsure");
    const output = outputOf(await writes("a.txt", "wrong"));
    expect(output).toContain("[scripted finds 1 problem in a.txt, perhaps of the text before]");
  });

  test("of a dead, a flooding and a lying server cost a sentence, and after three ends nothing more is started", async () => {
    for (const [behaviour, words] of [
      ["dies", "ended (exit code 7). It wrote: fatal: out of words"],
      ["floods", "is no message of its protocol"],
      ["lies", "is no message of its protocol"],
      ["missing", "[no diagnostics by scripted: "],
    ] as const) {
      await allowed(behaviour);
      const chat = await writes("a.txt", "wrong");
      expect(callOf(chat).state).toBe("done");
      expect(outputOf(chat)).toContain(words);
      expect(await processesLeft(rein, chat.sessionId)).toEqual([]);
    }
    await allowed("dies");
    let chat = await writes("a.txt", "wrong");
    for (const turn of [1, 2, 3])
      chat = await again(chat, toolCall("write", { path: "a.txt", content: `wrong ${turn}` }));
    expect(outputOf(chat)).toContain("has ended 3 times");
  });

  test("are waited for only until a stop, and the edit stays done", async () => {
    await allowed("silent", { waitSeconds: 30 });
    upstream.script([toolCall("write", { path: "a.txt", content: "wrong" })]);
    const chat = send();
    await until(
      () => existsSync(join(rein.cwd, "heard")) && heard().includes("textDocument/didSave"),
    );
    await stop(chat);
    await chat.ended;
    expect(callOf(chat)).toMatchObject({ state: "done", output: "Created a.txt." });
    expect(chat.session.runs[0]!.outcome).toBe("stopped");
  });
});

describe("a language server", () => {
  test("starts in no project before a person has allowed it there, nor once it has changed", async () => {
    await configure("pushes");
    expect(outputOf(await writes("a.txt", "wrong"))).toBe("Created a.txt.");
    const asked = await project();
    expect(asked).toMatchObject({
      kind: "language-server",
      name: "scripted",
      standing: "asked",
      runs: [`${process.execPath} ${script} pushes`],
    });
    await answer("allow");
    expect(outputOf(await writes("b.txt", "wrong"))).toContain("finds 1 problem");
    const refused = serverPid();
    await answer("refuse");
    expect(isAlive(refused)).toBe(false);
    expect(outputOf(await writes("c.txt", "wrong"))).toBe("Created c.txt.");
    await answer("allow");
    expect(outputOf(await writes("e.txt", "wrong"))).toContain("finds 1 problem");
    const pid = serverPid();
    await configure("pulls");
    expect((await project()).standing).toBe("asked");
    expect(isAlive(pid)).toBe(false);
    expect(outputOf(await writes("d.txt", "wrong"))).toBe("Created d.txt.");
    expect(heard().filter((method) => method === "initialize")).toHaveLength(2);
  });

  test("gets no edit through, and what it asks for is answered", async () => {
    await allowed("asks");
    expect(outputOf(await writes("a.txt", "wrong"))).toContain("finds 1 problem");
    await until(() => heard().filter((line) => line.startsWith("answer")).length === 3);
  });

  test("outlives its run, is listed and stopped as a process, starts anew, and ends with its session", async () => {
    await allowed("pushes");
    const chat = await writes("a.txt", "wrong");
    const first = serverPid();
    const path = `/api/sessions/${chat.sessionId}/processes`;
    const { processes } = await rein.json<{ processes: ProcessLook[] }>(path);
    expect(processes).toMatchObject([
      { languageServer: true, command: "language server scripted" },
    ]);
    await post(`${path}/${processes[0]!.id}/stop`, {});
    expect(isAlive(first)).toBe(false);
    const next = await again(chat, toolCall("write", { path: "a.txt", content: "very wrong" }));
    expect(outputOf(next)).toContain("1 problem");
    const second = serverPid();
    expect(isAlive(second)).toBe(true);
    await rein.fetch(`/api/sessions/${chat.sessionId}`, { method: "DELETE" });
    expect(isAlive(second)).toBe(false);
  });

  test("that a kill -9 of Rein leaves behind is dead at the next start, which starts it anew with an edit", async () => {
    await allowed("pushes");
    const directory = dataDir();
    const { cwd } = rein;
    const chat = await writes("a.txt", "wrong");
    const pid = serverPid();
    process.kill(rein.pid, "SIGKILL");
    await rein.exited;
    const second = await start({ dataDir: directory });
    await second.json("/api/commands");
    expect(isAlive(pid)).toBe(false);
    upstream.script(
      [toolCall("write", { path: join(cwd, "b.txt"), content: "wrong" })],
      [text(".")],
    );
    const request = { message: "On", provider: "openai-chat", model: "local-model" } as const;
    const next = second.chat({ ...request, sessionId: chat.sessionId, onDisconnect: "continue" });
    await next.ended;
    expect(outputOf(next)).toContain("finds 1 problem in b.txt");
  });
});

describe("the framing of its messages", () => {
  const message = (body: string) => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

  test("takes pieces of any size, several at once, and line feeds inside", () => {
    const bodies = ['{"a":"ä\\n"}', '{\n"b": 2}', `{"c":"${"x".repeat(100_000)}"}`];
    const all = bodies.map(message).join("");
    const whole = bodies.map((body) => `${body.replaceAll("\n", " ")}\n`).join("");
    expect(new ContentLength().read(all)).toBe(whole);
    for (const size of [1, 7, 65_536]) {
      const framing = new ContentLength();
      let read = "";
      for (let at = 0; at < all.length; at += size) read += framing.read(all.slice(at, at + size));
      expect(read).toBe(whole);
    }
  });

  test("refuses what has no length, one that is too long, and a header without an end", () => {
    for (const wrong of [
      "Content-Type: x\r\n\r\n{}",
      "Content-Length: 9000000000000000\r\n\r\n",
      "Content-Length: 20000001\r\n\r\n",
      "Content-Length: -1\r\n\r\n",
      "x".repeat(5_000),
    ])
      expect(new ContentLength().read(wrong)).toBeUndefined();
    expect(new ContentLength().read("Content-Length: 20000000\r\n\r\n")).toBe("");
  });
});

/** In the settings until the test is over. */
async function configure(behaviour: string, more: Partial<LanguageServer> = {}): Promise<void> {
  const command = behaviour === "missing" ? "/nowhere/server" : process.execPath;
  const args = [script, behaviour];
  const server = { name: "scripted", command, args, files: ["*.txt"], languageId: "words" };
  // A server that is starting on a busy machine is not late.
  await save([{ ...server, waitSeconds: 20, ...more }]);
}

const save = (servers: object[]) =>
  rein.json("/api/language-servers", { method: "PUT", body: JSON.stringify(servers) });

/** In the settings, and allowed in a project of its own. */
async function allowed(behaviour: string, more?: Partial<LanguageServer>): Promise<void> {
  await configure(behaviour, more);
  await mkdir(join(rein.cwd, ".git"), { recursive: true });
  await answer("allow");
}

async function project() {
  const view = await rein.json<ProjectView>(`/api/project?cwd=${encodeURIComponent(rein.cwd)}`);
  return view.definitions.find(({ kind }) => kind === "language-server")!;
}

async function answer(given: "allow" | "refuse"): Promise<void> {
  const { kind, name, digest } = await project();
  await post("/api/project/answer", {
    cwd: rein.cwd,
    answers: [{ kind, name, digest, answer: given }],
  });
}

async function writes(path: string, content: string): Promise<Chat> {
  upstream.script([toolCall("write", { path, content })], [text("Done.")]);
  const chat = send();
  await chat.ended;
  return chat;
}

async function again(chat: Chat, call: ReturnType<typeof toolCall>): Promise<Chat> {
  upstream.script([call], [text("Done.")]);
  const next = send({ sessionId: chat.sessionId });
  await next.ended;
  return next;
}

function callOf(chat: Chat) {
  return chat.session.messages.flatMap(toolCallsOf).at(-1)!;
}

function outputOf(chat: Chat): string {
  return callOf(chat).output;
}

function heard(): string[] {
  return readFileSync(join(rein.cwd, "heard"), "utf8").trim().split("\n");
}

function serverPid(): number {
  return Number(readFileSync(join(rein.cwd, "language-server.pid"), "utf8"));
}
