/** Files of /proc, which vanish with their process. */
import { readFileSync, readdirSync } from "node:fs";

/** The file's text; empty when its process has gone. */
export function readProc(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return "";
  }
}

/** The directory's entries; none when its process has gone, or belongs to another user. */
export function listProc(path: string): string[] {
  try {
    return readdirSync(`/proc/${path}`);
  } catch {
    return [];
  }
}
