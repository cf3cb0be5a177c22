/** A person's server is theirs to change: however many rows it sends to an admin, and whatever they are, other work goes on meanwhile. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { Hono } from "hono";
import { z } from "zod";
import { answerError } from "../server/http/error-answer";
import { searchOfAll, sessionsOfAll, stopsOfAll } from "../server/http/people/admins-lists";
import { cutJson } from "../server/http/people/cut-json";
import { PeopleLists } from "../server/http/people/people-lists";
import { readRows } from "../server/http/people/read-rows";
import type { Viewer } from "../server/stream/viewer";
import type { PersonServer } from "../server/unix-users/person-server";
import { TimeSlice } from "../server/time-slice";
import { until } from "./within";

const row = (id: string) => ({
  id,
  title: "A title",
  cwd: "/work",
  provider: "p",
  model: "m",
  createdAt: 1,
  updatedAt: 1,
  state: "idle",
});
const rows = (count: number) => Array.from({ length: count }, (_, at) => row(`s${at}`));

/** What each server says, as text. */
type Said = Record<string, string>;

/** An admin's question; with how many turns of the loop were left to others until it was answered. */
async function ask(path: string, said: Said) {
  const lists = new PeopleLists({ serving: [], onBegun() {}, onEnded() {} });
  const all = {
    directory: { current: () => Promise.resolve(Object.keys(said).map((id) => ({ id }))) },
    calls: {
      call: (node: string) =>
        Promise.resolve({
          answer: { node, status: 200, headers: new Headers(), body: said[node]! },
        }),
    },
  };
  const app = new Hono();
  app.onError(answerError);
  app.get("/api/sessions", (c) => sessionsOfAll(c, all, lists));
  app.get("/api/search", (c) => searchOfAll(c, all, lists, () => undefined));
  app.get("/api/stops", (c) => stopsOfAll(c, all));
  const turns = countTurns();
  const answer = await app.request(path);
  expect(answer.status).toBe(200);
  const counted = turns();
  return { turns: counted, answer: (await answer.json()) as Record<string, { node?: string }[]> };
}

function countTurns(): () => number {
  let turns = 0;
  const timer = setInterval(() => turns++);
  return () => {
    clearInterval(timer);
    return turns;
  };
}

test("a list of many rows is read and answered between other work", async () => {
  const anna = JSON.stringify({ sessions: rows(10_000), archived: 3 });
  const bob = JSON.stringify({ sessions: [row("bobs")] });
  const { turns, answer } = await ask("/api/sessions", { anna, bob });
  expect(turns).toBeGreaterThan(5);
  expect(answer.sessions).toHaveLength(10_001);
  expect(answer.sessions!.find((one) => "id" in one && one.id === "bobs")).toMatchObject({
    ...row("bobs"),
    user: "bob",
  });
  expect(answer.unreached).toBeUndefined();
});

const strange: [string, string, string][] = [
  ["many rows more than were asked for", "/api/sessions?limit=5", listOf(rows(1006))],
  ["many rows without a limit", "/api/sessions", listOf(rows(12_001))],
  ["a long row", "/api/sessions", listOf([{ ...row("a"), title: "a".repeat(20_000) }])],
  ["rows that are none", "/api/sessions", listOf(Array(100_000).fill({}))],
  ["a part without end", "/api/sessions", `{"sessions":[],"x":"${"a".repeat(1_000_000)}`],
  ["long parts besides", "/api/sessions", `{"sessions":[],${part("x")},${part("y")}}`],
  [
    "many finds",
    "/api/search?q=w",
    `{"sessions":[],"messages":[],"positions":[${"1,".repeat(99)}1]}`,
  ],
  ["stops that are none", "/api/stops", `{"stops":[${"{},".repeat(50_000)}{}]}`],
];

function listOf(sessions: object[]): string {
  return JSON.stringify({ sessions });
}

function part(name: string): string {
  return `"${name}":"${"a".repeat(6000)}"`;
}

test.each(strange)(
  "a server that answers with %s is named, and said no more",
  async (_, path, said) => {
    const { answer } = await ask(path, { bob: said });
    expect(answer.unreached).toMatchObject([{ node: "bob" }]);
    expect(answer.sessions ?? answer.stops).toEqual([]);
  },
);

test("where a stream begins anew, more rows than were asked for are not told, and what comes after them is", async () => {
  const told: string[] = [];
  const decoder = new TextDecoder();
  const viewer = {
    send: (frame: Uint8Array) => told.push(decoder.decode(frame)),
  } as unknown as Viewer;
  const people = { serving: [] as PersonServer[], onBegun: (_: PersonServer) => {}, onEnded() {} };
  const lists = new PeopleLists(people);
  await lists.watch(viewer, { person: undefined, signInId: undefined });
  const event = { type: "session-changed", summary: row("later") };
  people.onBegun({
    person: "anna",
    frontStreams: 0,
    hasEnded: false,
    fetch: (path: string) =>
      Promise.resolve(
        path.startsWith("/api/sessions")
          ? Response.json({ sessions: rows(1101) })
          : new Response(`data: ${JSON.stringify(event)}\n\n`),
      ),
  } as unknown as PersonServer);
  await until(() => told.length > 0, "the row that comes after them is told");
  expect(told[0]).toContain("later");
  lists.release(viewer);
});

test("of many that work at once, each one has a slice of its own", async () => {
  const slice = new TimeSlice();
  const turns = countTurns();
  const work = async () => {
    await slice.take({});
    Bun.sleepSync(20);
  };
  await Promise.all(Array.from({ length: 8 }, work));
  expect(turns()).toBeGreaterThan(3);
});

test("what is cut is what a parser reads", () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  const object = fc.dictionary(fc.string(), fc.oneof(value, fc.array(value)));
  fc.assert(
    fc.property(object, fc.constantFrom(0, 2), (whole, space) => {
      const read: Record<string, unknown> = Object.create(null);
      for (const { name, kind, json } of cutJson(JSON.stringify(whole, null, space), 1_000_000))
        if (kind === "list") read[name] = [];
        else if (kind === "value") read[name] = JSON.parse(json);
        else (read[name] as unknown[]).push(JSON.parse(json));
      expect(JSON.stringify(read)).toBe(JSON.stringify(whole));
    }),
  );
});

test.each([
  "",
  "[]",
  "{",
  '{"rows":[1',
  '{"rows":[1}',
  '{"rows":[1,]}',
  '{"rows":1}',
  '{"rows":[1],}',
  "null",
  '{"other":[]}',
])("%s is no answer", async (text) => {
  const lists = { rows: { row: z.number(), most: 5 } };
  expect(await readRows(text, lists, z.looseObject({}))).toBeUndefined();
});
