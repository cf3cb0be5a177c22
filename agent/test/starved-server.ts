/**
 * A server whose job lowers its limit of open files to four, also the hard one, kills its supervisor, and leaves a daemon.
 * Stops the job and prints as JSON how it ended. It cannot open anything then.
 * `bun starved-server.ts <data directory> <word that only the daemon has>`
 */
import { spyOn } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import { JobLedger } from "../server/processes/job-ledger";
import { until } from "./within";

const [dataDir = "", cookie = ""] = process.argv.slice(2);
/** Also called where an entry is removed. */
const leave = spyOn(JobLedger.prototype, "leave");
const jobs = createJobs({ dataDir, ceiling: { cgroup: false } });
const ready = Promise.withResolvers<void>();
const starve = `prlimit --pid ${process.pid} --nofile=4:4`;
const command = [
  "bash",
  "-c",
  `until [ -e ${dataDir}/go ]; do sleep 0.01; done; (setsid sleep 30.${cookie} &); ${starve}; kill -9 $PPID; echo ready; sleep 300`,
];
const onOutput = () => ready.resolve();
const request = { command, cwd: "/", owner: { sessionId: "session" }, onOutput };
const job = await jobs.open(request, new AbortController().signal);
writeFileSync(join(dataDir, "go"), "");
await Promise.race([ready.promise, Bun.sleep(5000)]);
const { proof, survivors } = await job.stop("polite");
await until(() => leave.mock.calls.length > 0, "the ledger is told that the job is over");
console.log(JSON.stringify({ proof, survivors }));
process.exit();
