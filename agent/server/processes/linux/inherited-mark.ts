/**
 * A mark on every process that comes from a job, by which this server and the next one find it, whatever it did to its
 * parent, session and environment: an unusual limit of file locks, which is inherited and which an ordinary user can lower but not raise.
 * The kernel ignores this limit since Linux 2.4.25 (getrlimit(2)).
 */
import { readProc } from "../inspect/procfs";
import { fileLocks, setLimit } from "./libc";

export interface Mark {
  /** The hard limit, as a decimal number: of one server. */
  server: string;
  /** The soft limit: of one job. A job can change it. */
  job: string;
}

/** Room below a server's mark for those of its jobs. */
const jobMarks = 2n ** 41n;

let ofThisServer: string | undefined;
let isTried = false;

/** The mark of what this process starts from now on. Undefined where the system has a low limit, or none at all. */
export function serverMark(): string | undefined {
  if (!isTried) ofThisServer = setServerMark();
  isTried = true;
  return ofThisServer;
}

/** The process that is started next, in the same tick, belongs to this job. Returns the mark, where there can be one. */
export function markNextProcess(jobId: string): string | undefined {
  const server = serverMark();
  if (server === undefined) return undefined;
  const mark = jobMark(server, jobId);
  setLimit(fileLocks, BigInt(mark), BigInt(server));
  return mark;
}

/** The mark of a job: its id is a UUID. */
export function jobMark(server: string, jobId: string): string {
  return String(BigInt(server) - 1n - BigInt(`0x${jobId.replaceAll("-", "").slice(0, 10)}`));
}

/** Undefined for a process that has none, or is gone. */
export function markOf(pid: number | "self"): Mark | undefined {
  const limits = readProc(`${pid}/limits`);
  const [, job, server] = limits.match(/^Max file locks +(\S+) +(\d+)/m) ?? [];
  return job === undefined || server === undefined ? undefined : { server, job };
}

/** Whether it is the server's own, or that of a process which has lowered it. Both are decimal numbers. */
export function isFrom(mark: Mark | undefined, server: string): boolean {
  return mark !== undefined && BigInt(mark.server) <= BigInt(server);
}

/** A server that was itself started by a job takes a lower one. */
function setServerMark(): string | undefined {
  if (process.platform !== "linux") return undefined;
  const inherited = BigInt(markOf("self")?.server ?? 2n ** 62n);
  const random = crypto.getRandomValues(new BigUint64Array(1))[0]! >> 16n;
  const mark = inherited - jobMarks - random;
  return mark > 2n ** 60n && setLimit(fileLocks, mark, mark) ? String(mark) : undefined;
}
