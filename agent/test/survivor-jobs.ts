/**
 * Stops a job with a child that runs as root, and again after each line on standard input, and prints as JSON how each
 * stop ended.
 * `bun survivor-jobs.ts <data directory> <capability ceiling as JSON> <program that runs its arguments as root>`
 */
import { createJobs } from "../server/processes/create-jobs";
import type { JobEnd } from "../server/processes/jobs";
import type { Survivor } from "../shared/protocol";
import type { CapabilityCeiling } from "../server/processes/capabilities";

export interface SurvivorReport {
  end: JobEnd;
  listed: number;
  /** What of the first end's survivors still lived after they were ended by their identity. */
  strays: Survivor[];
}

const [dataDir = "", ceiling = "{}", asRoot = ""] = process.argv.slice(2);
const jobs = createJobs({ dataDir, ceiling: JSON.parse(ceiling) as CapabilityCeiling });
const ready = Promise.withResolvers<void>();
let output = "";
const untilStarted =
  'until read -r -d "" name </proc/$!/cmdline && [ "$name" = sleep ]; do :; done';
const job = await jobs.open(
  {
    command: [
      "bash",
      "-c",
      `${asRoot} sleep 301 & ${untilStarted}; readlink /proc/$PPID/fd/3; echo ready; sleep 300`,
    ],
    cwd: "/",
    owner: { sessionId: "session" },
    onOutput(text) {
      output += text;
      if (output.includes("ready")) ready.resolve();
    },
  },
  new AbortController().signal,
);
await ready.promise;
let first: Survivor[] | undefined;
const input = Bun.stdin.stream().getReader();
do await stop();
while (!(await input.read()).done);
process.exit();

async function stop(): Promise<void> {
  const end = await job.stop("polite");
  first ??= end.survivors;
  const strays = await jobs.endStrays(first);
  const report: SurvivorReport = { end, listed: jobs.list().length, strays };
  console.log(JSON.stringify(report));
}
