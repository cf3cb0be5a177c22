/** A database that is away: runs go on, nothing is lost or falsely settled, and what is not shared is said. */
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { Session, StorageChanged, StreamEvent } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import type { Chat } from "./rein";
import { storedEpoch, storedSession } from "./shared-rows-scene";
import { hang, makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene();
const title = (words: string) => `${words}${lacksPostgres}`;
const isSkipped = lacksPostgres !== "";
const never = new AbortController().signal;

function stored(sessionId: string): Promise<Session | undefined> {
  return storedSession(cluster.databaseUrl, sessionId);
}

function textOf(session: Session | undefined): string {
  const parts = session?.messages.flatMap((message) => message.parts) ?? [];
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

/** What the stream has said of the storage last. */
function storageOf(chat: Chat): StorageChanged | undefined {
  const events: StreamEvent[] = chat.events;
  return events.findLast((event): event is StorageChanged => event.type === "storage-changed");
}

const isStorage = (holds: (event: StorageChanged) => boolean) => (event: StreamEvent) =>
  event.type === "storage-changed" && holds(event);

/** A run on a that has written its first word, also in the database, and waits. */
async function runOnA() {
  const a = cluster.node("a");
  const gate = makeGate();
  cluster.upstream.script([text("One ", gate, "two")]);
  const chat = a.send();
  await chat.until(({ type }) => type === "part-delta");
  await untilAsync(
    async () => textOf(await stored(chat.sessionId)).includes("One "),
    "its first word is in the database",
  );
  return { a, gate, chat, sessionId: chat.sessionId, runId: chat.runId };
}

async function isWhole(sessionId: string, runId: string): Promise<void> {
  expect(await cluster.settled(runId)).toMatchObject({ outcome: "done" });
  expect(textOf(await stored(sessionId))).toEqual("Do itOne two");
  expect(await storedEpoch(cluster.databaseUrl, "a")).toBe(1);
}

async function health(url: string): Promise<{ cluster: { node: string; database: string } }> {
  return (await fetch(`${url}/api/health`)).json();
}

describe("PostgreSQL", () => {
  const waysToEnd: [string, () => Promise<void>][] = [
    ["restarted", () => cluster.postgres.restart()],
    [
      "killed",
      async () => {
        await cluster.postgres.kill();
        await cluster.postgres.start();
      },
    ],
    [
      "stopped for three seconds",
      async () => {
        await cluster.postgres.stop();
        await Bun.sleep(3000);
        await cluster.postgres.start();
      },
    ],
  ];
  test.skipIf(isSkipped).each(waysToEnd)(
    title("%s in mid-run: the run goes on, nobody settles it, and nothing is lost"),
    async (_, end) => {
      const { a, gate, chat, sessionId, runId } = await runOnA();
      await end();
      gate.open();
      await chat.ended;
      await isWhole(sessionId, runId);
      await untilAsync(
        async () => (await health(a.rein.url)).cluster.database === "joined",
        "the node has joined again",
      );
    },
  );
});

describe("a node that alone has lost the database", () => {
  test.skipIf(isSkipped).each(["refuse", "silence"] as const)(
    title("(%s) and answers the others is never settled, says so, and shares all when it is back"),
    async (act) => {
      const { a, gate, chat, sessionId, runId } = await runOnA();
      const [b, c] = [cluster.node("b"), cluster.node("c")];
      const own = a.rein.follow(sessionId);
      await own.until(({ type }) => type === "snapshot");
      await a.database[act]();
      await own.until(isStorage(({ unshared }) => unshared !== undefined));
      expect(storageOf(own)!.unshared).toMatchObject({
        reason: expect.stringContaining("database"),
      });
      expect(await health(a.rein.url)).toMatchObject({ cluster: { node: "a", database: "gone" } });
      const lives = "Node a has no connection to the shared database, but lives";
      await untilAsync(
        async () => b.rein.output().includes(lives) && c.rein.output().includes(lives),
        "both others have asked it",
      );
      // Others that look for the dead at this time settle what is dead.
      cluster.upstream.script([text("Other "), hang]);
      const other = c.send();
      await other.until(({ type }) => type === "part-delta");
      await untilAsync(async () => (await stored(other.sessionId)) !== undefined, "c's run");
      await c.kill();
      await cluster.settled(other.runId);
      expect((await stored(sessionId))!.runs[0]!.state).toBe("running");

      gate.open();
      await chat.ended;
      await a.database.open();
      await isWhole(sessionId, runId);
      await own.until(isStorage(({ unshared }) => unshared === undefined));
      own.hangUp();
      other.hangUp();
    },
  );
});

test.skipIf(isSkipped)(
  title("a node with another key that alone has lost the database is not settled either"),
  async () => {
    const environment = { REIN_CLUSTER_KEY: "another-key-of-a-cluster" };
    const d = await cluster.add("d", { environment });
    const gate = makeGate();
    cluster.upstream.script([text("One ", gate, "two")]);
    const chat = d.send();
    await chat.until(({ type }) => type === "part-delta");
    await untilAsync(async () => (await stored(chat.sessionId)) !== undefined, "its run is shared");
    await d.database.refuse();
    const said = "says that it lives, without a proof of the key";
    const isSeen = () => ["a", "b", "c"].every((name) => isSaidBy(name, said));
    const isSettled = async () => (await stored(chat.sessionId))!.runs[0]!.state === "settled";
    await untilAsync(async () => isSeen() || (await isSettled()), "the others have asked it");
    expect(await isSettled()).toBe(false);
    gate.open();
    await chat.ended;
    await d.database.open();
    expect(await cluster.settled(chat.runId)).toMatchObject({ outcome: "done" });
  },
);

function isSaidBy(name: string, words: string): boolean {
  return cluster.node(name).rein.output().includes(words);
}

describe("a database that is gone for long", () => {
  const program = [process.execPath, join(import.meta.dir, "short-hold-server.ts")];

  test.skipIf(isSkipped)(
    title(
      "pauses runs at a safe point and says why; a person can still stop them, and the others continue by themselves",
    ),
    async () => {
      const d = await cluster.add("d", { program });
      const [first, second] = [makeGate(), makeGate()];
      const call = toolCall("bash", { command: "echo on" });
      cluster.upstream.script([text("First ", first), call]);
      const chat = d.send({ permissions: "all" });
      await chat.until(({ type }) => type === "part-delta");
      cluster.upstream.script([text("Second ", second), call]);
      const stopped = d.send({ permissions: "all" });
      await stopped.until(({ type }) => type === "part-delta");

      await d.database.refuse();
      await chat.until(isStorage(({ unshared }) => unshared?.holds === true));
      first.open();
      second.open();
      for (const one of [chat, stopped])
        await one.until(() => one.session.runs[0]?.pause?.state === "paused");
      expect(chat.session.runs[0]!.pause).toMatchObject({ from: "server", unshared: true });
      expect(await d.rein.sdk.resume(chat.sessionId, {}, never)).toMatchObject({
        held: false,
        message: expect.stringContaining("continues by itself"),
      });
      // One that begins meanwhile waits with its message.
      const third = d.send();
      await third.until(() => third.session.runs[0]?.pause?.unshared === true);
      expect(await d.rein.stop(stopped.sessionId)).toMatchObject({
        stopped: true,
        outcome: "stopped",
        unshared: true,
      });
      expect(d.rein.output()).toContain("runs pause until it does");

      cluster.upstream.script([text("end")], [text("end")]);
      await d.database.open();
      await Promise.all([chat.ended, third.ended]);
      for (const one of [chat, third])
        expect(await cluster.settled(one.runId)).toMatchObject({ outcome: "done" });
      expect(await cluster.settled(stopped.runId)).toMatchObject({
        outcome: "stopped",
        stop: { by: "user" },
      });
      expect(await storedEpoch(cluster.databaseUrl, "d")).toBe(1);
    },
  );
});

describe("a node whose run others have settled", () => {
  test.skipIf(isSkipped)(
    title("and that starts without the database has one end of it once it has joined"),
    async () => {
      const { a, chat, sessionId, runId } = await runOnA();
      await a.kill();
      const run = await cluster.settled(runId);
      const settled = (await stored(sessionId))!;
      chat.hangUp();
      await a.database.refuse();
      const rein = await a.start();
      const own = rein.follow(sessionId);
      await own.until(({ type }) => type === "snapshot");
      expect(own.session.runs[0]).toMatchObject({ state: "settled", outcome: "stopped" });
      await a.database.open();
      await own.until(isStorage(({ unshared }) => unshared === undefined));
      const now = await rein.session(sessionId);
      expect(now.messages).toEqual(settled.messages);
      expect(now.runs[0]).toMatchObject({ stop: run.stop, endedAt: run.endedAt });
      expect((await stored(sessionId))!.messages).toEqual(settled.messages);
      own.hangUp();
    },
  );
});
