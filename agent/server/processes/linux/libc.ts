/** The few system calls of Linux that Bun does not offer. */
import { dlopen, type Pointer, ptr } from "bun:ffi";
import { constants } from "node:os";
import type { JobExit } from "../jobs";

/** Called when first needed: other systems lack these functions. */
function open() {
  const signatures = {
    prctl: { args: ["int", "u64", "u64", "u64", "u64"], returns: "int" },
    waitpid: { args: ["int", "ptr", "int"], returns: "int" },
    dup2: { args: ["int", "int"], returns: "int" },
    ioctl: { args: ["int", "u64", "u64"], returns: "int" },
  } as const;
  try {
    return dlopen("libc.so.6", signatures).symbols;
  } catch {
    return dlopen("libc.so", signatures).symbols; // musl
  }
}

const noHang = 1; // WNOHANG

let opened: ReturnType<typeof open> | undefined;

function libc(): ReturnType<typeof open> {
  return (opened ??= open());
}

/** From now on, descendants that lose their parent become children of this process. */
export function becomeSubreaper(): void {
  const setChildSubreaper = 36;
  if (libc().prctl(setChildSubreaper, 1, 0, 0, 0) !== 0)
    throw new Error("this system does not support PR_SET_CHILD_SUBREAPER");
}

/** Reaps a dead child and returns how it ended; undefined when it lives, or is no child of this process. */
export function reap(pid: number): JobExit | undefined {
  const status = new Int32Array(1);
  const address: Pointer = ptr(status);
  if (libc().waitpid(pid, address, noHang) !== pid) return undefined;
  const signal = status[0]! & 0x7f;
  return signal === 0
    ? { exitCode: (status[0]! >> 8) & 0xff, signalName: null }
    : { exitCode: null, signalName: signalNamed(signal) };
}

/** Sends this process SIGCONT when its parent dies: while stopped it could not react to the death. */
export function continueAtParentDeath(): void {
  const setParentDeathSignal = 1;
  libc().prctl(setParentDeathSignal, constants.signals.SIGCONT, 0, 0, 0);
}

export function signalNamed(number: number): string {
  const known = Object.entries(constants.signals).find(([, one]) => one === number);
  return known?.[0] ?? `signal ${number}`;
}

/** Reaps every dead child; false when none is left, living or dead. Not for a process whose children Bun reaps. */
export function reapAll(): boolean {
  let pid: number;
  do pid = libc().waitpid(-1, null, noHang);
  while (pid > 0);
  return pid === 0;
}

/** Makes `descriptor` a duplicate of `as`. */
export function redirect(descriptor: number, as: number): void {
  libc().dup2(as, descriptor);
}

/** Gives up the controlling terminal on standard input, so that another session can have it. */
export function giveUpTerminal(): void {
  const giveUp = 0x5422; // TIOCNOTTY
  libc().ioctl(0, giveUp, 0);
}
