/** How sure it is that no process is left reaches people and models wherever an end is told, and nothing is said of runs without processes. */
import { expect, test } from "bun:test";
import { receiptLine } from "../client/state/outcome-labels";
import { processStateLabel } from "../client/state/process-labels";
import { ServerMetrics } from "../server/metrics/server-metrics";
import type { JobEnd } from "../server/processes/jobs";
import { contextNote } from "../server/run/context-note";
import { makeReceipt } from "../server/run/run-receipt";
import { exportMarkdown } from "../server/session/export-markdown";
import { selectStops, stopsCsv } from "../server/session/stop-history";
import { summarizeSession } from "../server/store/session-summary";
import { noUsage, type Proof, type Receipt, type Run, type Session } from "../shared/protocol";
import { openShell, testJobs } from "./processes-bench";
import { ToolBench } from "./tools-bench";

const supervised = testJobs();
const withoutSupervisor = testJobs({ ceiling: { supervisor: "none" } });
// What they try out at the beginning would count as left by a command.
await Promise.all([supervised.capabilities(), withoutSupervisor.capabilities()]);
const isDoubted = /not proven that all of its processes are dead: .* may still run/;

test("a receipt has the proof of each command, and the weakest of all; one without processes has none", async () => {
  const { session, run } = stoppedSession();
  const [proven, seen] = [await endOf(supervised), await endOf(withoutSupervisor)];
  expect(receiptOf(session, run, [])).not.toHaveProperty("proof");
  expect(receiptOf(session, run, [proven])).toMatchObject({ proof: "proven" });
  const both = receiptOf(session, run, [proven, seen]);
  expect(both.proof).toBe("seen");
  expect(both.toolCalls.map(({ proof }) => proof)).toEqual(["proven", "seen"]);
});

test("a receipt names the pinned process that its stop has left running", async () => {
  const { session, run } = stoppedSession();
  const record = {
    id: "p1",
    runId: run.id,
    toolCallId: "call-0",
    pid: 7,
    startedAt: 1,
  };
  session.processes = [{ ...record, command: "npm run dev", pinned: true, state: "running" }];
  const receipt = receiptOf(session, run, [await endOf(supervised)]);
  expect(receipt.kept).toEqual([{ pid: 7, command: "npm run dev" }]);
  expect(receiptLine(receipt)).toContain("1 process ended, 1 pinned left running");
  run.receipt = receipt;
  expect(contextNote(session)).toContain("Left running, pinned by the user: 7 npm run dev.");
});

/** `brief`: in the line of the receipt, whose details say that it is proven. */
const states: { proof: Proof; line: string; brief?: string; isDoubt: boolean }[] = [
  { proof: "proven", line: "2 processes proven dead", brief: "2 processes ended", isDoubt: false },
  { proof: "seen", line: "2 processes seen dead", isDoubt: true },
  { proof: "unseen", line: "2 processes not seen dead", isDoubt: true },
];

test.each(states)(
  "$proof is said in the line of the receipt, the history of stops, the export, the metrics and the note for the model",
  ({ proof, line, brief = line, isDoubt }) => {
    const { session, run } = stoppedSession();
    const processes = [1, 2].map((pid) => ({ pid, command: "sleep" }));
    const receipt = { ...receiptOf(session, run, []), processes, proof };
    run.receipt = receipt;
    expect(receiptLine(receipt)).toContain(` · ${brief}`);
    const rows = [{ sessionId: session.id, title: session.title, run }];
    expect(selectStops(rows, { format: "json" })).toMatchObject([{ proof }]);
    expect(selectStops(rows, { format: "json", unproven: "only" })).toHaveLength(isDoubt ? 1 : 0);
    expect(stopsCsv(selectStops(rows, { format: "csv" }))).toContain(`,${proof},`);
    expect(exportMarkdown(session)).toContain(`> Stopped: ${line}.`);
    const metrics = new ServerMetrics("1", () => ({
      activeRuns: 0,
      sessions: 0,
      viewers: 0,
      jobs: 0,
      engines: 0,
      schedules: 0,
    }));
    const end = { type: "run-end", runId: run.id, at: 1, outcome: "stopped" } as const;
    metrics.event(session, { ...end, receipt, usage: noUsage });
    expect(metrics.text()).toContain(`rein_run_processes_total{known="${proof}"} 1`);
    if (isDoubt) expect(contextNote(session)).toContain("Not proven that its processes are dead");
    else expect(contextNote(session)).not.toContain("roven");
  },
);

test("who is alive stands beside the proof, by name", () => {
  const { session, run } = stoppedSession();
  const survivors = [{ pid: 9, command: "stubborn", reason: "it runs as another user" }];
  run.receipt = { ...receiptOf(session, run, []), survivors, proof: "seen" };
  expect(receiptLine(run.receipt)).toContain(" · 1 process may still run");
  run.receipt.proof = "unseen";
  expect(receiptLine(run.receipt)).toEndWith(" · 1 process may still run");
  expect(summarizeSession(session, run).survivors).toBe(1);
  expect(exportMarkdown(session)).toContain("> - alive: 9 stubborn (it runs as another user)");
});

test("nothing is said of processes where a run has started none", () => {
  const { session, run } = stoppedSession();
  run.receipt = receiptOf(session, run, []);
  expect(receiptLine(run.receipt)).not.toContain("process");
  expect(exportMarkdown(session)).not.toContain("Stopped:");
  expect(contextNote(session)).not.toContain("roven");
});

test("the model is told that the end of a command which was killed is not proven", async () => {
  using bench = new ToolBench(withoutSupervisor);
  await bench.failure("bash", { command: "sleep 300", timeoutSeconds: 0.1 });
  expect(bench.shown).toMatch(isDoubted);
  expect((await bench.call("bash", { command: "true" })).text).not.toContain("proven");
  using sure = new ToolBench(supervised);
  await sure.failure("bash", { command: "sleep 300", timeoutSeconds: 0.1 });
  expect(sure.shown).not.toContain("proven");
});

test("a background process has the proof of its end, for the page and for the model", async () => {
  using bench = new ToolBench(withoutSupervisor);
  await bench.call("bash", { command: "sleep 300 &" });
  expect((await bench.call("process", { action: "stop", id: "p1" })).text).toMatch(isDoubted);
  const [process] = bench.session.processes!;
  expect(process).toMatchObject({ state: "stopped", proof: "seen" });
  expect(processStateLabel(process!)).toBe("Stopped by the agent, seen dead");
  expect((await bench.call("process", { action: "list" })).text).toContain("and is seen dead");
});

/** A session with one stopped run of two commands. */
function stoppedSession(): { session: Session; run: Run } {
  using bench = new ToolBench();
  const { session } = bench;
  const stop = { by: "user", from: "web", askedAt: 1, point: "tool" } as const;
  const run: Run = { id: "run", state: "settled", startedAt: 0, usage: noUsage, stop };
  session.runs.push({ ...run, outcome: "stopped" });
  const call = {
    type: "tool-call",
    name: "bash",
    inputText: "",
    input: { command: "sleep" },
  } as const;
  const parts = ["call-0", "call-1"].map((id) => ({
    ...call,
    id,
    callId: id,
    state: "stopped" as const,
    output: "",
    startedAt: 1,
  }));
  const message = { id: "m", runId: run.id, role: "assistant", createdAt: 1 } as const;
  session.messages.push({ ...message, parts, outcome: "stopped" });
  return { session, run: session.runs[0]! };
}

/** Of jobs that are the calls' in their order. */
function receiptOf(session: Session, run: Run, ends: JobEnd[]): Receipt {
  const jobs = ends.map((end, at) => ({ ...end, at: 1, toolCallId: `call-${at}` }));
  return makeReceipt(session, run, undefined, jobs);
}

async function endOf(jobs: ReturnType<typeof testJobs>): Promise<JobEnd> {
  const shell = await openShell("echo ready; sleep 300", {}, jobs);
  await shell.untilOutput(/ready/);
  return shell.job.stop("polite");
}
