/** Copies of sessions: a fork, an export and its import; what they keep, and what they must not. */
import { Database } from "bun:sqlite";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import { branchOf } from "../shared/branches";
import { textOf, toolCallsOf } from "../shared/message-parts";
import { emptySession } from "../shared/empty-session";
import { type FilePart, type Message, noUsage, type Run, type Session } from "../shared/protocol";
import { piecesOf } from "../server/search/find-words";
import { SearchIndex } from "../server/search/search-index";
import { Store } from "../server/store/store";
import { readMarkdown } from "../server/session/read-export";
import { apiScene } from "./api-scene";
import { told } from "./control-api";
import type { Chat } from "./rein";
import { violationsOf } from "./sweep/invariants";
import { hang, text, toolCall, usage } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = apiScene();
const { upstream, send, stop, dataDir } = scene;
const { signal } = new AbortController();

async function say(message: string, of?: Chat, more: object = {}): Promise<Chat> {
  upstream.script([text(message.toUpperCase()), usage(100, 10)]);
  const chat = send(message, { ...(of && { sessionId: of.sessionId }), ...more });
  await chat.ended;
  return chat;
}

const textsOf = (session: Session) => branchOf(session).map((message) => textOf(message));
const importText = async (content: string) =>
  (await scene.rein.sdk.importSession(content, signal)).session;
const exported = async (id: string, format = "json") =>
  (await scene.rein.fetch(`/api/sessions/${id}/export?format=${format}`)).text();

describe("a fork", () => {
  test("has what was said up to a run, goes on by itself, and undoes nothing of the first", async () => {
    upstream.script(
      [toolCall("write", { path: "made.txt", content: "x" })],
      [text("MADE"), usage(100, 10)],
    );
    const first = send("make", { permissions: "all" });
    await first.ended;
    const second = await say("two", first);
    await say("three", first);
    const { session } = await scene.rein.sdk.fork(first.sessionId, { runId: second.runId }, signal);
    expect(textsOf(session)).toEqual(["make", "", "MADE", "two", "TWO"]);
    expect(violationsOf(session)).toEqual([]);
    expect(session).toMatchObject({
      forkedFrom: { sessionId: first.sessionId, runId: second.runId },
      cwd: first.session.cwd,
      permissions: "all",
      allowed: [],
      queue: [],
    });
    expect(session.runs.map(({ copied, changes }) => [copied, changes])).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
    upstream.script([text("FOUR")]);
    await send("four", { sessionId: session.id }).ended;
    expect(told(upstream.requests.at(-1))).toMatch(/MADE.*TWO/s);
    expect(told(upstream.requests.at(-1))).not.toContain("THREE");
    const before = await scene.rein.session(first.sessionId);
    expect(textsOf(before).at(-1)).toBe("THREE");
    scene.rein.signal("SIGKILL");
    await scene.rein.exited;
    await scene.start();
    expect(textsOf(await scene.rein.session(session.id)).at(-1)).toBe("FOUR");
    expect((await scene.rein.session(session.id)).forkedFrom).toEqual(session.forkedFrom);
  });

  test("of a branch is the same after a restart, and its stops are told once", async () => {
    const first = await say("one");
    const second = await say("two", first);
    upstream.script([hang]);
    const cut = send("zwei", { sessionId: first.sessionId, retryOf: second.runId });
    await cut.until(({ type }) => type === "message-start");
    await stop(cut);
    await cut.ended;
    const { session } = await scene.rein.sdk.fork(first.sessionId, {}, signal);
    const texts = textsOf(session);
    expect(texts.slice(0, 3)).toEqual(["one", "ONE", "zwei"]);
    expect((await scene.rein.sdk.stops("", signal)).stops).toMatchObject([
      { sessionId: first.sessionId },
    ]);
    scene.rein.signal("SIGKILL");
    await scene.rein.exited;
    await scene.start();
    expect(textsOf(await scene.rein.session(session.id))).toEqual(texts);
  });

  test("counts nothing twice, and is of a run that is over", async () => {
    const first = await say("one");
    const { session } = await scene.rein.sdk.fork(first.sessionId, {}, signal);
    expect(session.usage).toMatchObject({ inputTokens: 0, outputTokens: 0 });
    // The day's limit has room for the next turn: the copied one is not counted again.
    const limits = await scene.rein.sdk.limits(signal);
    await scene.rein.sdk.saveLimits({ ...limits, day: { turns: 2 } }, signal);
    const next = await say("next", { sessionId: session.id } as Chat);
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    await scene.rein.sdk.saveLimits(limits, signal);
    upstream.script([hang]);
    const running = send("wait", { sessionId: first.sessionId });
    await running.until(({ type }) => type === "run-start");
    expect(String(await failure(scene.rein.sdk.fork(first.sessionId, {}, signal)))).toContain(
      "This run is not over",
    );
    const until = { runId: first.runId };
    expect(textsOf((await scene.rein.sdk.fork(first.sessionId, until, signal)).session)).toEqual([
      "one",
      "ONE",
    ]);
    await stop(running);
    await running.ended;
  });
});

describe("an export as JSON", () => {
  test("is imported with all of its branches, under new ids, allowing nothing", async () => {
    const first = await say("one", undefined, { permissions: "all" });
    const second = await say("two", first);
    await say("zwei", first, { retryOf: second.runId });
    upstream.script([toolCall("bash", { command: "sleep 300" })]);
    const cut = send("wait", { sessionId: first.sessionId });
    await cut.until(({ type }) => type === "tool-start");
    await stop(cut);
    await cut.ended;
    const content = await exported(first.sessionId);
    const session = await importText(content);
    const source = await scene.rein.session(first.sessionId);
    expect(textsOf(session)).toEqual(textsOf(source));
    expect(session.messages).toHaveLength(source.messages.length);
    expect(violationsOf(session)).toEqual([]);
    expect([session.permissions, session.allowed, session.titledBy]).toEqual(["ask", [], "person"]);
    expect(session.importedAt).toBeGreaterThan(0);
    expect(session.createdAt).toBe(source.createdAt);
    const ids = new Set(JSON.stringify(source).match(/"id":"[^"]+"/g));
    const copied = JSON.stringify(session).match(/"id":"[^"]+"/g)!;
    expect(copied.filter((id) => ids.has(id))).toEqual([]);
    expect(session.messages.flatMap(toolCallsOf)).toMatchObject([{ state: "stopped" }]);
    // Again, from the copy: nothing is lost on the way.
    const again = await importText(await exported(session.id));
    expect(textsOf(again)).toEqual(textsOf(session));
    const search = () => scene.rein.sdk.search({ q: "zwei" }, signal);
    await untilAsync(async () => (await search()).left === undefined, "the index has caught up");
    expect((await search()).messages).toHaveLength(6);
  });

  test("of a session that runs has what is over", async () => {
    const first = await say("one");
    upstream.script([hang]);
    const running = send("wait", { sessionId: first.sessionId });
    await running.until(({ type }) => type === "message-start");
    expect(textsOf(await importText(await exported(first.sessionId)))).toEqual(["one", "ONE"]);
    await stop(running);
    await running.ended;
  });

  test("shows the branch that is shown, though a run in it is not over", async () => {
    const first = await say("one");
    const second = await say("two", first);
    await say("eins", first, { retryOf: first.runId });
    await scene.rein.sdk.showBranch(first.sessionId, second.runId, signal);
    upstream.script([hang]);
    const running = send("wait", { sessionId: first.sessionId });
    await running.until(({ type }) => type === "message-start");
    const session = await importText(await exported(first.sessionId));
    expect(textsOf(session)).toEqual(["one", "ONE", "two", "TWO"]);
    await stop(running);
    await running.ended;
  });
});

describe("an import", () => {
  const hostile: [what: string, content: () => string][] = [
    ["nothing", () => ""],
    ["no JSON", () => "{"],
    ["another program's", () => '{"conversations":[]}'],
    ["a newer version's", () => '{"rein":"session","version":99,"session":{"messages":[]}}'],
    ["deep", () => `{"rein":${"[".repeat(10_000)}`],
    ["many values", () => `{"rein":[${"1,".repeat(400_000)}1]}`],
    ["no conversation", () => "# A title\n\nSome words.\n"],
  ];
  test.each(hostile)(
    "that is %s is refused in words, and leaves no session",
    async (_what, content) => {
      const error = String(await failure(importText(content())));
      expect(error).toMatch(/^ApiError: .{10,300}$/);
      expect((await scene.rein.sdk.sessions(signal, { archived: "with" })).sessions).toEqual([]);
      expect((await scene.rein.sdk.sessions(signal, { deleted: "only" })).sessions).toEqual([]);
    },
  );

  test("of what was changed on the way is refused where it is wrong, or harmless", async () => {
    const chat = await say("one");
    const content = JSON.parse(await exported(chat.sessionId)) as { session: Session };
    const broken: [unknown, (session: Session) => void][] = [
      ["messages", (one) => Object.assign(one.messages[0]!, { role: "system" })],
      ["parts", (one) => Object.assign(one.messages[0]!.parts[0]!, { type: "script" })],
      ["unknown", (one) => Object.assign(one, { unknown: 1 })],
      ["cwd", (one) => Object.assign(one, { cwd: 7 })],
      ["time", (one) => Object.assign(one, { createdAt: 1e300 })],
      ["runs", (one) => one.runs.push(one.runs[0]!)],
      ["messages", (one) => one.messages.push(one.messages[0]!)],
      ["parts", (one) => one.messages[1]!.parts.push(one.messages[0]!.parts[0]!)],
    ];
    for (const [, change] of broken) {
      const copy = structuredClone(content);
      change(copy.session);
      expect(String(await failure(importText(JSON.stringify(copy))))).toContain(
        "no export of Rein",
      );
    }
    const open = structuredClone(content);
    const file = { hash: "0".repeat(64), name: "../../x", bytes: 3, mediaType: "image/png" };
    open.session.messages[0]!.parts.push({ type: "file", id: "f", ...file } as FilePart);
    Object.assign(open.session, {
      tip: "nobody",
      cwd: "/nowhere/at/all",
      provider: "none",
      permissions: "all",
    });
    Object.assign(open.session.runs[0]!, {
      state: "running",
      outcome: undefined,
      pause: undefined,
    });
    delete open.session.messages[1]!.outcome;
    const session = await importText(JSON.stringify(open).replace("{", '{"__proto__":{"x":1},'));
    expect(session.runs).toMatchObject([{ state: "settled", outcome: "failed" }]);
    expect([existsSync(session.cwd), session.permissions]).toEqual([true, "ask"]);
    expect(violationsOf(session)).toEqual([]);
    await say("next", { sessionId: session.id } as Chat);
  });

  test("that is cut, or whose server is killed, leaves nothing", async () => {
    const chat = await say("one");
    const content = JSON.parse(await exported(chat.sessionId)) as { session: Session };
    const [asked, answer] = content.session.messages;
    content.session.messages = Array.from({ length: 3000 }, (_, at) => [
      { ...asked!, id: `a${at}`, parts: [{ type: "text" as const, id: `p${at}`, text: "x" }] },
      { ...answer!, id: `b${at}`, parts: [{ type: "text" as const, id: `q${at}`, text: "y" }] },
    ]).flat();
    const body = JSON.stringify(content);
    const controller = new AbortController();
    const cut = scene.rein.sdk.importSession(new Blob([body]), controller.signal);
    setTimeout(() => controller.abort(), 60);
    await cut.catch(() => undefined);
    scene.rein.sdk.importSession(new Blob([body]), signal).catch(() => undefined);
    await Bun.sleep(100);
    scene.rein.signal("SIGKILL");
    await scene.rein.exited;
    await scene.start();
    const { sessions } = await scene.rein.sdk.sessions(signal);
    expect(sessions.length).toBeGreaterThanOrEqual(1);
    for (const { id } of sessions) {
      const { messages } = await scene.rein.session(id);
      expect([2, 6000]).toContain(messages.length);
    }
    // One that is cut behind its last write is there, whole.
    expect(sessions.length).toBeLessThanOrEqual(3);
    const database = new Database(join(dataDir(), "rein.db"), { readonly: true });
    const all = "SELECT COUNT(*) AS count FROM sessions";
    expect(database.query<{ count: number }, []>(all).get()!.count).toBe(sessions.length);
    database.close();
    expect((await scene.rein.sdk.sessions(signal, { deleted: "only" })).sessions).toEqual([]);
  });

  test("that is cut anywhere in its body leaves nothing", async () => {
    const chat = await say("one");
    const content = new TextEncoder().encode(await exported(chat.sessionId));
    for (let part = 0; part < 8; part++) {
      const controller = new AbortController();
      const body = new ReadableStream<Uint8Array>({
        pull(stream) {
          if (part > 0) stream.enqueue(content.slice(0, Math.floor((content.length * part) / 8)));
          controller.abort();
        },
      });
      const { signal: cut } = controller;
      const sent = scene.rein.fetch("/api/sessions/import", { method: "POST", body, signal: cut });
      expect(await failure(sent)).toBeDefined();
    }
    const { sessions } = await scene.rein.sdk.sessions(signal, { archived: "with" });
    expect(sessions.map(({ id }) => id)).toEqual([chat.sessionId]);
  });

  test("that is cut between any two of its writes is not there, and the search finds what comes after it", async () => {
    using store = closing(new Store(":memory:"));
    using index = closing(new SearchIndex(":memory:", store.messages));
    const hash = "a".repeat(64);
    const long = sessionOf("long", 130, "common");
    long.messages
      .at(-1)!
      .parts.push({ type: "file", id: "f", hash, name: "x", bytes: 1, mediaType: "image/png" });
    // On a busy machine one look does not catch up with all that has come.
    const find = (word: string): number => {
      const { found, left } = index.find({ pieces: piecesOf(word), limit: 5 });
      return left > 0 ? find(word) : found.length;
    };
    let cuts = 0;
    const seen: unknown[] = [];
    for (let at = 1; at < 10; at++) {
      const controller = new AbortController();
      let steps = 0;
      controller.signal.throwIfAborted = () => {
        seen.push([store.list(), store.load("long"), store.files.has(hash)]);
        find("common");
        if (++steps === at) throw new Error("cut");
      };
      const kept = await store.createWhole(long, controller.signal).then(
        () => true,
        () => false,
      );
      expect(store.has("long")).toBe(kept);
      if (kept) store.remove("long");
      else cuts++;
      expect(store.files.has(hash)).toBe(false);
      await store.createWhole(sessionOf(`after${at}`, 1, `needle${at}`), signal);
      expect(find(`needle${at}`)).toBe(1);
      store.remove(`after${at}`);
    }
    expect(cuts).toBeGreaterThan(1);
    for (const one of seen) expect(one).toEqual([[], undefined, true]);
  });

  test("of Markdown is bounded, whatever stands in it", () => {
    const spaces = `## You\n\n---\nUsed: ${" ".repeat(300_000)}x\ny`;
    expect(readMarkdown(spaces).messages).toHaveLength(1);
    expect(() => readMarkdown("## You\n".repeat(100_001))).toThrow("more messages");
  });
});

test("Markdown as it is exported is imported message by message; what stands in code is code", async () => {
  const chat = await say("Say\n```\n## You\n```\nhere");
  const session = await importText(await exported(chat.sessionId, "markdown"));
  expect(session.title).toBe(chat.session.title);
  expect(textsOf(session)).toEqual(["Say\n```\n## You\n```\nhere", "SAY\n```\n## YOU\n```\nHERE"]);
  upstream.script([text("Next.")]);
  await send("next", { sessionId: session.id }).ended;
  expect(told(upstream.requests.at(-1))).toContain("Say\\n```");
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("## You", "## Rein", "```", "x", "# t"), { maxLength: 12 }),
      (lines) => {
        const document = lines.join("\n");
        const messages = lines.includes("## You") ? tryRead(document) : [];
        for (const one of messages) expect(textOf(one)).not.toMatch(/^## (You|Rein)$/);
      },
    ),
  );
});

function sessionOf(id: string, count: number, words: string): Session {
  const runId = `${id}-run`;
  const messages = Array.from({ length: count }, (_, at): Message => ({
    id: `${id}-${at}`,
    runId,
    role: "user",
    parts: [{ type: "text", id: `${id}-p${at}`, text: words }],
    createdAt: 1,
  }));
  const runs: Run[] = [
    { id: runId, state: "settled", outcome: "done", startedAt: 1, endedAt: 1, usage: noUsage },
  ];
  return emptySession({ id, runs, messages });
}

function closing<One extends { close: () => void }>(one: One): One & Disposable {
  return Object.assign(one, { [Symbol.dispose]: () => one.close() });
}

function tryRead(document: string) {
  try {
    return readMarkdown(document).messages;
  } catch (error) {
    expect(String(error)).toContain("There is no conversation");
    return [];
  }
}

async function failure(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    () => undefined,
    (error: unknown) => error,
  );
}
