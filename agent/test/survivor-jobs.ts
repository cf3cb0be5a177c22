/**
 * Stops a job that has a child of root's, twice, and says in JSON how each stop ended; the second one comes after a line
 * on standard input. `bun survivor-jobs.ts <data directory> <level as JSON> <program that runs its arguments as root>`
 */
import { createJobs } from "../server/processes/create-jobs";
import type { JobEnd } from "../server/processes/jobs";
import type { CapabilityCeiling } from "../server/processes/capabilities";

export interface SurvivorReport {
  end: JobEnd;
  listed: number;
}

const [dataDir = "", level = "{}", rise = ""] = process.argv.slice(2);
const jobs = createJobs({ dataDir, ceiling: JSON.parse(level) as CapabilityCeiling });
const ready = Promise.withResolvers<void>();
const risen = 'until read -r name </proc/$!/comm && [ "$name" = sleep ]; do :; done';
const job = await jobs.open(
  {
    command: ["bash", "-c", `${rise} sleep 51 & ${risen}; echo ready; sleep 50`],
    cwd: "/",
    owner: { sessionId: "session" },
    onOutput: () => ready.resolve(),
  },
  new AbortController().signal,
);
await ready.promise;
const input = Bun.stdin.stream().getReader();
await stop();
await input.read();
await stop();
process.exit();

async function stop(): Promise<void> {
  const end = await job.stop("polite");
  const report: SurvivorReport = { end, listed: jobs.list().length };
  console.log(JSON.stringify(report));
}
