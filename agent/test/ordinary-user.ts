/** Runs a program as somebody without rights, where the tests themselves run as root; if need be in a cgroup made over to him. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cgroupAt } from "../server/processes/linux/cgroup";

export const isRoot = process.getuid?.() === 0;
const nobody = 65_534;

/** A directory of his own, which is also his home and his place for temporary files. */
export class OrdinaryUser implements AsyncDisposable {
  readonly home = mkdtempSync(join(tmpdir(), "rein-user-"));
  /** Made over to him: undefined where this machine has no unified hierarchy, or the tests may not write in it. */
  readonly cgroup: string | undefined = madeOver();

  constructor() {
    chownSync(this.home, nobody, nobody);
    chmodSync(this.home, 0o755);
  }

  command(...program: string[]): string[] {
    const become = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups"];
    return [...become, "env", `HOME=${this.home}`, `TMPDIR=${this.home}`, ...program];
  }

  /** Whether this program ends well for him: the system may keep it, or what it needs, from him. */
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

/** There is one where the tests run as root, if he can read them and run this Bun. */
export function findOrdinaryUser(): OrdinaryUser | undefined {
  if (!isRoot) return undefined;
  const user = new OrdinaryUser();
  if (user.can(process.execPath, import.meta.path)) return user;
  void user[Symbol.asyncDispose]();
  return undefined;
}

/** What systemd does for a unit with `Delegate=yes`. */
function madeOver(): string | undefined {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8");
  const mount = mounts.match(/^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m)?.[1];
  if (mount === undefined) return undefined;
  const cgroup = join(mount, `rein-test-${crypto.randomUUID()}`);
  try {
    mkdirSync(cgroup);
  } catch {
    return undefined; // it is mounted, and not ours to write in
  }
  for (const file of ["", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"])
    chownSync(join(cgroup, file), nobody, nobody);
  return cgroup;
}
