/** Who has an answer of its own to the polite signal: waiting for anybody else is waste. */
import { readProc } from "./procfs";
import type { ProcessRow } from "./process-table";

/** Whether it catches SIGTERM. What it blocks at this moment says nothing: make and many others do so while they fork. */
export function catchesTerm({ pid }: ProcessRow): boolean {
  if (process.platform !== "linux") return true; // nobody can be asked
  const status = readProc(`${pid}/status`);
  return isIn("SigCgt", status) && !isIn("SigIgn", status);
}

/** Whether a SIGTERM waits for it to stop blocking the signal. While a handler runs it is blocked too, but waits no more. */
export function holdsTermBack({ pid }: ProcessRow): boolean {
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
