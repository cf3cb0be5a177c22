/** Whether a program was started with its standard output closed: Bun then writes to /dev/null in its place. */
import { readFileSync, readlinkSync } from "node:fs";

/** Only Linux tells; elsewhere it is never seen. */
export function isOutputClosed(): boolean {
  if (process.platform !== "linux") return false;
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync("/proc/self/fdinfo/1", "utf8"))?.[1];
    // None that a program inherits has this flag: Bun has opened it itself.
    const isOwn = (Number.parseInt(flags ?? "0", 8) & closeOnExec) !== 0;
    return isOwn && readlinkSync("/proc/self/fd/1") === "/dev/null";
  } catch {
    return false; // no /proc
  }
}

const closeOnExec = 0o2000000; // O_CLOEXEC
