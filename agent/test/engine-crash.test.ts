/** A crash in the middle of an engine's turn: the receipt of its run, and no other, says what was ended. */
import { afterEach, expect, test } from "bun:test";
import { join } from "node:path";
import type { Engine } from "../server/engines/engine";
import { createJobs } from "../server/processes/create-jobs";
import { childrenOf } from "../server/processes/linux/descendants";
import { readProcess } from "../server/processes/inspect/process-table";
import { recoverRuns } from "../server/run/recovery";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import { conversation } from "./database-scene";
import type { JobsServerReport } from "./jobs-server";
import { isRunning, testJobs } from "./processes-bench";
import { lastingDirectory } from "./temporary-directory";
import { until } from "./within";

const dataDir = lastingDirectory("rein-engine-crash-");
const toEnd: number[] = [];
afterEach(() => {
  for (const pid of toEnd.splice(0)) if (isRunning(pid)) process.kill(pid, "SIGKILL");
});

const { proof } = await testJobs().capabilities();

/** An engine with a helper, and a command of its model in another session. */
const script = "sleep 301 & read line; setsid sleep 300 & wait";

test("the receipt of the run that a crash cut says what the next start ended of its engine, and no other receipt does", async () => {
  const { server, supervisors, all } = await startServer();
  server.kill("SIGSTOP");
  await until(() => readProcess(server.pid)?.state === "T");
  const pids = all().filter((pid) => !supervisors.includes(pid));
  for (const pid of [...supervisors, server.pid]) process.kill(pid, "SIGKILL");
  await server.exited;
  expect(pids.filter(isRunning)).toEqual(pids);

  const sessions = new SessionRegistry(new Store(":memory:"));
  for (const step of conversation("other", sessions).slice(0, 3)) step();
  for (const step of conversation("session", sessions).slice(0, 3)) step();
  const jobs = createJobs({ dataDir });
  const { session: own } = sessions.get("session")!;
  own.engine = { id: "scripted" };
  const usage = { inputTokens: 900, outputTokens: 100, estimated: false };
  const messageId = own.messages.at(-1)!.id;
  sessions.get("session")!.emit({ type: "message-usage", messageId, usage });
  expect(own.runs[0]!.usage.inputTokens).toBe(0);
  const engines = { find: (id: string) => (id === "scripted" ? scripted : undefined) };
  recoverRuns({ sessions, jobs, engines }, () => {});
  const receiptOf = (id: string) => sessions.get(id)!.session.runs[0]!.receipt;
  await until(() => receiptOf("session")?.proof !== undefined);
  expect(pids.filter(isRunning)).toEqual([]);
  const sure = proof === "supervisor and cgroup" ? "proven" : "seen";
  const receipt = receiptOf("session")!;
  expect(receipt).toMatchObject({ stop: { by: "crash" }, proof: sure, survivors: [] });
  const [main, helper] = pids as [number, number];
  const { name, processes } = receipt.engine!;
  expect(name).toBe("Scripted");
  expect(new Set(processes.map(({ pid }) => pid))).toEqual(new Set([main, helper]));
  expect(receipt.processes.map(({ command }) => command)).toEqual(["sleep 300"]);
  expect([receipt.modelCalls, receipt.modelCallsClosed]).toEqual([1, 1]);
  expect([receipt.usage, own.usage]).toMatchObject([usage, usage]);
  expect(receiptOf("other")).toMatchObject({ processes: [], survivors: [] });
});

const scripted = { id: "scripted", name: "Scripted" } as Engine;

/** With one job of an engine, which has begun its command. */
async function startServer() {
  const program = join(import.meta.dir, "jobs-server.ts");
  const scripts = JSON.stringify([script]);
  const server = Bun.spawn([process.execPath, program, dataDir, "{}", scripts, "engine"], {
    stdin: "ignore",
    stderr: "inherit",
  });
  toEnd.push(server.pid);
  const { value } = await server.stdout.getReader().read();
  const { near, supervisors } = JSON.parse(new TextDecoder().decode(value)) as JobsServerReport;
  const [pid] = near as [number];
  await until(() => childrenOf(pid).length === 2);
  const children = childrenOf(pid);
  toEnd.push(pid, ...children, ...supervisors);
  return { server, supervisors, all: () => [pid, ...children, ...supervisors] };
}
