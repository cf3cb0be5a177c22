/** The processes of an adversary as /proc shows them, read without the code under test. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { commandOf, isAlive } from "../machine-facts";

/** Those that were there before: the rest of the machine. One whose pid a listing lacks is forgotten, as it may be given again. */
const older = new Set(listed());

/** Living processes with the cookie in their arguments, or that are in a directory with the cookie in its name. */
export function processesOf(cookie: string): number[] {
  const pids = listed();
  const present = new Set(pids);
  for (const pid of older) if (!present.has(pid)) older.delete(pid);
  return pids.filter((pid) => !older.has(pid) && isAlive(pid) && isOf(pid, cookie));
}

function listed(): number[] {
  return readdirSync("/proc")
    .map(Number)
    .filter((pid) => pid > 0);
}

/** Where only the first thread has exited, the others say what it runs. */
function isOf(pid: number, cookie: string): boolean {
  const has = (place: string): boolean =>
    commandOf(place).includes(cookie) || directoryOf(place).includes(cookie);
  return has(String(pid)) || (isLeaderless(pid) && threadsOf(pid).some(has));
}

const isLeaderless = (pid: number): boolean => field(pid, "State").startsWith("Z");

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `${pid}/task/${thread}`);
  } catch {
    return []; // it has exited
  }
}

/** Those of the command: the supervisor and bwrap have its words in their arguments too. */
export function commandProcessesOf(cookie: string): number[] {
  return processesOf(cookie).filter((pid) => !/^\S*bwrap |\/supervisor\//.test(commandOf(pid)));
}

export function describe(pid: number): string {
  return `pid ${pid} (state ${field(pid, "State")[0]}): ${commandOf(pid).slice(0, 100)}`;
}

/** SIGKILL has been sent to it, and it has not died yet. */
export function isBeingKilled(pid: number): boolean {
  return [field(pid, "ShdPnd"), field(pid, "SigPnd")].some(
    (mask) => (BigInt(`0x${mask || "0"}`) & sigkillBit) !== 0n,
  );
}

/** Another user's than this process's, so that it may not be killed by this one. */
export function isOfAnotherUser(pid: number): boolean {
  const [real, , saved] = field(pid, "Uid").split(/\s+/).map(Number);
  const own = process.geteuid!();
  return own !== 0 && real !== own && saved !== own;
}

const sigkillBit = 1n << 8n;

function field(pid: number, name: string): string {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return status.match(new RegExp(`^${name}:\\s*(.*)$`, "m"))?.[1] ?? "";
  } catch {
    return ""; // it has exited
  }
}

function directoryOf(place: string): string {
  try {
    return readlinkSync(`/proc/${place}/cwd`);
  } catch {
    return ""; // it has exited, or belongs to another user
  }
}
