/** Background processes of a machine that is away: the others say that nothing is known of them, until it is back and says itself. */
import { expect, test } from "bun:test";
import type { BackgroundProcess, SessionSummary } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { isAlive } from "./machine-facts";
import { lacksPostgres } from "./postgres";
import { storedSession } from "./shared-rows-scene";
import { hang, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene();
const title = (words: string) => `${words}${lacksPostgres}`;
const isSkipped = lacksPostgres !== "";

/** On a, seen to run by b; its run has ended, or goes on. */
async function processOnA(goesOn: boolean) {
  const [a, b] = [cluster.node("a"), cluster.node("b")];
  const call = toolCall("bash", { command: "sleep 300", background: true });
  cluster.upstream.script([call], goesOn ? [text("One "), hang] : [text("It runs.")]);
  const chat = a.send({ permissions: "all" });
  if (goesOn) await cluster.upstream.request(1);
  else await chat.ended;
  const { sessionId } = chat;
  await untilAsync(
    async () => (await onlyProcess(sessionId))?.state === "running",
    "the process is seen to run in the database",
  );
  await untilAsync(async () => (await rowAt("b", sessionId))?.processes === 1, "b lists it");
  return { a, b, chat, sessionId, pid: (await onlyProcess(sessionId))!.pid };
}

async function onlyProcess(sessionId: string): Promise<BackgroundProcess | undefined> {
  return (await storedSession(cluster.databaseUrl, sessionId))?.processes?.[0];
}

async function rowAt(name: string, sessionId: string) {
  const { sessions } = await cluster
    .node(name)
    .rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
  return sessions.find(({ id }) => id === sessionId);
}

const untilUnknown = (sessionId: string) =>
  untilAsync(
    async () => (await onlyProcess(sessionId))?.state === "unknown",
    "the others say that nothing is known of it",
  );

test.skipIf(isSkipped)(
  title(
    "of a run that is over, on a machine that is killed, are not known, and have ended when it is back",
  ),
  async () => {
    const { a, b, chat, sessionId } = await processOnA(false);
    const viewer = b.rein.follow(sessionId);
    await viewer.until(({ type }) => type === "snapshot");
    const { updatedAt } = viewer.session;
    await a.kill();
    await untilUnknown(sessionId);
    await viewer.until(() => viewer.session.processes?.[0]?.state === "unknown");
    const session = await b.rein.session(sessionId);
    expect(session.processes).toMatchObject([{ state: "unknown" }]);
    expect(session.processes![0]!.endedAt).toBeUndefined();
    expect(session.updatedAt).toBe(updatedAt);
    await untilAsync(
      async () => (await rowAt("b", sessionId))?.processes === undefined,
      "the list at b counts it no more",
    );
    for (const one of [viewer, chat]) one.hangUp();

    await a.start();
    await untilAsync(
      async () => (await onlyProcess(sessionId))?.state === "stopped",
      "its own machine says that it has ended",
    );
    expect(await onlyProcess(sessionId)).toMatchObject({ stop: { by: "crash" } });
    expect((await b.rein.session(sessionId)).processes).toMatchObject([{ state: "stopped" }]);
    const [row] = await cluster.sql`SELECT living, settled_by FROM rein.sessions`;
    expect(row).toEqual({ living: false, settled_by: null });
  },
);

test.skipIf(isSkipped)(
  title("of a run that others settle are not known, as its receipt says of what it had started"),
  async () => {
    const { a, chat, sessionId } = await processOnA(true);
    await a.kill();
    const run = await cluster.settled(chat.runId);
    expect(run).toMatchObject({ stop: { by: "crash" }, receipt: { unreached: "a" } });
    expect(await onlyProcess(sessionId)).toMatchObject({ state: "unknown" });
    chat.hangUp();
    await a.start();
    await untilAsync(
      async () => (await onlyProcess(sessionId))?.state === "stopped",
      "its own machine says that it has ended",
    );
  },
);

test.skipIf(isSkipped)(
  title("that go on while their machine is frozen are not known, and run again once it wakes up"),
  async () => {
    const { a, b, chat, sessionId, pid } = await processOnA(false);
    a.freeze();
    await untilUnknown(sessionId);
    expect(isAlive(pid)).toBe(true);
    a.resume();
    await untilAsync(
      async () => (await onlyProcess(sessionId))?.state === "running",
      "its own machine says that it runs",
    );
    await untilAsync(async () => (await rowAt("b", sessionId))?.processes === 1, "b lists it");
    await b.rein.fetch(`/api/sessions/${sessionId}/processes/p1/stop`, {
      method: "POST",
      body: "{}",
    });
    expect(isAlive(pid)).toBe(false);
    chat.hangUp();
  },
);
