/** The cgroup of a job, handed to the account that the job becomes: a server in it gives its own jobs cgroups and limits. */
import { chownSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { AccountNumbers } from "../account-command";
import { controllersOf, readOwn, serverName } from "./own-cgroup";

/** Jobs of one server, and what they make in theirs: the kernel's memory for more of them is root's. */
const most = { descendants: 1000, depth: 8 };

/** What its owner needs to divide it, and nothing with which its own limits are set. */
const handedOver = ["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"];

/**
 * Of this process, which is root's and alone in it: it is moved to a cgroup below, where the systemd unit has a server too. False
 * where the job has no cgroup of its own. Throws what the system says where it cannot be divided.
 */
export function delegateOwnCgroup({ uid, gid }: AccountNumbers): boolean {
  const found = readOwn();
  if (found === undefined) return false;
  const own = join(found.mount, found.path);
  // As the front makes them: see find-cgroups.
  if (basename(dirname(own)) !== "rein" || !/^\d+-\d+-/.test(basename(own))) return false;
  for (const [name, value] of Object.entries(most))
    writeFileSync(join(own, `cgroup.max.${name}`), String(value));
  const below = join(own, serverName);
  mkdirSync(below);
  writeFileSync(join(below, "cgroup.procs"), String(process.pid));
  // Only a cgroup without processes hands controllers down.
  for (const controller of controllersOf(own))
    writeFileSync(join(own, "cgroup.subtree_control"), `+${controller}`);
  for (const name of handedOver) chownSync(join(own, name), uid, gid);
  for (const name of readdirSync(below)) chownSync(join(below, name), uid, gid);
  for (const directory of [own, below]) chownSync(directory, uid, gid);
  return true;
}
