/** What a message mentions is read when it is accepted, and reaches the model as it was then; the rest stays text. */
import { beforeEach, expect, spyOn, test } from "bun:test";
import {
  constants,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesOf, textOf } from "../shared/message-parts";
import type { FileRef } from "../shared/protocol";
import { Attachments } from "../server/attachments/attachments";
import { mentionedFiles } from "../server/http/mentioned-files";
import type { Services } from "../server/http/services";
import { scriptedAgent } from "./agents/agent-script";
import { apiScene } from "./api-scene";
import { testJobs } from "./processes-bench";
import type { Chat } from "./rein";
import { samples } from "./sample-files";
import { temporaryDirectory } from "./temporary-directory";
import { makeGate, text } from "./upstream/upstream";

const own = { "own-scripted": scriptedAgent() };
const { upstream, rein, send, post, follow, dataDir, defer } = apiScene({
  settings: { engines: { own } },
});
let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "rein-mentions-"));
  defer(() => rmSync(cwd, { recursive: true, force: true }));
});

async function say(message: string): Promise<Chat> {
  upstream.script([text("Yes.")]);
  const chat = send(message, { cwd });
  await chat.ended;
  return chat;
}

function filesIn({ session }: Chat): FileRef[] {
  return session.messages.filter(({ role }) => role === "user").flatMap(filesOf);
}

async function contentOf({ hash }: FileRef): Promise<string> {
  return (await rein.fetch(`/api/files/${hash}`)).text();
}

/** Of each file of the message: its mention, and its content as text. */
async function mentioned(message: string): Promise<[string | undefined, string][]> {
  const found: [string | undefined, string][] = [];
  for (const file of filesIn(await say(message))) found.push([file.mention, await contentOf(file)]);
  return found;
}

test("a file is given with the numbers of its lines, or a range of them, and the model gets it", async () => {
  writeFileSync(join(cwd, "a.ts"), "one\r\ntwo\nthree\n");
  writeFileSync(join(cwd, "my file"), "spaced");
  const found = await mentioned('See @a.ts, @a.ts:2-3. (@a.ts:2) @"my file" @a.ts:9');
  expect(found).toEqual([
    ["a.ts", "1\tone\n2\ttwo\n3\tthree"],
    ["a.ts:2-3", "2\ttwo\n3\tthree"],
    ["a.ts:2", "2\ttwo"],
    ['"my file"', "1\tspaced"],
    ["a.ts:9", "“a.ts” was mentioned, but is not attached: it has only 3 lines."],
  ]);
  const request = await upstream.request(0);
  expect(JSON.stringify(request.body)).toContain(
    "2\\\\ttwo\\\\n3\\\\tthree".replaceAll("\\\\", "\\"),
  );
});

test("what does not exist, and what is in code or in an address, stays text", async () => {
  writeFileSync(join(cwd, "a"), "x");
  expect(await mentioned("@none me@a `@a` @Component @session:none @agent:nobody")).toEqual([]);
});

test("a folder is its list without what is ignored, a picture is itself, and a subagent is a note", async () => {
  mkdirSync(join(cwd, "src/deep"), { recursive: true });
  for (const name of ["src/b.ts", "src/deep/a.ts", "src/no.log"])
    writeFileSync(join(cwd, name), "");
  writeFileSync(join(cwd, ".ignore"), "*.log\n");
  writeFileSync(join(cwd, "shot.png"), samples["image/png"]);
  const chat = await say("@src/ @shot.png @agent:researcher");
  const [folder, picture, agent] = filesIn(chat);
  expect(await contentOf(folder!)).toBe("b.ts\ndeep/\ndeep/a.ts");
  expect(picture).toMatchObject({ mediaType: "image/png", name: "shot.png", mention: "shot.png" });
  expect(await contentOf(agent!)).toContain("role researcher");
});

test("what leads out, is Rein's own, is no regular file, is too large or binary is refused, and that is said", async () => {
  symlinkSync("/etc/hostname", join(cwd, "out"));
  symlinkSync("/proc/self", join(cwd, "kernel"));
  Bun.spawnSync(["mkfifo", join(cwd, "pipe")]);
  writeFileSync(join(cwd, "large"), "");
  truncateSync(join(cwd, "large"), 60_000_000);
  writeFileSync(join(cwd, "binary"), Buffer.from([1, 0, 255]));
  const found = await mentioned("@out @kernel/environ @/etc/passwd @pipe @large @binary");
  const outside = "it is outside the working directory.";
  expect(found.map(([mention, content]) => [mention, content.split("attached: ")[1]])).toEqual([
    ["out", outside],
    ["kernel/environ", outside],
    ["/etc/passwd", outside],
    ["pipe", "it is not a regular file but a device, pipe or socket."],
    ["large", "it has 60.0 MB, and at most 50.0 MB are read."],
    ["binary", "it is neither text in UTF-8 nor a picture or PDF."],
  ]);
  cwd = dataDir();
  const own = await mentioned("@settings.json @.");
  expect(own.every(([, content]) => content.includes("not attached: Rein’s sessions, keys"))).toBe(
    true,
  );
});

test("a denied file is refused by the project's rule", async () => {
  writeFileSync(join(cwd, "secret.env"), "KEY=1");
  const rule = { kind: "read", match: "file", path: join(cwd, "secret.env") };
  await post("/api/rules", { cwd, effect: "deny", rule });
  const [[, content] = ["", ""]] = await mentioned("@secret.env");
  expect(content).toBe(
    "“secret.env” was mentioned, but is not attached: a rule of this project denies it.",
  );
});

test("each message has the file as it was then, a retry keeps it, and a queued message that is changed has its own", async () => {
  const path = join(cwd, "a");
  writeFileSync(path, "first");
  const chat = await say("@a");
  writeFileSync(path, "second");
  upstream.script([text("Again.")], [text("Other.")], [text("Slow", makeGate())]);
  const { sessionId } = chat;
  const retry = send({ sessionId, retryOf: chat.session.runs[0]!.id, message: "@a" });
  await retry.ended;
  const contents = (one: Chat) => Promise.all(filesIn(one).map(contentOf));
  expect(await contents(await follow(retry))).toEqual(["1\tfirst"]);
  const edited = send({ sessionId, retryOf: retry.session.runs.at(-1)!.id, message: "Now @a" });
  await edited.ended;
  expect(await contents(await follow(edited))).toEqual(["1\tsecond"]);
  expect(await contents(chat)).toEqual(["1\tfirst"]);
  const running = send({ sessionId, message: "Wait" });
  await upstream.request(3);
  writeFileSync(path, "third");
  const queued = await post<{ queue: { id: string; files?: FileRef[] }[] }>(
    `/api/sessions/${sessionId}/queue`,
    { message: "@a" },
  );
  expect(await contentOf(queued.queue[0]!.files![0]!)).toBe("1\tthird");
  const changed = await rein.fetch(`/api/sessions/${sessionId}/queue/${queued.queue[0]!.id}`, {
    method: "PATCH",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ message: "Nothing" }),
  });
  expect(((await changed.json()) as typeof queued).queue[0]!.files).toEqual([]);
  await post(`/api/sessions/${sessionId}/stop`, {});
  await running.ended;
});

test("another session is its export", async () => {
  const first = await say("What is rein?");
  const [[mention, content] = ["", ""]] = await mentioned(`As in @session:${first.sessionId}.`);
  expect(mention).toBe(`session:${first.sessionId}`);
  expect(content).toContain("What is rein?");
});

test("an engine is sent what is mentioned before the words, also with a message that follows, and no subagents", async () => {
  writeFileSync(join(cwd, "a.ts"), "one");
  writeFileSync(join(cwd, "shot.png"), samples["image/png"]);
  // It repeats what it is told.
  const message = "See @a.ts @shot.png @agent:researcher";
  const chat = rein.chat({ message, engine: "own-scripted", cwd });
  await chat.ended;
  expect(filesIn(chat).map(({ mention }) => mention)).toEqual(["a.ts", "shot.png"]);
  const told = textOf(chat.session.messages.at(-1)!);
  expect(told).toStartWith("You said: [text file a.ts");
  expect(told).toContain("[picture shot.png, 87 bytes: this model takes no pictures]");
  expect(told).toEndWith(message);
  expect(told).toContain("\n1\tone\n--- end of attached file");
  writeFileSync(join(cwd, "a.ts"), "two");
  const next = rein.chat({ sessionId: chat.sessionId, message: "And @a.ts" });
  await next.ended;
  expect(textOf(next.session.messages.at(-1)!)).toContain("\n1\ttwo\n");
  // It has no tool that could read the rest of a long one.
  writeFileSync(join(cwd, "a.ts"), "x".repeat(210_000));
  const long = rein.chat({ sessionId: chat.sessionId, message: "And @a.ts" });
  await long.ended;
  const said = textOf(long.session.messages.at(-1)!);
  expect(said).toContain("characters are left out here …]");
  expect(said).not.toContain("attachment:");
});

test.each(["run", "session", "everything"] as const)(
  "a stop cuts what a message still reads, by its %s: nothing of it reaches the model, and a retry reads it anew",
  async (way) => {
    writeFileSync(join(cwd, "a"), "first");
    mkdirSync(join(cwd, "slow"));
    const ignored = join(cwd, "slow/.ignore");
    Bun.spawnSync(["mkfifo", ignored]);
    const [newSessionId, runId] = [crypto.randomUUID(), crypto.randomUUID()];
    const before = upstream.requests.length;
    const chat = send({ message: "@a @slow/", cwd, newSessionId, runId });
    {
      // It is open once it is read.
      await using _held = await open(ignored, "w");
      if (way === "session") await post(`/api/sessions/${newSessionId}/stop`, {});
      else await post("/api/stop", way === "run" ? { runId } : {});
      await chat.ended;
    }
    expect(chat.session.runs.map(({ outcome }) => outcome)).toEqual(["stopped"]);
    expect(filesIn(chat)).toEqual([]);
    expect(upstream.requests.length).toBe(before);
    rmSync(ignored);
    upstream.script([text("Yes.")]);
    const retry = send({ message: undefined, sessionId: newSessionId, retryOf: runId });
    await retry.ended;
    expect(filesIn(retry).map(({ mention }) => mention)).toEqual(["a", "slow/"]);
    expect(JSON.stringify((await upstream.request(before)).body)).toContain("1\\tfirst");
  },
);

test("of what one message mentions, 200 MB are kept, and it is read one after the other", async () => {
  for (const name of ["one", "two"]) {
    mkdirSync(join(cwd, name));
    Bun.spawnSync(["mkfifo", join(cwd, name, ".ignore")]);
  }
  writeFileSync(join(cwd, "0"), samples["application/pdf"]);
  truncateSync(join(cwd, "0"), 50_000_000);
  for (const copy of ["1", "2", "3"]) linkSync(join(cwd, "0"), join(cwd, copy));
  writeFileSync(join(cwd, "last"), "x");
  using reader = timelessReader();
  const reading = reader.read("@one/ @two/ @0 @1 @2 @3 @last");
  for (const name of ["one", "two"]) {
    // It is open once it is read.
    await using _held = await open(join(cwd, name, ".ignore"), "w");
    if (name === "one")
      expect(() =>
        openSync(join(cwd, "two/.ignore"), constants.O_WRONLY | constants.O_NONBLOCK),
      ).toThrow("ENXIO");
  }
  const tooMuch = "what a message mentions may have 200 MB in all";
  expect((await reading).map(({ name }) => name)).toEqual([
    "one/",
    "two/",
    "0",
    "1",
    "2",
    `3 (not attached: ${tooMuch})`,
    "last",
  ]);
});

test("after ten seconds nothing more of a message's mentions is read", async () => {
  mkdirSync(join(cwd, "slow"));
  Bun.spawnSync(["mkfifo", join(cwd, "slow/.ignore")]);
  writeFileSync(join(cwd, "a"), "x");
  using reader = timelessReader();
  const reading = reader.read("@slow/ @a");
  {
    await using _held = await open(join(cwd, "slow/.ignore"), "w");
    reader.limits.get(10_000)!.abort();
    const late = "it could not be read in time";
    expect((await reading).map(({ name }) => name)).toEqual([
      `slow/ (not attached: ${late})`,
      `a (not attached: ${late})`,
    ]);
  }
});

/** Reads as the server does, and with limits of time that end only by hand, by their milliseconds. */
function timelessReader() {
  const data = temporaryDirectory();
  const limits = new Map<number, AbortController>();
  const timeout = spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    const limit = new AbortController();
    limits.set(ms, limit);
    return limit.signal;
  });
  const parts = {
    attachments: new Attachments(join(data.path, "files"), undefined, () => true),
    jobs: testJobs(),
    rules: { of: () => [] },
    own: [],
  };
  const session = { id: "s", cwd, mcpServers: [], asker: { role: "admin" as const } };
  return {
    limits,
    read: (text: string) =>
      mentionedFiles(parts as unknown as Services, text, session, new AbortController().signal),
    [Symbol.dispose]() {
      timeout.mockRestore();
      data[Symbol.dispose]();
    },
  };
}

test("a folder that does not answer does not hold the message", async () => {
  mkdirSync(join(cwd, "slow"));
  // Whatever reads it waits.
  Bun.spawnSync(["mkfifo", join(cwd, "slow/.ignore")]);
  expect(await mentioned("@slow/")).toEqual([
    ["slow/", "“slow/” was mentioned, but is not attached: it could not be read in time."],
  ]);
});
