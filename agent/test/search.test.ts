/** The search through all sessions: what is found, what is not, and what becomes of the index. */
import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  excerptOf,
  firstMarksIn,
  indexedText,
  marksIn,
  matchOf,
  piecesOf,
} from "../server/search/find-words";
import { SearchIndex } from "../server/search/search-index";
import type { FoundMessage, SearchAnswer } from "../shared/protocol";
import type { SearchQuery } from "../shared/requests";
import { apiScene } from "./api-scene";
import { smallDisk } from "./disk-limit";
import type { Chat } from "./rein";
import { temporaryDirectory } from "./temporary-directory";
import { hang, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const scene = apiScene();
const { small, lack } = smallDisk(8);
const { upstream, send, restart, stop, dataDir } = scene;
const { signal } = new AbortController();

async function say(message: string, answer = "Yes.", of?: Chat): Promise<Chat> {
  upstream.script([text(answer)]);
  const chat = send(message, of === undefined ? {} : { sessionId: of.sessionId });
  await chat.ended;
  return chat;
}

const search = (q: string, more: Partial<SearchQuery> = {}): Promise<SearchAnswer> =>
  scene.rein.sdk.search({ q, ...more }, signal);
const found = async (q: string, more: Partial<SearchQuery> = {}) =>
  (await search(q, more)).messages;
const marked = ({ text: line, marks }: FoundMessage) =>
  marks.map(([from, to]) => line.slice(from, to));

describe("words", () => {
  test("are found whatever their case and accents, with where they stand, the newest message first", async () => {
    const first = await say("The Café in Łódź has a naïve waiter", "He said: «Ça va?»");
    const second = await say("Another CAFE, and ERR_CONN_RESET in getUserName()", "Fine.");
    const all = await found("cafe");
    expect(all.map(({ sessionId }) => sessionId)).toEqual([second.sessionId, first.sessionId]);
    expect(all.map(marked)).toEqual([["CAFE"], ["Café"]]);
    expect(all[1]).toMatchObject({ role: "user", runId: first.runId, title: first.session.title });
    expect((await found("ca va")).map(({ role }) => role)).toEqual(["assistant"]);
    expect((await found("err_conn")).map(marked)).toEqual([["ERR_CONN"]]);
    expect((await found("getuser")).map(marked)).toEqual([["getUserName"]]);
    expect(await found("cafe waiter nothing")).toEqual([]);
  });

  test("must all be there, in a row between quotation marks, and only the last may be begun", async () => {
    const chat = await say("alpha beta gamma delta");
    const finds = async (q: string) => (await found(q)).length;
    expect(await finds("gamma alpha")).toBe(1);
    expect(await finds('"beta gamma"')).toBe(1);
    expect(await finds('"gamma beta"')).toBe(0);
    expect([await finds("alp"), await finds("alp "), await finds('"alp"')]).toEqual([1, 0, 0]);
    expect(await found("beta", { sessionId: chat.sessionId })).toHaveLength(1);
  });

  test("of Chinese and Japanese are found inside a sentence", async () => {
    await say("请解释数据库的索引", "検索はできます");
    expect((await found("数据库")).map(marked)).toEqual([["数据库"]]);
    expect((await found("索引")).map(({ role }) => role)).toEqual(["user"]);
    expect((await found("検索")).map(({ role }) => role)).toEqual(["assistant"]);
    expect(await found("库数据")).toEqual([]);
  });

  test("of a call are those that it is about, and of a subagent too", async () => {
    upstream.script([toolCall("bash", { command: "echo kangaroo" })], [text("Done.")]);
    const chat = send("Run it", { permissions: "all" });
    await chat.ended;
    expect((await found("kangaroo")).map(({ sessionId }) => sessionId)).toEqual([chat.sessionId]);
    upstream.script([toolCall("subagent", { role: "simple", title: "Look", task: "Find it" })]);
    upstream.script([text("A wombat is here.")], [text("Seen.")]);
    const sender = send("Send one", { permissions: "all" });
    await sender.ended;
    const [inner] = await found("wombat is");
    expect(inner).toMatchObject({ sessionId: sender.sessionId, role: "assistant" });
    expect(inner!.agentId).toBeDefined();
  });

  test("in titles are those of sessions, and one letter looks for nothing else", async () => {
    const chat = await say("Zebra crossing");
    expect((await search("zebra")).sessions.map(({ id }) => id)).toEqual([chat.sessionId]);
    expect(await search("z")).toMatchObject({ sessions: [{ id: chat.sessionId }], messages: [] });
    expect(await search(' \u0000*" - ')).toEqual({ sessions: [], messages: [] });
  });

  test("are found page by page", async () => {
    const chat = await say("owl 1");
    for (const at of [2, 3, 4, 5]) await say(`owl ${at}`, "Yes.", chat);
    const first = await search("owl", { limit: 2 });
    const second = await search("owl", { limit: 2, before: first.next! });
    const third = await search("owl", { limit: 2, before: second.next! });
    const texts = [first, second, third].flatMap(({ messages }) => messages.map((one) => one.text));
    expect(texts).toEqual(["owl 5", "owl 4", "owl 3", "owl 2", "owl 1"]);
    expect([first.next, third.next].map((next) => next === undefined)).toEqual([false, true]);
    expect(await found("owl", { sessionId: chat.sessionId })).toHaveLength(5);
    expect(await found("owl", { sessionId: "another" })).toEqual([]);
  });
});

describe("a message", () => {
  test("is found when it has ended, also by a stop; while it is written, what was asked is", async () => {
    upstream.script([text("giraffe "), hang]);
    const chat = send("Tell me of lions");
    await chat.until(({ type }) => type === "part-delta");
    expect(await found("lions")).toHaveLength(1);
    expect(await found("giraffe")).toEqual([]);
    await stop(chat);
    await chat.ended;
    expect((await found("giraffe")).map(marked)).toEqual([["giraffe"]]);
  });

  test("of a session that was deleted is not found", async () => {
    const chat = await say("Penguins march");
    expect(await found("penguins")).toHaveLength(1);
    await scene.rein.sdk.deleteSession(chat.sessionId, signal);
    expect(await search("penguins")).toEqual({ sessions: [], messages: [] });
    const next = await say("Penguins again");
    expect((await found("penguins")).map(({ sessionId }) => sessionId)).toEqual([next.sessionId]);
  });
});

describe("the index", () => {
  const path = () => join(dataDir(), "search.db");

  test("is made anew where it is missing, damaged or of another version, and never keeps the server from its start", async () => {
    await say("Otters swim");
    const damages: (() => void)[] = [
      () => rmSync(path()),
      () => writeFileSync(path(), "no database"),
      () => writeFileSync(path(), readFileSync(path()).fill(7, 4096)),
      () => (rmSync(path()), mkdirSync(path())),
      () => new Database(path()).run("PRAGMA user_version = 99"),
      () => new Database(path()).run("DELETE FROM messages"),
    ];
    for (const damage of damages) {
      await scene.rein[Symbol.asyncDispose]();
      damage();
      await restart();
      await untilAsync(async () => (await found("otters")).length === 1, "it is found again");
    }
  });

  test.skipIf(lack !== "")(`on a full disk finds what it has, says so, and goes on${lack}`, () => {
    const parts = [{ type: "text" as const, text: `otter ${"and a word ".repeat(500)}` }];
    const count = 400;
    const at = (position: number) => {
      return { position, id: String(position), sessionId: "s", isFinished: true, parts };
    };
    const index = new SearchIndex(join(small, "search.db"), {
      after: (after, most) =>
        Array.from({ length: Math.min(most, count - after) }, (_, one) => at(after + one + 1)),
      now: (id) => at(Number(id)),
      countAfter: (after) => count - after,
    });
    const look = () => index.find({ pieces: piecesOf("otter"), limit: 500 });
    writeFileSync(join(small, "full"), Buffer.alloc(room()));
    let before = look();
    for (let more = look(); more.left < before.left; more = look()) before = more;
    expect(index.problem).toContain("full");
    expect(look()).toEqual(before);
    expect(before.found.length).toBeGreaterThan(0);
    rmSync(join(small, "full"));
    while (look().left > 0);
    expect(index.problem).toBeUndefined();
    expect(look().found).toHaveLength(count);
    index.close();
  });

  test("that took longer than it may over the last messages says that none is left", () => {
    using directory = temporaryDirectory();
    const parts = [{ type: "text" as const, text: "otter" }];
    const only = { position: 1, id: "1", sessionId: "s", isFinished: true, parts };
    const index = new SearchIndex(join(directory.path, "search.db"), {
      after(after) {
        const end = performance.now() + 100;
        while (performance.now() < end);
        return after < 1 ? [only] : [];
      },
      now: () => only,
      countAfter: (after) => 1 - after,
    });
    const { found: all, left } = index.find({ pieces: piecesOf("otter"), limit: 5 });
    expect([all.length, left]).toEqual([1, 0]);
    index.close();
  });

  test("has what was written right before a kill -9, once each", async () => {
    const chat = await say("Badgers dig");
    await found("badgers");
    await say("Badgers sleep", "Yes.", chat);
    scene.rein.signal("SIGKILL");
    await scene.rein.exited;
    await scene.start();
    expect((await found("badgers")).map((one) => one.text)).toEqual([
      "Badgers sleep",
      "Badgers dig",
    ]);
    expect(existsSync(path())).toBe(true);
  });
});

test("what is marked is what was looked for, in any text, and the excerpt keeps it", () => {
  const word = fc.constantFrom(
    "a",
    "bb",
    "Äb",
    "日本",
    "x_y",
    "e\u0301a",
    "😀",
    "\u202e",
    "\n",
    '"',
  );
  const line = fc.array(word, { maxLength: 60 }).map((words) => words.join(" "));
  fc.assert(
    fc.property(line, fc.array(word, { minLength: 1, maxLength: 3 }), (whole, wanted) => {
      const pieces = piecesOf(wanted.join(" "));
      const marks = marksIn(whole, pieces);
      const { text: shown, marks: inside } = excerptOf(whole, marks, 40);
      const first = firstMarksIn(whole, pieces, 40);
      expect(first.length > 0).toBe(marks.length > 0);
      for (const [a, b] of first) expect(marks.some(([c, d]) => c <= a && b <= d)).toBe(true);
      const texts = (from: string, all: typeof marks) => all.map(([a, b]) => from.slice(a, b));
      for (const one of texts(shown, inside)) expect(indexedText(one)).not.toBe("");
      if (marks.length > 0) expect(texts(shown, inside)[0]).toBe(texts(whole, marks)[0]);
      expect(shown).not.toContain("\n");
      expect(matchOf(pieces)).toMatch(/^(".*"( \*)?)?$/s);
    }),
  );
});

/** What is left of the small disk, but for what takes in some messages. */
function room(): number {
  const { bavail, bsize } = statfsSync(small);
  return bavail * bsize - 300_000;
}
