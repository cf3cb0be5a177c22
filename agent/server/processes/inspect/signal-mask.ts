/** Which signals a process handles or ignores. */
import { readProc } from "./procfs";
import type { ProcessRow } from "./process-table";

/** Whether it has a handler for SIGTERM: waiting for any other process is a waste of time. Blocking it says nothing: make and others block signals while they fork. */
export function catchesTerm({ pid }: ProcessRow): boolean {
  if (process.platform !== "linux") return true; // unknown
  const status = readProc(`${pid}/status`);
  return isIn("SigCgt", status, termBit) && !isIn("SigIgn", status, termBit);
}

/** Whether SIGTERM is blocked and pending. While its handler runs it is blocked too, but no longer pending. */
export function isTermPending({ pid }: ProcessRow): boolean {
  if (process.platform !== "linux") return false;
  const status = readProc(`${pid}/status`);
  return isIn("ShdPnd", status, termBit) && isIn("SigBlk", status, termBit);
}

/** Whether this process was started with SIGHUP ignored, as by `nohup`. To be asked before it gets a handler. */
export function ignoresHangUp(): boolean {
  if (process.platform === "linux") return isIn("SigIgn", readProc("self/status"), hangUpBit);
  return !process.stdout.isTTY; // unknown; nohup leaves no terminal as the output
}

/** `SigCgt:	0000000000014002`: bit n - 1 stands for signal n (proc(5)). */
function isIn(mask: string, status: string, bit: bigint): boolean {
  const hex = status.match(new RegExp(`^${mask}:\\s*([0-9a-f]+)`, "m"))?.[1] ?? "0";
  return (BigInt(`0x${hex}`) & bit) !== 0n;
}

const hangUpBit = 1n; // SIGHUP is 1
const termBit = 1n << 14n; // SIGTERM is 15
