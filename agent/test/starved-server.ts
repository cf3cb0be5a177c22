/**
 * A server whose job lowers its limit of open files to four, also the hard one, kills its supervisor, and leaves a daemon.
 * Stops the job and prints as JSON how it ended. It cannot open anything then.
 * `bun starved-server.ts <data directory> <word that only the daemon has>`
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createJobs } from "../server/processes/create-jobs";
import { JobLedger } from "../server/processes/job-ledger";

/** Resolves when the ledger is told that the job is over, whether its entry is left or removed. */
const isTold = Promise.withResolvers<void>();
const { leave } = JobLedger.prototype;
JobLedger.prototype.leave = function (id) {
  leave.call(this, id);
  isTold.resolve();
};

const [dataDir = "", cookie = ""] = process.argv.slice(2);
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
await isTold.promise;
console.log(JSON.stringify({ proof, survivors }));
process.exit();
