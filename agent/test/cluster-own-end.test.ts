/** What a node has on its own disk of a run, and the shared database had not got when others settled it, is there when it is back. */
import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { join } from "node:path";
import { textOf, toolCallsOf } from "../shared/message-parts";
import type { Session } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { storedSession } from "./shared-rows-scene";
import { violationsOf } from "./sweep/invariants";
import { makeGate, text, toolCall } from "./upstream/upstream";
import { until, untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });
const testWithPostgres = test.skipIf(lacksPostgres !== "");

const words = ({ messages }: Session) => messages.map((message) => textOf(message)).join("|");
const marks = ({ messages }: Session) =>
  messages.flatMap(({ parts }) => parts.filter(({ type }) => type === "interruption")).length;

/** A run on a of which the database has "Before ", and which goes on with these steps when the gate opens. */
async function runWithoutDatabase(...steps: ReturnType<typeof text>[][]) {
  const a = cluster.node("a");
  const gate = makeGate();
  const [first = [], ...others] = steps;
  cluster.upstream.script([text("Before ", gate), ...first], ...others);
  const chat = a.send({ permissions: "all" });
  await chat.until(({ type }) => type === "part-delta");
  const { sessionId, runId } = chat;
  await untilAsync(async () => {
    const stored = await storedSession(cluster.databaseUrl, sessionId);
    return stored !== undefined && words(stored).includes("Before");
  }, "what was written is in the database");
  await a.database.refuse();
  gate.open();
  return { a, chat, sessionId, runId };
}

function isSaved(written: string): boolean {
  using database = new Database(join(cluster.node("a").dataDir, "rein.db"), { readonly: true });
  return database.query("SELECT 1 FROM parts WHERE instr(data, ?)").get(written) !== null;
}

/** Kills a, has b settle the run, and starts a again; resolves with the session, as all have it then. */
async function cameBack(sessionId: string, runId: string): Promise<Session> {
  const [a, b] = [cluster.node("a"), cluster.node("b")];
  await a.kill();
  expect(await cluster.settled(runId)).toMatchObject({ stop: { by: "crash" } });
  expect(words(await b.rein.session(sessionId))).toBe("Do it|Before ");
  await a.database.open();
  await a.start();
  const own = await a.rein.session(sessionId);
  expect(violationsOf(own)).toEqual([]);
  await untilAsync(async () => {
    const stored = await storedSession(cluster.databaseUrl, sessionId);
    return Bun.deepEquals(stored?.messages, own.messages);
  }, "the database has the messages of its machine");
  expect(words(await b.rein.session(sessionId))).toBe(words(own));
  const [row] = await cluster.sql`SELECT settled_by, data FROM runs WHERE id = ${runId}`;
  expect(row.settled_by).toBeNull();
  expect(JSON.parse(row.data)).toMatchObject({ outcome: own.runs[0]!.outcome });
  return own;
}

testWithPostgres(
  `an answer that was complete on its disk stays so, with what its tools did${lacksPostgres}`,
  async () => {
    const call = toolCall("bash", { command: "echo done it" });
    const { chat, sessionId, runId } = await runWithoutDatabase([call], [text("All is well.")]);
    await chat.ended;
    const session = await cameBack(sessionId, runId);
    expect(words(session)).toBe("Do it|Before |All is well.");
    expect(session.runs[0]).toMatchObject({ state: "settled", outcome: "done" });
    expect(session.messages.flatMap(toolCallsOf)).toMatchObject([
      { state: "done", output: "done it\n" },
    ]);
    expect(marks(session)).toBe(0);
  },
);

testWithPostgres(
  `a stop that it has acknowledged stays the stop of who asked for it${lacksPostgres}`,
  async () => {
    const { a, sessionId, runId } = await runWithoutDatabase([text("half ", makeGate())]);
    await untilAsync(
      async () => words(await a.rein.session(sessionId)).includes("half"),
      "more is written",
    );
    const answer = await a.rein.stop(sessionId, { runId });
    expect(answer).toMatchObject({ stopped: true, unshared: true });
    const session = await cameBack(sessionId, runId);
    expect(words(session)).toBe("Do it|Before half ");
    expect(session.runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "user" } });
    expect(marks(session)).toBe(1);
  },
);

testWithPostgres(
  `what was written until it died is kept, and marked once as cut by the crash${lacksPostgres}`,
  async () => {
    const call = toolCall("bash", { command: "echo done it" });
    const { chat, sessionId, runId } = await runWithoutDatabase(
      [call],
      [text("I go on ", makeGate())],
    );
    await chat.until(() => words(chat.session).includes("I go on"));
    await until(() => isSaved("I go on"), "it is on the disk");
    const session = await cameBack(sessionId, runId);
    expect(words(session)).toBe("Do it|Before |I go on ");
    expect(session.runs[0]).toMatchObject({ outcome: "stopped", stop: { by: "crash" } });
    expect(session.messages.flatMap(toolCallsOf)).toMatchObject([{ output: "done it\n" }]);
    expect(marks(session)).toBe(1);
  },
);
