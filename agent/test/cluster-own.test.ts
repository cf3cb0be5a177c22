/** What the shared database has of a node's own sessions comes back to a disk that lacks it; what another node owns leaves it. */
import { describe, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../shared/protocol";
import { nodeHeader } from "../shared/protocol";
import { clusterScene, type GatedNode } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import { storedSession } from "./shared-rows-scene";
import { violationsOf } from "./sweep/invariants";
import { temporaryDirectory } from "./temporary-directory";
import { hang, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a"] });
const title = (words: string) => `${words}${lacksPostgres}`;
const isSkipped = lacksPostgres !== "";

async function answered(node: GatedNode, words: string, sessionId?: string): Promise<string> {
  cluster.upstream.script([text(words)]);
  const chat = node.send(sessionId === undefined ? {} : { sessionId });
  await chat.ended;
  return chat.sessionId;
}

async function isShared(id: string, words: string): Promise<void> {
  await untilAsync(async () => {
    const session = await storedSession(cluster.databaseUrl, id);
    return (
      JSON.stringify(session?.messages).includes(words) && session!.runs.at(-1)!.state === "settled"
    );
  }, `“${words}” is in the database`);
}

const isOfDatabase = (name: string) => name.startsWith("rein.db") && !name.includes("found");

function loseDatabase({ dataDir }: GatedNode): void {
  for (const name of readdirSync(dataDir))
    if (name.startsWith("rein.db")) rmSync(join(dataDir, name), { recursive: true });
}

function copyDatabase(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from).filter(isOfDatabase))
    copyFileSync(join(from, name), join(to, name));
}

function wordsOf({ messages }: Session): string {
  return JSON.stringify(messages);
}

describe("a node whose rein.db is lost", () => {
  test.skipIf(isSkipped)(
    title("has its sessions again, settles what ran, and says that its snapshots are gone"),
    async () => {
      const a = cluster.node("a");
      const plain = await answered(a, "Hello.");
      cluster.upstream.script(
        [toolCall("bash", { command: "echo hello > made-here.txt" })],
        [text("Made.")],
      );
      const writing = a.send({ permissions: "all" });
      await writing.ended;
      await isShared(plain, "Hello.");
      await isShared(writing.sessionId, "Made.");
      await untilAsync(
        async () =>
          (await storedSession(cluster.databaseUrl, writing.sessionId))?.runs[0]?.changes?.state ===
          "known",
        "the changes are in the database",
      );
      cluster.upstream.script([text("One "), hang]);
      const cut = a.send();
      await cut.until(({ type }) => type === "part-delta");
      await untilAsync(
        async () =>
          JSON.stringify(await storedSession(cluster.databaseUrl, cut.sessionId))?.includes("One "),
        "what the run has is in the database",
      );
      await a.kill();
      cut.hangUp();
      loseDatabase(a);
      rmSync(join(a.dataDir, "undo"), { recursive: true });

      const rein = await a.start();
      const again = await rein.session(cut.sessionId);
      expect(again.runs[0]).toMatchObject({ state: "settled", stop: { by: "crash" } });
      expect(wordsOf(again)).toContain("One ");
      expect(violationsOf(again)).toEqual([]);
      expect((await cluster.settled(cut.runId)).stop?.by).toBe("crash");
      // Asked for before it is taken back, too.
      expect(wordsOf(await rein.session(plain))).toContain("Hello.");
      const made = await rein.session(writing.sessionId);
      expect(made.runs[0]!.changes!.unseen[0]).toContain(
        "snapshots of this run are not on its machine",
      );
      const undo = await rein.fetch(
        `/api/sessions/${writing.sessionId}/runs/${writing.runId}/undo`,
        { method: "POST", body: "{}" },
      );
      expect([undo.status, await undo.text()]).toEqual([
        404,
        expect.stringContaining("snapshots are not there any more"),
      ]);
      await untilAsync(async () => {
        const { sessions } = await rein.json<{ sessions: object[] }>("/api/sessions");
        return sessions.length === 3;
      }, "all are in the list");
      await answered(a, "I go on.", plain);
      expect((await rein.session(plain)).runs).toHaveLength(2);
      await isShared(plain, "I go on.");
    },
  );
});

describe("a node whose rein.db is an older copy", () => {
  test.skipIf(isSkipped)(
    title("has what was said since, and keeps beside it what only the copy has"),
    async () => {
      const a = cluster.node("a");
      using copies = temporaryDirectory();
      const id = await answered(a, "First.");
      const renamed = await answered(a, "Other.");
      await isShared(id, "First.");
      await a.stop();
      copyDatabase(a.dataDir, copies.path);
      const rein = await a.start();
      await answered(a, "Second.", id);
      const patch = { method: "PATCH", body: JSON.stringify({ title: "New title" }) };
      expect((await rein.fetch(`/api/sessions/${renamed}`, patch)).status).toBe(200);
      const later = await answered(a, "Later.");
      await isShared(id, "Second.");
      await isShared(later, "Later.");
      await untilAsync(
        async () => (await storedSession(cluster.databaseUrl, renamed))?.title === "New title",
        "the title is in the database",
      );
      await a.stop();
      loseDatabase(a);
      copyDatabase(copies.path, a.dataDir);

      await a.database.refuse();
      await a.start();
      await answered(a, "Alone.", id);
      expect(wordsOf(await a.rein.session(id))).not.toContain("Second.");
      await a.database.open();
      await untilAsync(
        async () => wordsOf(await a.rein.session(id)).includes("Second."),
        "what was said since is back",
      );
      await isShared(id, "Alone.");
      const session = await a.rein.session(id);
      expect(violationsOf(session)).toEqual([]);
      expect(session.runs).toHaveLength(3);
      expect(session.runs[2]!.follows).toBe(session.runs[0]!.id);
      expect(session.tip).toBe(session.runs[2]!.id);
      expect((await a.rein.session(renamed)).title).toBe("New title");
      expect(wordsOf(await a.rein.session(later))).toContain("Later.");
      await untilAsync(
        async () =>
          Bun.deepEquals(
            { ...(await storedSession(cluster.databaseUrl, id)), seq: 0 },
            { ...(await a.rein.session(id)), seq: 0 },
          ),
        "both have the same",
      );
    },
  );
});

describe("a node whose sessions a copy of its data directory has taken over", () => {
  test.skipIf(isSkipped)(
    title("forwards to the new one, and keeps what only it has as a session of its own"),
    async () => {
      const a = cluster.node("a");
      const id = await answered(a, "Said before.");
      const forked = await answered(a, "Both have this.");
      await isShared(id, "Said before.");
      await isShared(forked, "Both have this.");
      await a.stop();
      const c = await cluster.add("c");
      await c.stop();
      loseDatabase(c);
      copyDatabase(a.dataDir, c.dataDir);
      await c.start();
      expect(existsSync(join(c.dataDir, "rein.db"))).toBe(true);
      await answered(c, "Said at c.", id);

      await a.database.refuse();
      await a.start();
      await answered(a, "Only at a.", forked);
      await a.database.open();
      const nodeOf = async (one: string) =>
        (await a.rein.fetch(`/api/sessions/${one}`)).headers.get(nodeHeader);
      await untilAsync(async () => (await nodeOf(id)) === "c", "c answers for its session");
      expect(wordsOf(await a.rein.session(id))).toContain("Said at c.");
      expect(wordsOf(await a.rein.session(forked))).not.toContain("Only at a.");
      const { sessions } = await a.rein.json<{
        sessions: { id: string; title: string; node: string }[];
      }>("/api/sessions");
      const own = sessions.filter(({ node }) => node === "a");
      expect(own.map((one) => one.title)).toEqual([expect.stringContaining("(as a had it)")]);
      expect(wordsOf(await a.rein.session(own[0]!.id))).toContain("Only at a.");
      expect(await nodeOf(forked)).toBe("c");
      await answered(a, "Forwarded.", id);
      expect(wordsOf(await c.rein.session(id))).toContain("Forwarded.");
    },
  );
});
