/** Files through the API: uploaded whole or not at all, sent with messages, read by the model, and gone with the last session that names them. */
import { beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { apiScene } from "./api-scene";
import type { Chat } from "./rein";
import { pngWith, samples } from "./sample-files";
import { failure, finish, makeGate, text, toolCall } from "./upstream/upstream";
import { until } from "./within";
import { toolCallsOf } from "../shared/message-parts";
import type { FileRef } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";

const png = samples["image/png"];
const { upstream, rein, start, post } = apiScene();
beforeEach(async () => {
  for (const hash of kept()) await rein.fetch(`/api/files/${hash}`, { method: "DELETE" });
});

describe("an upload", () => {
  test("answers what the content is, whatever it is called, and gives it back as that", async () => {
    const response = await rein.fetch("/api/files", {
      method: "POST",
      body: png,
      headers: { "Content-Type": "text/html" },
    });
    expect(await response.json()).toEqual(refOf(png));
    const back = await rein.fetch(`/api/files/${hashOf(png)}`);
    expect(Buffer.from(await back.arrayBuffer())).toEqual(png);
    const headers = ["content-type", "x-content-type-options", "content-security-policy"];
    expect(headers.map((name) => back.headers.get(name))).toEqual([
      "image/png",
      "nosniff",
      "default-src 'none'; sandbox",
    ]);
  });

  test("is there by HEAD without being read: also one that is damaged on the disk, which GET does not give", async () => {
    const { hash } = await upload(png);
    writeFileSync(join(rein.dataDir, "files", hash), "something else");
    const ask = async (method: string, of = hash) =>
      (await rein.fetch(`/api/files/${of}`, { method })).status;
    expect([await ask("HEAD"), await ask("GET"), await ask("HEAD", "0".repeat(64))]).toEqual([
      200, 404, 404,
    ]);
  });

  test.each<[string, string | Buffer<ArrayBuffer>, string]>([
    ["a program", "\x7fELF\x01\0\0", "415 type"],
    ["half a picture", png.subarray(0, 40), "415 type"],
    ["50 MB and more", Buffer.concat([png, Buffer.alloc(50_000_000)]), "413 size"],
  ])("of %s is refused, and leaves nothing", async (_name, content, refusal) => {
    expect(await refused("/api/files", { method: "POST", body: content })).toBe(refusal);
    expect(kept()).toEqual([]);
  });

  test("of a picture that is a page too is a picture, and no page", async () => {
    const both = pngWith("<!doctype html><script>alert(1)</script>");
    const { hash } = await upload(both);
    const back = await rein.fetch(`/api/files/${hash}`);
    expect(back.headers.get("content-type")).toBe("image/png");
    expect(back.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test.each([
    ["an SVG", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ["a page", "<!doctype html><script>alert(1)</script>"],
    ["nothing", ""],
  ])("of %s is text, and a download that no browser renders", async (_name, content) => {
    const { hash } = await upload(Buffer.from(content));
    const back = await rein.fetch(`/api/files/${hash}`);
    expect(await back.text()).toBe(content);
    const headers = ["content-type", "content-disposition", "x-content-type-options"];
    expect(headers.map((name) => back.headers.get(name))).toEqual([
      "text/plain; charset=utf-8",
      "attachment",
      "nosniff",
    ]);
  });

  test("of a PDF is given back as a download, and no browser opens it here", async () => {
    const disposition = async (content: Buffer<ArrayBuffer>) => {
      const { hash } = await upload(content);
      return (await rein.fetch(`/api/files/${hash}`)).headers.get("content-disposition");
    };
    expect(await disposition(samples["application/pdf"])).toBe("attachment");
    expect(await disposition(png)).toBe("inline");
  });

  test("that says 5 GB is refused before it is read", async () => {
    const socket = send("Content-Length: 5000000000", png);
    expect(await socket.answer).toContain(" 413 ");
    expect(kept()).toEqual([]);
  });

  test("without an end is refused at the limit", async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.concat([png, Buffer.alloc(1_000_000)])),
    });
    expect(await refused("/api/files", { method: "POST", body })).toBe("413 size");
    await until(() => kept().length === 0);
  });

  test.each([
    ["of a length", `Content-Length: ${png.length + 10}`, png],
    [
      "in chunks",
      "Transfer-Encoding: chunked",
      Buffer.from(`${png.length.toString(16)}\r\n${png.toString("latin1")}\r\n`, "latin1"),
    ],
  ])("whose connection is cut leaves nothing: a body %s", async (_name, header, bytes) => {
    const socket = send(header, bytes);
    await until(() => kept().length === 1);
    socket.cut();
    await until(() => kept().length === 0);
  });

  test("that was not sent can be removed", async () => {
    const { hash } = await upload(png);
    await rein.fetch(`/api/files/${hash}`, { method: "DELETE" });
    expect(kept()).toEqual([]);
    expect(await refused("/api/files/" + hash)).toBe("404 file");
  });

  test.each(["..%2Frein.db", "a", "%00", "A".repeat(64)])(
    "%s is no name of a file",
    async (name) => {
      expect(await refused(`/api/files/${name}`)).toBe("400 input");
      expect(await refused(`/api/files/${name}`, { method: "DELETE" })).toBe("400 input");
      expect(existsSync(join(rein.dataDir, "rein.db"))).toBe(true);
    },
  );

  test("needs the credential, and so does a file", async () => {
    const { hash } = await upload(png);
    for (const path of ["/api/files", `/api/files/${hash}`])
      expect((await fetch(rein.url + path, { method: "POST", body: png })).status).toBe(401);
  });
});

describe("a message", () => {
  test("brings its files to the model, and to each later request", async () => {
    const chat = await say({ files: [await upload(png)] });
    expect(sent(-1)).toContain(png.toString("base64"));
    expect(chat.session.messages[0]!.parts).toMatchObject([
      { type: "file", name: "shot.png", ...refOf(png) },
      { type: "text" },
    ]);
    await say({ sessionId: chat.sessionId, message: "And now?" });
    expect(sent(-1)).toContain(png.toString("base64"));
    const stored = await rein.session(chat.sessionId);
    expect(stored.messages[0]).toEqual(chat.session.messages[0]);
    const exported = await (await rein.fetch(`/api/sessions/${chat.sessionId}/export`)).text();
    expect(exported).toContain(`[picture shot.png, ${png.length} bytes, SHA-256 ${hashOf(png)}]`);
  });

  test("can be files alone, and the session is then called as the first", async () => {
    const chat = await say({ message: undefined, files: [await upload(png)] });
    expect(chat.session.messages[0]!.parts).toHaveLength(1);
    expect((await rein.session(chat.sessionId)).title).toBe("shot.png");
  });

  test("that is tried again brings its files again, edited or not; others take their place", async () => {
    const chat = await say({ files: [await upload(png)] });
    const again = { sessionId: chat.sessionId };
    const files = async () => {
      const { messages } = await rein.session(chat.sessionId);
      const last = messages.findLast(({ role }) => role === "user")!;
      return last.parts.flatMap((part) => (part.type === "file" ? [part.hash] : []));
    };
    const second = await say({ ...again, message: undefined, retryOf: chat.runId });
    expect(await files()).toEqual([hashOf(png)]);
    const third = await say({ ...again, message: "Edited", retryOf: second.runId });
    expect(await files()).toEqual([hashOf(png)]);
    await say({ ...again, message: "Without", files: [], retryOf: third.runId });
    expect(await files()).toEqual([]);
    expect(sent(-1)).not.toContain(png.toString("base64"));
  });

  test("that is accepted keeps its files, though they are deleted at the same time", async () => {
    upstream.route(() => [text("Seen.")]);
    for (let round = 0; round < 8; round++) {
      const { hash } = await upload(pngWith(`${round}`));
      const files = [{ hash, name: "shot.png" }];
      const [answer] = await Promise.all([
        rein.fetch("/api/chat", { method: "POST", body: JSON.stringify({ ...request, files }) }),
        rein.fetch(`/api/files/${hash}`, { method: "DELETE" }),
      ]);
      expect(await answer.text()).not.toBe("");
      expect(kept().includes(hash)).toBe(answer.status === 200);
    }
  });

  test("that interrupts a run keeps its files while it waits for that to settle", async () => {
    upstream.script([
      toolCall("bash", { command: "trap '' TERM; sleep 60 & wait" }),
      finish("tool-calls"),
    ]);
    const chat = rein.chat({ ...request, message: "First", permissions: "all" });
    await chat.until((event) => event.type === "tool-start");
    const files = [await upload(png)];
    upstream.script([text("Seen.")]);
    const next = rein.chat({ ...request, sessionId: chat.sessionId, interrupt: true, files });
    await chat.until((event) => event.type === "run-stopping");
    await rein.fetch(`/api/files/${files[0]!.hash}`, { method: "DELETE" });
    await next.ended;
    expect(sent(-1)).toContain(png.toString("base64"));
  });

  test("that waits keeps its files", async () => {
    const gate = makeGate();
    upstream.script([text("One ", gate, "two.")], [text("Seen.")]);
    const chat = rein.chat({ ...request, message: "First" });
    await gate.reached;
    const queued = { files: [await upload(png)] };
    await post(`/api/sessions/${chat.sessionId}/queue`, queued);
    await rein.fetch(`/api/files/${hashOf(png)}`, { method: "DELETE" });
    gate.open();
    await until(() => sent(-1).includes(png.toString("base64")));
    await chat.ended;
  });

  test("with a file that is not there is refused, and begins nothing", async () => {
    const body = JSON.stringify({ ...request, files: [{ hash: hashOf(png), name: "shot.png" }] });
    expect(await refused("/api/chat", { method: "POST", body })).toBe("400 file");
    expect(await rein.json("/api/sessions")).toEqual({ sessions: [] });
  });

  test("with more than 100 files is refused", async () => {
    const { hash } = await upload(png);
    const files = Array.from({ length: 101 }, () => ({ hash, name: "shot.png" }));
    const body = JSON.stringify({ ...request, files });
    expect(await refused("/api/chat", { method: "POST", body })).toBe("400 input");
  });

  test("goes on without a file that was deleted in the data directory", async () => {
    const file = await upload(png);
    const chat = await say({ files: [file] });
    rmSync(join(rein.dataDir, "files", file.hash));
    await say({ sessionId: chat.sessionId, message: "And now?" });
    expect(sent(-1)).toContain(`[picture shot.png, ${png.length} bytes: it is no longer there]`);
  });

  test("to a model that takes no pictures is a line of text, after a switch too", async () => {
    const chat = await say({ files: [await upload(png)] });
    await say({ sessionId: chat.sessionId, message: "And now?", model: "gpt-3.5-turbo" });
    expect(sent(-1)).toContain(": this model takes no pictures]");
    expect(sent(-1)).not.toContain(png.toString("base64"));
  });
});

test.each([
  ["invalid-request", "At most 0 image(s) may be provided in one request."],
  ["model-not-found", "No endpoints found that support image input"],
  ["server", "image input is not supported - hint: you may need to provide the mmproj"],
] as const)(
  "a picture that a model was tried with, and that it refuses (%s), is left out, and the run goes on",
  async (kind, message) => {
    upstream.script([failure(kind, { message })]);
    const chat = await say({ files: [await upload(png)] });
    expect(chat.session.runs.at(-1)!.outcome).toBe("done");
    expect(sent(-2)).toContain(png.toString("base64"));
    expect(sent(-1)).toContain(`[picture shot.png, ${png.length} bytes: not sent]`);
    await say({ sessionId: chat.sessionId, message: "And now?" });
    expect(sent(-1)).not.toContain(png.toString("base64"));
  },
);

test("a file that two sessions name goes with the last of them", async () => {
  const file = await upload(png);
  const [one, two] = [await say({ files: [file] }), await say({ files: [file] })];
  await rein.fetch(`/api/sessions/${one.sessionId}`, { method: "DELETE" });
  expect(kept()).toEqual([file.hash]);
  await rein.fetch(`/api/sessions/${two.sessionId}`, { method: "DELETE" });
  expect(kept()).toEqual([]);
});

describe("read", () => {
  test("shows the model a picture under any name, and the next turn carries it", async () => {
    writeFileSync(join(rein.cwd, "notes.txt"), png);
    const chat = await reading("notes.txt");
    const [call] = chat.session.messages.flatMap(toolCallsOf);
    expect(call).toMatchObject({
      state: "done",
      output: `PNG picture, ${png.length} bytes, 3 × 2 pixels.`,
      files: [{ name: "notes.txt", ...refOf(png) }],
    });
    expect(sent(-1)).toContain(png.toString("base64"));
    await rein.fetch(`/api/sessions/${chat.sessionId}`, { method: "DELETE" });
    expect(kept()).toEqual([]);
  });

  test.each<[string, string, Buffer | string, string]>([
    [
      "no picture to a model that takes none",
      "gpt-3.5-turbo",
      png,
      "shot.png is a PNG picture, and this model takes no pictures.",
    ],
    [
      "no PDF to a model that takes none",
      "local-model",
      samples["application/pdf"],
      "shot.png is a PDF, and this model takes no PDFs.",
    ],
    ["no damaged picture", "local-model", png.subarray(0, 40), "is an image (PNG), and only text"],
  ])("shows %s", async (_name, model, content, words) => {
    writeFileSync(join(rein.cwd, "shot.png"), content);
    const chat = await reading("shot.png", model);
    const [call] = chat.session.messages.flatMap(toolCallsOf);
    expect(call!.error).toContain(words);
    expect(kept()).toEqual([]);
  });

  test("shows a picture of 15 MB, scaled down to what the model takes", async () => {
    const large = Buffer.concat([png, Buffer.alloc(15_000_000, 32)]);
    writeFileSync(join(rein.cwd, "large.png"), large);
    const chat = await reading("large.png");
    const [call] = chat.session.messages.flatMap(toolCallsOf);
    expect(call).toMatchObject({ state: "done", files: [{ bytes: large.length }] });
    expect(sent(-1)).toContain("data:image/png;base64,");
    expect(sent(-1).length).toBeLessThan(100_000);
    rmSync(join(rein.cwd, "large.png"));
  });

  test("tells the model what cannot be seen in a name, and takes the name as it was told", async () => {
    const name = "shot\u202egnp\n.png";
    writeFileSync(join(rein.cwd, name), png);
    const chat = await reading(name);
    expect(sent(-1)).toContain("[picture shot⟨U+202E⟩gnp⟨LF⟩.png, ");
    const again = { sessionId: chat.sessionId, message: "Again" };
    upstream.script([
      toolCall("read", { path: "attachment:shot⟨U+202E⟩gnp⟨LF⟩.png" }),
      finish("tool-calls"),
    ]);
    const { session } = await say(again);
    expect(session.messages.flatMap(toolCallsOf).at(-1)).toMatchObject({ state: "done" });
    rmSync(join(rein.cwd, name));
  });

  test("gives an SVG called shot.png as the text that it is", async () => {
    writeFileSync(join(rein.cwd, "shot.png"), "<svg/>");
    const chat = await reading("shot.png");
    expect(chat.session.messages.flatMap(toolCallsOf)[0]!.output).toBe("1\t<svg/>");
  });

  test("asks before it follows a link called shot.png out of the directory", async () => {
    writeFileSync(join(rein.dataDir, "..", `${hashOf(png).slice(0, 8)}.png`), png);
    const link = join(rein.cwd, "link.png");
    symlinkSync(join(rein.dataDir, "..", `${hashOf(png).slice(0, 8)}.png`), link);
    upstream.script([toolCall("read", { path: "link.png" }), finish("tool-calls")]);
    const chat = rein.chat({ ...request, message: "Read it", permissions: "ask" });
    await chat.until((event) => event.type === "approval-request");
    expect(kept()).toEqual([]);
    await rein.stop(chat.sessionId);
    await chat.ended;
    rmSync(join(rein.dataDir, "..", `${hashOf(png).slice(0, 8)}.png`));
    rmSync(link);
  });

  async function reading(path: string, model = "local-model"): Promise<Chat> {
    upstream.script([toolCall("read", { path }), finish("tool-calls")]);
    return say({ message: "Read it", model });
  }
});

describe("a text file", () => {
  const lines = Buffer.from("one\ntwo\nthree\n");

  test("goes to the model as text, and read gives its lines without asking", async () => {
    const file = { ...(await upload(lines)), name: "src/a.ts" };
    upstream.script([
      toolCall("read", { path: "attachment:src/a.ts", offset: 2, limit: 1 }),
      toolCall("read", { path: `attachment:${file.hash.slice(0, 12)}`, offset: 3 }),
      toolCall("read", { path: "attachment:../src/a.ts" }),
      finish("tool-calls"),
    ]);
    const chat = await say({ files: [file], permissions: "ask" });
    expect(sent(-1)).toContain("[text file src/a.ts, 14 bytes: ");
    expect(sent(-1)).toContain("one\\ntwo\\nthree");
    const calls = chat.session.messages.flatMap(toolCallsOf);
    expect(calls[0]!.output).toStartWith("2\ttwo");
    expect(calls[1]!.output).toBe("3\tthree");
    expect(calls[2]!.error).toContain("No attached file is called “../src/a.ts”");
  });

  test("of another session cannot be read", async () => {
    await say({ files: [{ ...(await upload(lines)), name: "secret.txt" }] });
    upstream.script([toolCall("read", { path: "attachment:secret.txt" }), finish("tool-calls")]);
    const chat = await say({});
    expect(chat.session.messages.flatMap(toolCallsOf)[0]!.error).toContain("No message of this");
  });

  test("is in the exported archive, with a link to it in the document", async () => {
    const files = [
      { ...(await upload(lines)), name: "../../a [b].ts" },
      { ...(await upload(png)), name: "shot.png" },
    ];
    const chat = await say({ files });
    const response = await rein.fetch(`/api/sessions/${chat.sessionId}/export?files=1`);
    const archive = await new Bun.Archive(await response.arrayBuffer()).files();
    const places = files.map(({ hash }, at) => {
      return `files/${hash.slice(0, 16)}-${at === 0 ? "a_b_.ts" : "shot.png"}`;
    });
    expect([...archive.keys()].toSorted()).toEqual([...places, "session.md"].toSorted());
    expect(await archive.get(places[0]!)!.text()).toBe(lines.toString());
    expect(Buffer.from(await archive.get(places[1]!)!.arrayBuffer())).toEqual(png);
    const document = await archive.get("session.md")!.text();
    for (const place of places) expect(document).toContain(`](${place})`);
    expect(document).toContain("a \\[b\\].ts");
  });
});

test("what was uploaded and never sent, or was on its way, is gone after a crash, and what a session names is not", async () => {
  const named = await upload(png);
  await say({ files: [named] });
  await upload(pngWith("never sent"));
  const half = send(`Content-Length: ${png.length + 10}`, png);
  await until(() => kept().some((name) => name.endsWith(".new")));
  rein.signal("SIGKILL");
  await rein.exited;
  half.cut();
  await start();
  expect(kept()).toEqual([named.hash]);
});

const request = {
  message: "Look.",
  provider: "openai-chat",
  model: "local-model",
  onDisconnect: "continue",
} as const satisfies ChatRequest;

/** Sends a message, and resolves once it is answered. */
async function say(more: Partial<ChatRequest>): Promise<Chat> {
  upstream.script([text("Seen.")]);
  const chat = rein.chat({ ...request, ...more });
  await chat.ended;
  return chat;
}

/** A request to the model, from the last (-1) on, as JSON. */
function sent(index: number): string {
  return JSON.stringify(upstream.requests.at(index)!.body);
}

async function upload(content: Buffer<ArrayBuffer>): Promise<Pick<FileRef, "hash" | "name">> {
  const { hash } = await rein.json<FileRef>("/api/files", { method: "POST", body: content });
  return { hash, name: "shot.png" };
}

async function refused(path: string, init?: RequestInit): Promise<string> {
  const response = await rein.fetch(path, init);
  const { error } = (await response.json()) as { error: { code: string } };
  return `${response.status} ${error.code}`;
}

function kept(): string[] {
  return readdirSync(join(rein.dataDir, "files"));
}

function refOf(content: Buffer) {
  return { hash: hashOf(content), mediaType: "image/png" as const, bytes: content.length };
}

function hashOf(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}

/** The beginning of an upload over a bare socket. */
function send(header: string, bytes: Buffer) {
  const { port } = new URL(rein.url);
  const socket = connect(Number(port), "127.0.0.1");
  const answer = new Promise<string>((resolve) =>
    socket.once("data", (piece) => resolve(String(piece))),
  );
  socket.on("error", () => undefined);
  socket.write(
    `POST /api/files HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${rein.token}\r\n${header}\r\n\r\n`,
  );
  socket.write(bytes);
  return { answer, cut: () => socket.destroy() };
}
