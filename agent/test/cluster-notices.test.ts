/** What another node is told of a session does not hold up an answer that waits for it, and says at once where it is. */
import { expect, test } from "bun:test";
import type { Notice, SharedDatabase } from "../server/cluster/cluster-types";
import { RemoteSessions } from "../server/cluster/remote-sessions";
import type { SharedConnection } from "../server/cluster/shared-connection";
import { SharedWriter } from "../server/cluster/shared-writer";
import type { RowName, SharedRows } from "../server/store/shared-rows";
import { until } from "./within";

const row: RowName = { table: "sessions", id: "s", sessionId: "s" };
const told = JSON.stringify(["a", { type: "session", id: "s", node: "a" }]);

test("a batch that an answer waits for tells nobody, and the next one does", async () => {
  const { writer, notices } = startWriter();
  writer.written([row]);
  expect(await writer.shared("s")).toBe(true);
  expect(notices[0]).toEqual([]);
  await until(() => notices.length > 1, "the notice is sent");
  expect(notices[1]).toEqual([told]);
});

test("where answers wait all the time, every second batch tells what has changed", async () => {
  const { writer, notices } = startWriter();
  for (let index = 0; index < 4; index++) {
    writer.written([row]);
    await writer.shared("s");
  }
  expect(notices.slice(0, 4)).toEqual([[], [told], [], [told]]);
});

test("a node that ends in order has told all, also what an answer waited for last", async () => {
  const { writer, notices } = startWriter();
  writer.written([row]);
  const answered = writer.shared("s");
  await writer.close();
  expect(await answered).toBe(true);
  expect(notices.flat()).toEqual([told]);
});

test("so has one in which a run ends while it ends itself", async () => {
  const { writer, notices } = startWriter();
  const closed = writer.close();
  writer.written([row]);
  const answered = writer.shared("s");
  await closed;
  expect(await answered).toBe(true);
  expect(notices.flat()).toEqual([told]);
});

test("what a node that was away had not told is read once it is back", async () => {
  let reads = 0;
  const { tell, ending } = startRemote(async (named) => (named.ids ?? reads++, []));
  await until(() => reads === 1, "the rows are read");
  tell({ type: "node", id: "a" });
  await until(() => reads === 2, "they are read again");
  ending.abort();
});

test("the node that has told of a session has it, before its row is read", async () => {
  const { remote, tell, ending } = startRemote(() => Promise.withResolvers<never>().promise);
  expect(remote.nodeOf("s")).toBeUndefined();
  tell({ type: "session", id: "s", node: "a" });
  expect(remote.nodeOf("s")).toBe("a");
  tell({ type: "session-removed", id: "s", node: "a" });
  expect(remote.nodeOf("s")).toBeUndefined();
  ending.abort();
});

/** Of node b, which is told by `tell`. */
function startRemote(summaries: (named: { ids?: string[] }) => Promise<never[]>) {
  const ending = new AbortController();
  const listeners: ((notice: Notice) => void)[] = [];
  const database = {
    node: "b",
    onState: () => () => {},
    onNotice: (listener: (notice: Notice) => void) => {
      listeners.push(listener);
      return () => {};
    },
    reader: { summaries },
  } as unknown as SharedDatabase;
  const remote = new RemoteSessions(database, ending.signal);
  const tell = (notice: Notice) => listeners.forEach((listener) => listener(notice));
  return { remote, tell, ending };
}

/** `notices`: those of each batch that it has sent. */
function startWriter() {
  const notices: string[][] = [];
  const rows = { read: () => ({ id: "s", data: "{}" }), unmark: () => {} } as unknown as SharedRows;
  const sql = {
    // No row of another node was among them.
    async unsafe(_statement: string, values: string[]): Promise<[]> {
      notices.push(JSON.parse(values.at(-1)!) as string[]);
      return [];
    },
  };
  const connection = {
    state: { name: "joined" },
    onState: () => () => {},
    run: (work: (one: typeof sql) => Promise<unknown>) => work(sql),
  } as unknown as SharedConnection;
  return { writer: new SharedWriter(rows, connection, "a"), notices };
}
