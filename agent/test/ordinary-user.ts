/** Runs a program as an unprivileged user where the tests run as root; on request in a cgroup that this user owns. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupAt } from "../server/processes/linux/cgroup";

export const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** A directory of the user's own, which is also its home and its temporary directory. */
export class OrdinaryUser implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), "rein-user-"));
  /** A cgroup that the user owns; undefined where this machine has no unified hierarchy, or the tests may not write in it. */
  readonly cgroup: string | undefined = delegateCgroup();

  constructor() {
    chownSync(this.home, nobody, nobody);
    chmodSync(this.home, 0o755);
  }

  command(...program: string[]): string[] {
    const become = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];
    return [...become, "env", `HOME=${this.home}`, `TMPDIR=${this.home}`, ...program];
  }

  /** Whether the user can run this program successfully: the program or what it needs may be inaccessible. */
  can(...program: string[]): boolean {
    if (Bun.which("setpriv") === null) return false;
    const silence = { stdin: "ignore", stdout: "ignore", stderr: "ignore" } as const;
    return Bun.spawnSync(this.command(...program), silence).success;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    rmSync(this.home, { recursive: true, force: true });
    if (this.cgroup !== undefined) await cgroupAt(this.cgroup).remove();
  }
}

/** Undefined unless the tests run as root and the user can read them and run this Bun. */
export function findOrdinaryUser(): OrdinaryUser | undefined {
  if (!isRoot) return undefined;
  const user = new OrdinaryUser();
  if (user.can(process.execPath, import.meta.path)) return user;
  void user[Symbol.asyncDispose]();
  return undefined;
}

/** What systemd does for a unit with `Delegate=yes`. */
function delegateCgroup(): string | undefined {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  const mount = mounts.match(/^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m)?.[1];
  if (mount === undefined) return undefined;
  const cgroup = join(mount, `rein-test-${crypto.randomUUID()}`);
  try {
    mkdirSync(cgroup);
  } catch {
    return undefined; // it is mounted, but not writable
  }
  for (const file of ["", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"])
    chownSync(join(cgroup, file), nobody, nobody);
  return cgroup;
}
