/** Stops a scripted run once before a person stops one, so that the first stop finds its code loaded and compiled. */
import { noUsage } from "../shared/protocol";
import { createApp } from "./http/create-app";
import type { Services } from "./http/services";
import { RunHooks } from "./hooks/run-hooks";
import { noHooks } from "./hooks/tool-hooks";
import { newId } from "./id";
import { ServerMetrics } from "./metrics/server-metrics";
import type { RunParts } from "./run/run-types";
import { Runs } from "./run/runs";
import { SessionRegistry } from "./session/session-registry";
import { Store } from "./store/store";
import { unrecorded } from "./undo/undo";

/**
 * A run of the demo provider, in a database in memory, stopped over the routes without a socket. Nothing of it is saved,
 * shown, counted or logged, and no process is started. It is left out while anything runs. Takes about 30 ms, in pieces.
 */
export async function rehearseStop(services: Services, parts: RunParts): Promise<void> {
  if (services.sessions.counts().activeRuns > 0) return;
  const store = new Store(":memory:");
  try {
    const begun = Promise.withResolvers<void>();
    const sessions = new SessionRegistry(store, (_session, { type }) => {
      if (type === "part-delta" || type === "run-end") begun.resolve();
    });
    const undo = { begin: () => unrecorded };
    const mcp = { tools: async () => [], given: async () => [], beginRun: () => {} };
    const runHooks = new RunHooks({ jobs: services.jobs, hooks: () => [] });
    const own = { mcp, sessions, undo, hooks: noHooks, runHooks };
    const runs = new Runs({ ...parts, ...own, logEnd: () => {} });
    const metrics = new ServerMetrics(services.version, () => ({
      ...sessions.counts(),
      jobs: 0,
      engines: 0,
      schedules: 0,
    }));
    const app = createApp(
      { ...services, unixUsers: undefined, store, sessions, runs, metrics },
      () => new Response(),
    );
    const live = sessions.create(scripted(services.cwd));
    const viewer = live.follow({}, () => {});
    runs.start(live, { message: "Hello", runId: newId() });
    // A limit may have halted it.
    await Promise.race([begun.promise, Bun.sleep(maxWaitMs)]);
    const { token } = services.access;
    const stop = new Request(`http://localhost/api/sessions/${live.session.id}/stop`, {
      method: "POST",
      headers: { host: "localhost", authorization: `Bearer ${token}` },
      body: "{}",
    });
    await (await app.fetch(stop)).text();
    viewer.close();
  } finally {
    store.close();
  }
}

const maxWaitMs = 500;

function scripted(cwd: string) {
  const now = Date.now();
  const model = { provider: "demo", model: "scripted" };
  const at = { createdAt: now, updatedAt: now, usage: noUsage, seq: 0 };
  const empty = { allowed: [], messages: [], runs: [], queue: [] };
  return { id: newId(), title: "", cwd, ...model, permissions: "ask" as const, ...empty, ...at };
}
