/** The cgroup of this server, and the one below which its jobs get theirs: it is moved aside where that is needed and safe. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Sentence } from "../../../shared/protocol";
import { sentence } from "../../../shared/sentences";
import { hasAttribute } from "./libc";
import { readProcess } from "../inspect/process-table";

export interface OwnCgroup {
  /** Below it are the server's own cgroup and the one of all jobs; where it has processes, it can hand no controllers down. */
  base: string;
  /** Where cgroups (v2) are mounted. */
  mount: string;
  /** Why the server could not be moved out of `base`. */
  problem?: Sentence;
}

/** The systemd unit, and the front of a person's server, keep the server in a cgroup of this name, so that its siblings can have limits. */
export const serverName = "server";

/** Undefined where there is no cgroup2, or none that this process is in. */
export function findOwnCgroup(): OwnCgroup | undefined {
  const found = readOwn();
  if (found === undefined) return undefined;
  const { path, mount } = found;
  const own = join(mount, path);
  if (basename(own) === serverName) return { base: dirname(own), mount };
  if (isRootOfAll(own) || controllersOf(own).length === 0) return { base: own, mount };
  const problem = problemOfMove(own, path);
  if (problem !== undefined) return { base: own, mount, problem };
  try {
    moveAside(own);
    return { base: own, mount };
  } catch (error) {
    const problem = sentence("its cgroup cannot be divided: {error}", { error: String(error) });
    return { base: own, mount, problem };
  }
}

/** The cgroup of this process, and where cgroups (v2) are mounted; undefined where there are none. */
export function readOwn(): { path: string; mount: string } | undefined {
  try {
    const path = readFileSync("/proc/self/cgroup", "utf8").match(/^0::(.*)$/m)?.[1];
    const mount = readFileSync("/proc/self/mountinfo", "utf8").match(
      /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m,
    )?.[1];
    return path !== undefined && mount ? { path, mount } : undefined;
  } catch {
    return undefined; // not Linux
  }
}

/**
 * Only a cgroup without processes hands controllers down. All in this one are moved to a new one below it when they are the
 * server's own family and the cgroup was handed to it: other programs are not moved.
 */
function problemOfMove(own: string, path: string): Sentence | undefined {
  if (!isDelegated(own, path)) return sentence("no cgroup of its own was delegated to the server");
  const others = pidsIn(own).filter((pid) => !isFamily(pid));
  return others.length === 0
    ? undefined
    : sentence("other programs are in the server's cgroup, which can be divided only without them");
}

/**
 * systemd marks what it delegates, since 252 so that users can read it. A service that its user owns is taken for delegated.
 * The root of a cgroup namespace is a container's own.
 */
function isDelegated(own: string, path: string): boolean {
  if (path === "/") return true;
  if (["user.delegate", "trusted.delegate"].some((name) => hasAttribute(own, name))) return true;
  return own.endsWith(".service") && process.getuid?.() !== 0 && isOurs(own);
}

function isOurs(own: string): boolean {
  return statSync(own).uid === process.getuid?.();
}

/** It hands controllers down with processes in it. */
function isRootOfAll(own: string): boolean {
  return !existsSync(join(own, "cgroup.type"));
}

/** The controllers that it has to hand down; none where it cannot be read. */
export function controllersOf(cgroup: string): string[] {
  try {
    return readFileSync(join(cgroup, "cgroup.controllers"), "utf8").split(/\s+/).filter(Boolean);
  } catch {
    return [];
  }
}

/** Moves every process of it, those that are started meanwhile included. */
function moveAside(own: string): void {
  const aside = join(own, serverName);
  mkdirSync(aside, { recursive: true });
  for (let tries = 0; tries < 10; tries++) {
    const pids = pidsIn(own);
    if (pids.length === 0) return;
    for (const pid of pids) move(pid, aside);
  }
  throw new Error("processes are started in it again and again");
}

function move(pid: number, to: string): void {
  try {
    writeFileSync(join(to, "cgroup.procs"), String(pid));
  } catch (error) {
    if (readProcess(pid) !== undefined) throw error;
  }
}

function pidsIn(cgroup: string): number[] {
  return readFileSync(join(cgroup, "cgroup.procs"), "utf8").split("\n").filter(Boolean).map(Number);
}

/** Whether it is this process, one that has started it, or one that it has started. */
function isFamily(pid: number): boolean {
  return linesUp(pid, process.pid) || linesUp(process.pid, pid);
}

function linesUp(from: number, to: number): boolean {
  for (let pid: number | undefined = from; pid !== undefined && pid > 0;) {
    if (pid === to) return true;
    pid = readProcess(pid)?.parent;
  }
  return false;
}
