/** Simulates a full disk: for one process by the size of its files, or by a small disk. */
import { afterAll } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Files may not grow past this many KiB: writing fails as on a full disk, until `prlimit --fsize` lifts the limit. */
export function limited(kibibytes: number): string[] {
  return ["bash", "-c", `trap '' XFSZ; ulimit -Sf ${kibibytes}; exec "$@"`, "limited"];
}

/**
 * The directory of a disk of this size, which is removed after the tests of the file; call it at the top level. `lack`
 * says, for a title, that there is none where mounting is not allowed.
 */
export function smallDisk(mebibytes: number): { small: string; lack: string } {
  const small = mkdtempSync(join(tmpdir(), "rein-small-"));
  const mount = ["mount", "-t", "tmpfs", "-o", `size=${mebibytes}m`, "none", small];
  const { success } = Bun.spawnSync(mount);
  afterAll(() => {
    if (success) Bun.spawnSync(["umount", "-l", small]);
    rmSync(small, { recursive: true, force: true });
  });
  return { small, lack: success ? "" : " (mounting is not allowed here)" };
}
