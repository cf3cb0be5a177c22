/** Whether a process handles SIGTERM: waiting for any other is a waste of time. */
import { readProc } from "./procfs";
import type { ProcessRow } from "./process-table";

/** Whether it has a handler for SIGTERM. Blocking it says nothing: make and others block signals while they fork. */
export function catchesTerm({ pid }: ProcessRow): boolean {
  if (process.platform !== "linux") return true; // unknown
  const status = readProc(`${pid}/status`);
  return isIn("SigCgt", status) && !isIn("SigIgn", status);
}

/** Whether SIGTERM is blocked and pending. While its handler runs it is blocked too, but no longer pending. */
export function isTermPending({ pid }: ProcessRow): boolean {
  if (process.platform !== "linux") return false;
  const status = readProc(`${pid}/status`);
  return isIn("ShdPnd", status) && isIn("SigBlk", status);
}

/** `SigCgt:	0000000000014002`: bit n - 1 stands for signal n (proc(5)). */
function isIn(mask: string, status: string): boolean {
  const hex = status.match(new RegExp(`^${mask}:\\s*([0-9a-f]+)`, "m"))?.[1] ?? "0";
  return (BigInt(`0x${hex}`) & termBit) !== 0n;
}

const termBit = 1n << 14n; // SIGTERM is 15
