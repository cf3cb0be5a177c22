/** The permission bits that are worth to be kept: git keeps only whether a file can be executed. */
import type { Stats } from "node:fs";

/** Whether the permission bits differ from those that a new file would get. */
export function isUnusual(stats: Stats): boolean {
  return stats.isFile() && (stats.mode & 0o7777) !== usualMode((stats.mode & 0o100) !== 0);
}

export function usualMode(isExecutable: boolean): number {
  return (isExecutable ? 0o777 : 0o666) & ~umask;
}

const umask = process.umask();
