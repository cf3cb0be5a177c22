/** The permission bits that a snapshot records itself: git records only whether a file is executable. */
import type { Stats } from "node:fs";

/** Whether the permission bits differ from those that a new file would get. */
export function isUnusual(stats: Stats): boolean {
  return stats.isFile() && (stats.mode & 0o7777) !== usualMode((stats.mode & 0o100) !== 0);
}

export function usualMode(isExecutable: boolean): number {
  return (isExecutable ? 0o777 : 0o666) & ~umask;
}

const umask = process.umask();
