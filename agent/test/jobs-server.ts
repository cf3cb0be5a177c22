/**
 * A server that tests may kill: opens two jobs, each with a shell, a daemon and a child in a session of its own, and says
 * in JSON who they are. `bun jobs-server.ts <data directory> <level as JSON>`
 */
import { createJobs } from "../server/processes/create-jobs";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import { readProcess } from "../server/processes/inspect/process-table";

export interface JobsServerReport {
  /** Of the commands' own sessions, and of others. */
  near: number[];
  far: number[];
  supervisors: number[];
}

const [dataDir = "", level = "{}"] = process.argv.slice(2);
const jobs = createJobs({ dataDir, ceiling: JSON.parse(level) as CapabilityCeiling });
const opened = await Promise.all([open(), open()]);
const report: JobsServerReport = {
  near: opened.flatMap(({ near }) => near),
  far: opened.flatMap(({ far }) => far),
  supervisors: opened.flatMap(({ near }) => readProcess(near[0]!)?.parent ?? []),
};
console.log(JSON.stringify(report));

async function open(): Promise<{ near: number[]; far: number[] }> {
  let said = "";
  const whole = Promise.withResolvers<number[]>();
  const script =
    "sleep 50 & echo $$ $!; setsid sh -c 'echo $$; exec sleep 50' & (setsid sh -c \"echo \\$\\$; exec sleep 50\" &); wait";
  await jobs.open(
    {
      command: ["bash", "-c", script],
      cwd: "/",
      owner: { sessionId: "session" },
      onOutput(text) {
        said += text;
        const pids = said.trim().split(/\s+/).map(Number);
        if (pids.length === 4 && said.endsWith("\n")) whole.resolve(pids);
      },
    },
    new AbortController().signal,
  );
  const pids = await whole.promise;
  const near = pids.filter((pid) => readProcess(pid)?.session === pids[0]);
  return { near, far: pids.filter((pid) => !near.includes(pid)) };
}
