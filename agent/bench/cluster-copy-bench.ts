/**
 * What it costs a node that its rows are copied into the shared database: processor time per second of streaming, without
 * and with it, and how long the end of a run waits for its commit.
 *
 *     bun agent/bench/cluster-copy-bench.ts postgres://user:password@host:5432/rein
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCluster } from "../server/cluster/open-cluster";
import { LiveSession } from "../server/session/live-session";
import { Store } from "../server/store/store";
import { emptySession } from "../shared/empty-session";
import { noUsage } from "../shared/protocol";
import { figures } from "./statistics";

const seconds = 8;
const eventsPerSecond = 50;
const [databaseUrl] = process.argv.slice(2);
if (databaseUrl === undefined) throw new Error("Name an empty database, as DATABASE_URL does.");

for (const count of [1, 50, 500])
  for (const isNode of [false, true]) await measure(count, isNode, databaseUrl);
process.exit(0);

async function measure(count: number, isNode: boolean, url: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "rein-bench-"));
  const store = new Store(join(directory, "rein.db"));
  const config = { node: "bench", address: "http://bench:1", key: "", databaseUrl: url };
  const parts = { config, store, boot: "bench", version: "bench" };
  const shared =
    isNode &&
    (await openCluster({
      ...parts,
      takeOverSettled: async () => {},
      compareOwn: async () => {},
      takeBackProcesses: async () => {},
    }));
  const name = `${count}-${isNode}-${Date.now()}`;
  const lives = Array.from({ length: count }, (_, number) => begin(store, `${name}-${number}`));
  const before = process.cpuUsage();
  const late: number[] = [];
  const started = performance.now();
  for (let tick = 1; tick <= seconds * eventsPerSecond; tick++) {
    const due = started + (tick * 1000) / eventsPerSecond;
    await Bun.sleep(Math.max(0, due - performance.now()));
    late.push(performance.now() - due);
    for (const live of lives) live.emit(delta(live));
  }
  const { user, system } = process.cpuUsage(before);
  const waits = await Promise.all(lives.map(end));
  const cpu = ((user + system) / 10_000 / seconds).toFixed(1);
  console.log(
    `${count} sessions × ${eventsPerSecond} events/s, ${isNode ? "a node" : "alone"}: ${cpu} % of a core; ` +
      `the loop is late ${shown(late)}; ends leave after ${shown(waits)}`,
  );
  if (shared) await shared.close();
  store.close();
  rmSync(directory, { recursive: true });
}

function shown(samples: number[]): string {
  const { p50, p99 } = figures(samples);
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)}`;
}

function begin(store: Store, id: string): LiveSession {
  const session = emptySession({ id, title: id, cwd: "/", provider: "p", model: "m" });
  store.create(session);
  const live = new LiveSession(session, store, () => {});
  const run = { id: `run-${id}`, state: "running" as const, startedAt: 1, usage: noUsage };
  live.emit({ type: "run-start", sessionId: id, run });
  const names = { runId: run.id, role: "assistant" as const, createdAt: 1 };
  const message = { id: `message-${id}`, ...names, provider: "p", model: "m", parts: [] };
  live.emit({ type: "message-start", message });
  const part = { type: "text" as const, id: `part-${id}`, text: "" };
  live.emit({ type: "part-start", messageId: message.id, part });
  return live;
}

function delta({ session: { id } }: LiveSession) {
  const at = { messageId: `message-${id}`, partId: `part-${id}` };
  return { type: "part-delta" as const, ...at, field: "text" as const, delta: "some words " };
}

/** In milliseconds, until it is sent. */
async function end(live: LiveSession): Promise<number> {
  const begun = performance.now();
  const runId = `run-${live.session.id}`;
  live.emit({ type: "run-end", runId, at: 2, outcome: "done", usage: noUsage });
  const { promise, resolve } = Promise.withResolvers<number>();
  live.onceSent(() => resolve(performance.now() - begun));
  return promise;
}
