/** What the processes panel shows of a living process, read from the system one process at a time. */
import { readlinkSync } from "node:fs";
import type { ProcessView } from "../jobs";
import { clockTicks } from "../linux/libc";
import { listProc, readProc } from "./procfs";
import type { ProcessRow } from "./process-table";

/** Without /proc: no processor time, no memory, no ports. */
export function viewOf({ pid, parent, startedAt }: ProcessRow, command: string): ProcessView {
  const view = { pid, parent, command };
  if (process.platform !== "linux")
    return { ...view, startedAt: Date.parse(startedAt), cpuMs: 0, memoryBytes: 0, ports: [] };
  const tickMs = 1000 / (ticksPerSecond ??= clockTicks());
  const stat = readProc(`${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // Of one that has just ended there is nothing to read.
  const [userTicks = 0, systemTicks = 0] = fields.slice(11);
  return {
    ...view,
    startedAt: bootedAt() + Number(startedAt) * tickMs,
    cpuMs: (Number(userTicks) + Number(systemTicks)) * tickMs,
    memoryBytes: residentBytes(readProc(`${pid}/status`)),
    ports: portsOf(pid),
  };
}

let ticksPerSecond: number | undefined;

/** In the status it is in kB; elsewhere in pages, whose size differs from machine to machine (proc_pid_status(5)). */
function residentBytes(status: string): number {
  return Number(status.match(/^VmRSS:\s*(\d+) kB/m)?.[1] ?? 0) * 1024;
}

function bootedAt(): number {
  return Number(readProc("stat").match(/^btime (\d+)/m)?.[1]) * 1000;
}

/** /proc/PID/net lists the sockets of the whole network namespace; the process's descriptors say which are its own. */
function portsOf(pid: number): number[] {
  const inodes = new Set(
    listProc(`${pid}/fd`).flatMap((fd) => socketOf(`/proc/${pid}/fd/${fd}`) ?? []),
  );
  if (inodes.size === 0) return [];
  const ports = ["tcp", "tcp6"].flatMap((table) =>
    readProc(`${pid}/net/${table}`)
      .split("\n")
      .flatMap((line) => listeningPort(line, inodes)),
  );
  return [...new Set(ports)].toSorted((a, b) => a - b);
}

function socketOf(path: string): string | undefined {
  try {
    return readlinkSync(path).match(/^socket:\[(\d+)\]$/)?.[1];
  } catch {
    return undefined; // closed since it was listed
  }
}

/** `sl local_address rem_address st … inode`, addresses as hexadecimal `address:port`; state 0A listens (proc(5)). */
function listeningPort(line: string, inodes: Set<string>): number[] {
  const fields = line.trim().split(/\s+/);
  const [, local, , state] = fields;
  if (state !== "0A" || !inodes.has(fields[9] ?? "")) return [];
  return [Number.parseInt(local!.split(":")[1]!, 16)];
}
