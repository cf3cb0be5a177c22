/** Simulates a full disk for one process: limits the size of its files. */

/** Files may not grow past this many KiB: writing fails as on a full disk, until `prlimit --fsize` lifts the limit. */
export function limited(kibibytes: number): string[] {
  return ["bash", "-c", `trap '' XFSZ; ulimit -Sf ${kibibytes}; exec "$@"`, "limited"];
}
