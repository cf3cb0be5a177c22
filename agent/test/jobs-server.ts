/**
 * A server that tests kill: opens two jobs, each with a shell, its child, a daemon and a child in its own session, or a
 * job for each given script, as of an engine if that is said, which reads a line once it has a helper, and prints the pids as JSON.
 * `bun jobs-server.ts <data directory> <capability ceiling as JSON> [scripts as JSON] ["engine"]`
 */
import { createJobs } from "../server/processes/create-jobs";
import type { CapabilityCeiling } from "../server/processes/capabilities";
import type { SweptJob } from "../server/processes/jobs";
import { readProcess } from "../server/processes/inspect/process-table";

export interface JobsServerReport {
  /** Processes in the sessions of the commands. */
  near: number[];
  /** Processes in other sessions. */
  far: number[];
  supervisors: number[];
  /** What the server before it had left. */
  swept: SweptJob[];
}

const [dataDir = "", ceiling = "{}", scripts, kind] = process.argv.slice(2);
const jobs = createJobs({ dataDir, ceiling: JSON.parse(ceiling) as CapabilityCeiling });
const given = scripts === undefined ? undefined : (JSON.parse(scripts) as string[]);
const opened = await Promise.all(given ? given.map(openScript) : [open(), open()]);
const report: JobsServerReport = {
  near: opened.flatMap(({ near }) => near),
  far: opened.flatMap(({ far }) => far),
  supervisors: opened.flatMap(({ near }) => readProcess(near[0]!)?.parent ?? []),
  swept: await jobs.swept,
};
console.log(JSON.stringify(report));

async function openScript(
  script: string,
  index: number,
): Promise<{ near: number[]; far: number[] }> {
  const ofRun = { sessionId: "session", runId: `run ${index}` };
  const owned =
    kind === "engine"
      ? { owner: { sessionId: "session" }, isEngine: true as const, stdinOpen: true as const }
      : { owner: ofRun };
  // Bash takes an open input, which is a socket, for a remote shell's, and would read ~/.bashrc.
  const command = ["bash", "--norc", "-c", script];
  const request = { command, cwd: "/", ...owned, onOutput: () => {} };
  const job = await jobs.open(request, new AbortController().signal);
  // What it has started by then is its own: a helper.
  if (kind === "engine") {
    while (job.processes().length < 2) await Bun.sleep(5);
    job.noteOwn();
    job.write("go\n");
  }
  return { near: [job.pid], far: [] };
}

async function open(): Promise<{ near: number[]; far: number[] }> {
  let output = "";
  const printed = Promise.withResolvers<number[]>();
  const script =
    "sleep 300 & echo $$ $!; setsid sh -c 'echo $$; exec sleep 300' & (setsid sh -c \"echo \\$\\$; exec sleep 300\" &); wait";
  await jobs.open(
    {
      command: ["bash", "-c", script],
      cwd: "/",
      owner: { sessionId: "session" },
      onOutput(text) {
        output += text;
        const pids = output.trim().split(/\s+/).map(Number);
        if (pids.length === 4 && output.endsWith("\n")) printed.resolve(pids);
      },
    },
    new AbortController().signal,
  );
  const pids = await printed.promise;
  const near = pids.filter((pid) => readProcess(pid)?.session === pids[0]);
  return { near, far: pids.filter((pid) => !near.includes(pid)) };
}
