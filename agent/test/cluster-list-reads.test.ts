/** The list of other nodes' sessions is read again where it could not be read, and does not hold a node up, however long it is. */
import { expect, test } from "bun:test";
import { neverAborts } from "../server/abort";
import type { Notice, RemoteSummary, SharedState } from "../server/cluster/cluster-types";
import { ListedRows, type RemoteRow } from "../server/cluster/listed-rows";
import { RemoteSessions } from "../server/cluster/remote-sessions";
import { until } from "./within";

/** What a shared database answers, from the given answers in turn; the last one stays. */
function databaseOf(...answers: (() => Promise<RemoteSummary[]>)[]) {
  let notify: (notice: Notice | undefined) => void = () => {};
  return {
    state: { name: "joined" } as SharedState,
    onState: () => () => {},
    onNotice: (listener: typeof notify) => {
      notify = listener;
      return () => {};
    },
    reader: {
      summaries: () => (answers.length > 1 ? answers.shift()! : answers[0]!)(),
      newest: () => Promise.resolve([{ id: "new", updatedAt: 5 }]),
    },
    notify: (notice: Notice | undefined) => notify(notice),
  };
}

const row = (index: number): RemoteRow => ({
  id: `s${index}`,
  node: "z",
  updatedAt: `${index}`,
  data: JSON.stringify({
    id: `s${index}`,
    title: "A title",
    cwd: "/work",
    provider: "p",
    model: "m",
    options: {},
    permissions: "ask",
    allowed: [],
    createdAt: 1,
    updatedAt: index,
    messages: [],
    runs: [],
    queue: [],
    usage: { inputTokens: 0, outputTokens: 0, estimated: false },
    seq: 0,
  }),
  runId: null,
  run: null,
});
const summary = { id: "s1", node: "z", title: "A title" } as RemoteSummary;

test("a list that could not be read is read again without a notice", async () => {
  const refused = () => Promise.reject(new Error("too many connections"));
  const remote = new RemoteSessions(
    databaseOf(refused, refused, () => Promise.resolve([summary])),
    neverAborts,
  );
  await until(() => remote.all.length === 1, "the session of the other node is listed");
});

test("a session that no notice has told of is listed once a list is asked for, and one that is known is not read again", async () => {
  const known = { ...summary, id: "new", updatedAt: 5 } as RemoteSummary;
  const reads: RemoteSummary[][] = [[summary], [known]];
  let count = 0;
  const remote = new RemoteSessions(
    databaseOf(() => Promise.resolve(reads[count++] ?? [])),
    neverAborts,
  );
  await until(() => remote.all.length === 1, "the list is read");
  await remote.catchUp();
  expect(remote.all.map(({ id }) => id)).toEqual(["s1", "new"]);
  await remote.catchUp();
  expect(count).toBe(2);
});

test("a list does not wait for a database that is silent", async () => {
  const database = databaseOf(() => Promise.resolve([summary]));
  database.reader.newest = () => Promise.withResolvers<never>().promise;
  const remote = new RemoteSessions(database, neverAborts);
  await until(() => remote.all.length === 1, "the list is read");
  await remote.catchUp();
  expect(remote.all).toEqual([summary]);
});

test("a session that is removed while the list is read does not come back", async () => {
  const answer = Promise.withResolvers<RemoteSummary[]>();
  const asked = Promise.withResolvers<void>();
  const database = databaseOf(() => {
    asked.resolve();
    return answer.promise;
  });
  const remote = new RemoteSessions(database, neverAborts);
  await asked.promise;
  database.notify({ type: "session-removed", node: "z", id: "s1" });
  answer.resolve([summary, { ...summary, id: "s2" }]);
  await until(() => remote.all.length > 0, "the list is read");
  expect(remote.all.map(({ id }) => id)).toEqual(["s2"]);
});

test("a long list is parsed between other work, and only where a row has changed", async () => {
  const rows = Array.from({ length: 4000 }, (_, index) => row(index));
  const listed = new ListedRows();
  let turns = 0;
  const work = setInterval(() => turns++);
  const first = await listed.takeAll(rows);
  expect(turns).toBeGreaterThan(5);
  clearInterval(work);
  expect(first).toHaveLength(rows.length);
  const changed = { ...rows[7]!, updatedAt: "30000" };
  const second = await listed.takeAll(rows.with(7, changed).slice(0, -1));
  expect(second).toHaveLength(rows.length - 1);
  expect(second.filter((one, index) => one !== first[index]).map(({ id }) => id)).toEqual(["s7"]);
});
