/** A node that dies in a run: exactly one other settles it, and the node that comes back takes that over. */
import { describe, expect, test } from "bun:test";
import { childrenOf } from "../server/processes/linux/descendants";
import { interruptionText } from "../shared/protocol";
import { toolCallsOf } from "../shared/message-parts";
import { clusterScene } from "./cluster-scene";
import { pause, processesLeft, queue } from "./control-api";
import { lacksPostgres } from "./postgres";
import { storedSession, storedEpoch } from "./shared-rows-scene";
import { violationsOf } from "./sweep/invariants";
import { hang, makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene();
const title = (words: string) => `${words}${lacksPostgres}`;
const isSkipped = lacksPostgres !== "";

const request = { permissions: "all" } as const;

/** A run on a whose command is seen to run in the shared database. */
async function commandOnA() {
  const a = cluster.node("a");
  // Of both, jsonb takes neither.
  const odd = "\u0000 \ud800";
  cluster.upstream.script([
    text(`I sleep.${odd}`),
    toolCall("bash", { command: "echo on; sleep 300" }),
  ]);
  const chat = a.send(request);
  await chat.until(() => chat.session.runs.length > 0);
  const isRunning = (session: Awaited<ReturnType<typeof storedSession>>) =>
    session?.messages.flatMap(toolCallsOf)[0]?.output === "on\n";
  await untilAsync(
    async () => isRunning(await storedSession(cluster.databaseUrl, chat.sessionId)),
    "the command is seen to run in the database",
  );
  return { a, chat, sessionId: chat.sessionId, runId: chat.runId };
}

function marksIn(session: Awaited<ReturnType<typeof storedSession>>): number {
  const parts = session?.messages.flatMap((message) => message.parts) ?? [];
  return parts.filter(({ type }) => type === "interruption").length;
}

describe("a node that is killed in a run", () => {
  test.skipIf(isSkipped)(
    title(
      "has it settled once by one other, says what was not seen, and takes that over when it is back, with what it finds of its processes",
    ),
    async () => {
      const { a, chat, sessionId, runId } = await commandOnA();
      await queue(a.rein, sessionId, { message: "Later" });
      await untilAsync(
        async () => (await storedSession(cluster.databaseUrl, sessionId))!.queue.length > 0,
        "the queued message is in the database",
      );
      await a.kill();
      const run = await cluster.settled(runId);
      expect(run).toMatchObject({ outcome: "stopped", stop: { by: "crash", point: "tool" } });
      expect(run.receipt).toMatchObject({ unreached: "a", proof: "unseen", survivors: [] });
      const settled = (await storedSession(cluster.databaseUrl, sessionId))!;
      expect(violationsOf(settled)).toEqual([]);
      expect(marksIn(settled)).toBe(1);
      expect(settled.queue).toMatchObject([{ text: "Later", waitsFor: "person" }]);
      expect(await storedEpoch(cluster.databaseUrl, "a")).toBe(2);
      const [row] = await cluster.sql`SELECT settled_by FROM rein.runs WHERE id = ${runId}`;
      expect(row.settled_by).toMatch(/^[bc]$/);
      chat.hangUp();

      const rein = await a.start();
      const live = rein.follow(sessionId);
      await live.until(() => live.session.runs[0]?.receipt?.unreached === undefined);
      const { receipt } = live.session.runs[0]!;
      expect(receipt).toMatchObject({ stop: run.stop, during: run.receipt!.during });
      expect(receipt?.proof ?? "proven").toMatch(/^(proven|seen)$/);
      expect(live.session.messages).toEqual(settled.messages);
      expect(violationsOf(live.session)).toEqual([]);
      await untilAsync(
        async () => (await cluster.settled(runId)).receipt?.unreached === undefined,
        "the receipt is completed in the database",
      );
      const [after] = await cluster.sql`SELECT settled_by FROM rein.runs WHERE id = ${runId}`;
      expect(after.settled_by).toBeNull();
      live.hangUp();

      cluster.upstream.script([text("I go on.")]);
      const next = a.send({ sessionId, message: "Go on" });
      await next.ended;
      const { runs } = await a.rein.session(sessionId);
      expect(runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done"]);
      const [sent] = cluster.upstream.requests.slice(-1);
      expect(JSON.stringify(sent!.body)).toContain(interruptionText("crash"));
    },
  );

  test.skipIf(isSkipped)(
    title("with many runs has each settled once, though two others race for them"),
    async () => {
      const a = cluster.node("a");
      cluster.upstream.script(...Array.from({ length: 8 }, () => [text("One "), hang]));
      const chats = Array.from({ length: 8 }, () => a.send());
      for (const chat of chats) await chat.until(({ type }) => type === "part-delta");
      await untilAsync(async () => {
        const [{ count }] = await cluster.sql`
          SELECT COUNT(*)::int AS count FROM rein.parts WHERE data LIKE '%One %'`;
        return count === 8;
      }, "what was written is in the database");
      await a.kill();
      for (const { runId } of chats) {
        const run = await cluster.settled(runId);
        expect(run).toMatchObject({ outcome: "stopped", stop: { by: "crash" } });
      }
      for (const { sessionId } of chats)
        expect(marksIn(await storedSession(cluster.databaseUrl, sessionId))).toBe(1);
      // A slow machine takes more than one transaction for all, each with an epoch of its own, and any node the next one.
      expect(await storedEpoch(cluster.databaseUrl, "a")).toBeWithin(2, 2 + chats.length);
      const settlers = await cluster.sql`SELECT DISTINCT settled_by FROM rein.runs`;
      expect(settlers.every((row: { settled_by: string }) => /^[bc]$/.test(row.settled_by))).toBe(
        true,
      );
      for (const chat of chats) chat.hangUp();
    },
  );

  test.skipIf(isSkipped)(
    title(
      "has also a run settled whose session cannot be read there, and shares it anew when it is back",
    ),
    async () => {
      const { a, chat, sessionId, runId } = await commandOnA();
      cluster.upstream.script([text("Other "), hang]);
      const other = a.send();
      await other.until(({ type }) => type === "part-delta");
      await untilAsync(
        async () => (await storedSession(cluster.databaseUrl, other.sessionId)) !== undefined,
        "the other session is in the database",
      );
      a.freeze();
      await cluster.sql`UPDATE rein.sessions SET data = '{"half' WHERE id = ${sessionId}`;
      await a.kill();
      expect(await cluster.settled(other.runId)).toMatchObject({ stop: { by: "crash" } });
      await cluster.settled(runId);
      for (const one of [chat, other]) one.hangUp();

      const rein = await a.start();
      expect((await rein.session(sessionId)).runs[0]).toMatchObject({ stop: { by: "crash" } });
      await untilAsync(
        async () => (await cluster.settled(runId)).outcome === "stopped",
        "what its own machine has is in the database again",
      );
      expect(marksIn(await storedSession(cluster.databaseUrl, sessionId))).toBe(1);
    },
  );

  test.skipIf(isSkipped)(
    title("keeps a paused run paused, and continues it when it is back"),
    async () => {
      const a = cluster.node("a");
      const gate = makeGate();
      const call = toolCall("bash", { command: "echo on" });
      cluster.upstream.script([text("One ", gate), call]);
      const chat = a.send(request);
      await chat.until(({ type }) => type === "part-delta");
      await pause(a.rein, chat.sessionId);
      gate.open();
      await chat.until(() => chat.session.runs[0]?.pause?.state === "paused");
      const { sessionId, runId } = chat;
      await untilAsync(
        async () =>
          (await storedSession(cluster.databaseUrl, sessionId))?.runs[0]?.pause?.state === "paused",
        "the pause is in the database",
      );
      // A second one that is not paused shows that the others have settled what there was.
      cluster.upstream.script([text("Other "), hang]);
      const other = a.send();
      await other.until(({ type }) => type === "part-delta");
      await untilAsync(
        async () => (await storedSession(cluster.databaseUrl, other.sessionId)) !== undefined,
        "the other run is in the database",
      );
      await a.kill();
      await cluster.settled(other.runId);
      expect((await storedSession(cluster.databaseUrl, sessionId))!.runs[0]).toMatchObject({
        id: runId,
        state: "running",
        pause: { state: "paused" },
      });
      chat.hangUp();
      other.hangUp();
      const rein = await a.start();
      cluster.upstream.script([text("two")]);
      await rein.sdk.resume(sessionId, { runId }, new AbortController().signal);
      const live = rein.follow(sessionId);
      await live.until(() => live.session.runs[0]?.state === "settled");
      expect(live.session.runs[0]).toMatchObject({ outcome: "done" });
      live.hangUp();
    },
  );
});

describe("a node that is frozen in a run", () => {
  test.skipIf(isSkipped)(
    title(
      "for so long that others have settled it writes nothing of it when it wakes up, ends its processes, and says so in the receipt",
    ),
    async () => {
      const { a, chat, sessionId, runId } = await commandOnA();
      expect(childrenOf(a.rein.pid)).not.toEqual([]);
      const own = a.rein.follow(sessionId);
      await own.until(({ type }) => type === "snapshot");
      a.freeze();
      const run = await cluster.settled(runId);
      const settled = (await storedSession(cluster.databaseUrl, sessionId))!;
      a.resume();
      await own.until(({ type }) => type === "run-receipt");
      await chat.ended;
      expect(own.session.runs[0]).toMatchObject({
        state: "settled",
        stop: run.stop,
        receipt: { survivors: [] },
      });
      const { receipt } = own.session.runs[0]!;
      expect(receipt!.unreached).toBeUndefined();
      expect(receipt!.proof).toMatch(/^(proven|seen)$/);
      expect(receipt!.processes.map(({ command }) => command)).toContainEqual("sleep 300");
      // The server itself works in this directory.
      expect(await processesLeft(a.rein, sessionId)).toHaveLength(1);
      expect(own.session.messages).toEqual(settled.messages);
      await untilAsync(
        async () => (await cluster.settled(runId)).receipt?.proof === receipt!.proof,
        "the receipt is completed in the database",
      );
      const stored = (await storedSession(cluster.databaseUrl, sessionId))!;
      expect(stored.messages).toEqual(settled.messages);
      expect(await storedEpoch(cluster.databaseUrl, "a")).toBe(2);

      cluster.upstream.script([text("I go on.")]);
      const next = a.send({ sessionId, message: "Go on" });
      await next.ended;
      const { runs } = await a.rein.session(sessionId);
      expect(runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done"]);
      own.hangUp();
    },
  );
});
