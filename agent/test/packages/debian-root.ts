/** Root file systems of a fresh Debian, made once by debootstrap and kept: without compiler, Node, Bun, and git. */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Need } from "../system-packages";

/** Not in node_modules/.cache, which Bun makes for its owner alone: an ordinary user is to use them. */
const cache = join(import.meta.dir, "../../../node_modules/.rein-roots");

export const debootstrapNeed: Need = {
  name: "debootstrap",
  packages: ["debootstrap", "cpio", "e2fsprogs"],
  isThere: () => Bun.which("debootstrap", { PATH: systemPath }) !== null,
};

/** Where administrators' programs are; a person's PATH may lack it. */
export const systemPath = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;

/** The newest stable release: systemd 257 and Linux 6.12. */
const suite = "trixie";

/** The path of the root with these packages beside the least that Debian needs. Only root can make it. */
export function debianRoot(name: string, packages: readonly string[]): string {
  const path = join(cache, name);
  if (existsSync(path)) return path;
  mkdirSync(cache, { recursive: true });
  const half = `${path}.half`;
  rmSync(half, { recursive: true, force: true });
  console.log(`Making the root ${name}…`);
  const include = packages.length > 0 ? [`--include=${packages.join(",")}`] : [];
  run(["debootstrap", "--variant=minbase", ...include, suite, half]);
  // What packages bring that nothing here reads.
  run(["chroot", half, "apt-get", "clean"]);
  for (const folder of ["doc", "man", "locale"])
    rmSync(join(half, "usr/share", folder), { recursive: true, force: true });
  renameSync(half, path);
  return path;
}

/** What it printed. Throws when it fails. */
export function run(command: string[], cwd = "/"): string {
  const { success, stdout, stderr } = Bun.spawnSync(command, {
    cwd,
    env: { ...process.env, PATH: systemPath, DEBIAN_FRONTEND: "noninteractive" },
    stdin: "ignore",
  });
  if (success) return stdout.toString();
  const printed = `${stdout.toString()}${stderr.toString()}`.trim().split("\n").slice(-20);
  throw new Error(`${command.join(" ")} failed:\n${printed.join("\n")}`);
}
