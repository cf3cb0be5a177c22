/** Files of /proc, whose processes may go while one reads. */
import { readFileSync, readdirSync } from "node:fs";

/** What the file says, or nothing when its process has gone: the usual way for a process to be dead. */
export function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return "";
  }
}

/** What the directory holds, or nothing when its process has gone, or is not ours to look into. */
export function listProc(path: string): string[] {
  try {
    return readdirSync(`/proc/${path}`);
  } catch {
    return [];
  }
}
