/** A crowd at one node that watches a session of another: it costs the owner one stream. */
import { join } from "node:path";
import { cpuMs } from "../../bench/statistics";
import { clusterToken } from "../cluster-node";
import { answerAtPace, type Check, ms, must, pace, seesEnd, startFollowed } from "./checks";
import type { CrowdOrder, CrowdReport } from "./crowd";
import { type Machines, nodePort } from "./machines";

const viewers = 1000;
const forMs = 10_000;

export const viewerChecks: Check[] = [
  {
    name: `${viewers} viewers on another node get all events of a run at ${pace} events/s, and a stop meanwhile is quick`,
    run: watch,
  },
];

async function watch(machines: Machines): Promise<string> {
  const { node, network } = machines;
  answerAtPace(machines);
  const { viewer, chat, sessionId, runId } = await startFollowed(node("a"), node("b"));
  const order: CrowdOrder = {
    owner: { host: network.addressOf("a"), port: nodePort },
    crowd: { host: network.addressOf("b"), port: nodePort },
    path: `/api/sessions/${sessionId}/events`,
    token: clusterToken,
    viewers,
    forMs,
  };
  const child = Bun.spawn(
    [process.execPath, join(import.meta.dir, "crowd.ts"), JSON.stringify(order)],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const pids = { a: node("a").rein.pid, b: node("b").rein.pid };
  const before = { a: cpuMs(pids.a), b: cpuMs(pids.b), at: performance.now() };
  const printed = await new Response(child.stdout).text();
  must((await child.exited) === 0, "The crowd failed.");
  const tookMs = performance.now() - before.at;
  const used = (each: "a" | "b") =>
    `${(((cpuMs(pids[each]) - before[each]) * 100) / tookMs).toFixed(0)} %`;
  const figures = `a used ${used("a")} of a core, b ${used("b")}`;
  const report = JSON.parse(printed) as CrowdReport;
  must(report.slowest > report.made * 0.9, () => `${printed.trim()}: a viewer fell behind.`);
  const asked = performance.now();
  const answer = await node("b").rein.stop(sessionId, { runId });
  const stopMs = performance.now() - asked;
  must(answer.stopped, () => JSON.stringify(answer));
  await seesEnd(viewer, runId);
  viewer.hangUp();
  chat.hangUp();
  return `${report.slowest.toFixed(0)} events/s at the slowest of ${report.made.toFixed(0)} made, delay p50 ${ms(report.p50)}, p99 ${ms(report.p99)} ms; ${figures}; stop ${ms(stopMs)} ms`;
}
