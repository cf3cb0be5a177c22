/** Processes and their ends in text for the model. */
import { limitHitWords } from "../../../shared/limit-hit-words";
import { doubts, proofLabels } from "../../../shared/proof-words";
import type { Job, JobEnd, JobExit, JobProcess } from "../../processes/jobs";
import type { BackgroundHandle } from "./background-registry";

/** The state of a background process. */
export function stateOf({ job, record }: BackgroundHandle): string {
  const { id, pid, state, exitCode = null, signalName = null, survivors = [], proof } = record;
  const limit = record.limitHit ? ` (${limitHitWords(record.limitHit)})` : "";
  if (survivors.length > 0)
    return `process ${id} could not be fully stopped, still running: ${listProcesses(survivors, job)}`;
  if (state === "stopping") return `process ${id} is being stopped`;
  if (state === "stopped")
    return `process ${id} was stopped${proof === undefined ? "" : `, and is ${proofLabels[proof]}`}`;
  if (state !== "running")
    return `process ${id} has ended: ${exitNote({ exitCode, signalName }) ?? "exit code 0"}${limit}${proof === "unseen" ? `; its processes are ${proofLabels[proof]}` : ""}`;
  const ports = job.processes().flatMap((one) => one.ports);
  const facts = [
    ...(job.isConfined ? [] : [`pid ${pid}`]),
    ...(ports.length > 0 ? [`listening on port ${ports.join(", ")}`] : []),
  ];
  return `process ${id} is running${facts.length > 0 ? ` (${facts.join(", ")})` : ""}`;
}

/**
 * What a model should know of an end that is not proven; undefined of one that is, and where nothing was killed but what
 * was found.
 */
export function proofNote({ proof, ended, leftBehind }: JobEnd): string | undefined {
  const isKilled = ended.length + leftBehind.length > 0;
  if (proof === "proven" || (proof === "seen" && !isKilled)) return undefined;
  return `not proven that all of its processes are dead: ${doubts[proof]}`;
}

/** How a command ended; undefined when it exited with 0. */
export function exitNote({ exitCode, signalName }: JobExit): string | undefined {
  if (exitCode === 0) return undefined;
  if (exitCode !== null) return `exit code ${exitCode}`;
  return signalName === null ? "how it ended is not known" : `killed by ${signalName}`;
}

const maxListed = 5;

/** The first of them by command and pid, and how many more there are. A command in a sandbox sees other pids: none is named. */
export function listProcesses(
  processes: JobProcess[],
  { isConfined }: Pick<Job, "isConfined">,
): string {
  const shown = processes
    .slice(0, maxListed)
    .map(({ pid, command }) => (isConfined ? command : `${command} (pid ${pid})`));
  const more = processes.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
