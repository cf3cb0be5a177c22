/** A person's server is theirs to change: however many rows it sends to an admin, and whatever they are, other work goes on meanwhile. */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { Hono } from "hono";
import { z } from "zod";
import { answerError } from "../server/http/error-answer";
import { searchOfAll, sessionsOfAll, stopsOfAll } from "../server/http/people/admins-lists";
import { cutJson } from "../server/http/people/cut-json";
import { readEvents } from "../server/http/people/list-streams";
import { PeopleLists } from "../server/http/people/people-lists";
import { readRows } from "../server/http/people/read-rows";
import { stopOfPeople } from "../server/http/people/stop-people";
import type { Viewer } from "../server/stream/viewer";
import type { ListEvent } from "../shared/protocol";
import type { PersonServer } from "../server/unix-users/person-server";
import type { PersonServers } from "../server/unix-users/person-servers";
import { stopsCsv } from "../server/session/stop-history";
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

const nothing: (server: PersonServer) => void = () => {};

/** What each server says, as text. */
type Said = Record<string, string>;

/** The answer to an admin's question. */
function respond(path: string, said: Said) {
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
  return app.request(path);
}

/** The same; with how many turns of the loop were left to others until it was answered. */
async function ask(path: string, said: Said) {
  const turns = countTurns();
  const answer = await respond(path, said);
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
  [
    "a longer one",
    "/api/sessions",
    listOf([{ ...row("a"), people: Array.from({ length: 5000 }, () => ({ ...row("p") })) }]),
  ],
  ["rows that are none", "/api/sessions", listOf(Array.from({ length: 100_000 }, () => ({})))],
  ["a part without end", "/api/sessions", `{"sessions":[],"x":"${"a".repeat(1_000_000)}`],
  ["long parts besides", "/api/sessions", `{"sessions":[],${part("x")},${part("y")}}`],
  [
    "many finds",
    "/api/search?q=w",
    `{"sessions":[],"messages":[],"positions":[${"1,".repeat(99)}1]}`,
  ],
  [
    "a session shared with many who are none",
    "/api/sessions",
    listOf([{ ...row("a"), people: Array.from({ length: 100_000 }, () => ({})) }]),
  ],
  ["many members", "/api/sessions", `{"sessions":[],${'"a":1,'.repeat(100_000)}"a":1}`],
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

/** Nobody else's row is lost by it, nor told late. */
const shared = {
  ...row("shared"),
  people: Array.from({ length: 1000 }, (_, at) => ({
    name: `person-${at}@${"mail.".repeat(20)}example`,
    role: "watch",
    linkId: crypto.randomUUID(),
    since: 1,
  })),
};

test("a session that is shared with a thousand people is in the list as any other one", async () => {
  const { answer } = await ask("/api/sessions", { anna: listOf([row("other"), shared]) });
  const expected = [row("other"), shared].map((one) => ({ ...one, user: "anna" }));
  expect(answer.sessions as object[]).toEqual(expected);
  const told: ListEvent[] = [];
  const event = { type: "session-changed", summary: shared } as const;
  const stream = new Response(`data: ${JSON.stringify(event)}\n\n`);
  await readEvents(stream, (one) => void told.push(one));
  expect(told).toEqual([event as never]);
});

const stop = (askedAt: number, more = {}) => ({
  sessionId: "one",
  title: "A title",
  runId: `r${askedAt}`,
  stop: { askedAt, by: "user", from: "web", point: "model" },
  usage: { inputTokens: 1, outputTokens: 1, estimated: false },
  modelCallsClosed: 0,
  processesEnded: 0,
  subagentsStopped: 0,
  filesChanged: 0,
  survivors: [],
  ...more,
});

test("a stop that has not ended many processes, or one with a long command, hides no other stop", async () => {
  const survivor = { pid: 1, command: "a".repeat(90_000), reason: "It waits for a disk." };
  const many = Array.from({ length: 300 }, () => ({ ...survivor, command: "sleep 1000" }));
  const stops = [stop(3), stop(2, { survivors: [survivor] }), stop(1, { survivors: many })];
  const { answer } = await ask("/api/stops", { anna: JSON.stringify({ stops }) });
  expect(answer.unreached).toBeUndefined();
  expect(answer.stops as object[]).toEqual(stops.map((one) => ({ ...one, node: "anna" })));
});

test("many stops are the same as CSV, a line each", async () => {
  const stops = Array.from({ length: 3000 }, (_, at) => stop(3000 - at, { title: "“é”, 😀" }));
  const records = stops.map((one) => ({ ...one, node: "anna" }) as never);
  const said = { anna: JSON.stringify({ stops }) };
  const response = await respond("/api/stops?format=csv", said);
  expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8");
  expect(await response.text()).toBe(stopsCsv(records));
});

test("where a stream begins anew, more rows than were asked for are not told, and what comes after them is", async () => {
  const told: string[] = [];
  const decoder = new TextDecoder();
  const viewer = {
    send: (frame: Uint8Array) => told.push(decoder.decode(frame)),
  } as unknown as Viewer;
  const people = { serving: [] as PersonServer[], onBegun: nothing, onEnded() {} };
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

/** “Stop everything” of an admin, where anna's server answers that. */
async function stopAll(said: string) {
  const killed: string[] = [];
  const server = {
    person: "anna",
    account: { name: "anna" },
    fetch: () => Promise.resolve(new Response(said)),
    kill: () => (killed.push("anna"), Promise.resolve({ ended: [], survivors: [] })),
  };
  type Ask = (one: typeof server) => Promise<unknown>;
  const people = { each: async (ask: Ask) => [await ask(server)] } as unknown as PersonServers;
  const app = new Hono();
  app.onError(answerError);
  app.post("/api/stop", (c) => stopOfPeople(c, people, "olga"));
  const turns = countTurns();
  const answer = await app.request("/api/stop", { method: "POST", body: "{}" });
  const counted = turns();
  const { answers } = (await answer.json()) as { answers: object[] };
  return { killed, turns: counted, answers };
}

test("a long answer to a stop is read between other work, as other stops may wait", async () => {
  const answer = { stopped: true, text: "a".repeat(1000) };
  const said = JSON.stringify({ answers: Array.from({ length: 9000 }, () => answer) });
  const { killed, turns, answers } = await stopAll(said);
  expect(answers).toHaveLength(9000);
  expect(answers[7]).toEqual(answer);
  expect(killed).toEqual([]);
  expect(turns).toBeGreaterThan(3);
});

test.each(['{"answers":[{"stopped":true},{}]}', `{"answers":[${"{},".repeat(300_000)}{}]}`, "{}"])(
  "a server that answers a stop with what is none is ended (%#)",
  async (said) => {
    expect(await stopAll(said)).toMatchObject({ killed: ["anna"], answers: [] });
  },
);

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
