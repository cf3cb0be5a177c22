/** Files of /proc and of cgroups, which vanish with their process. A look that fails for another reason is never an empty answer. */
import { readFileSync, readdirSync } from "node:fs";
import { errorCode } from "../../../shared/error-code";
import { restoreLimits } from "../linux/libc";

/** The file's text; empty when its process has gone, or belongs to another user. Throws when the system lets nothing be read. */
export function readProc(path: string): string {
  return look(() => readFileSync(`/proc/${path}`, "utf8"), "");
}

/** The directory's entries; none when its process has gone, or belongs to another user. Throws as `readProc` does. */
export function listProc(path: string): string[] {
  return look(() => readdirSync(`/proc/${path}`), []);
}

/** The file's text; empty when its cgroup has gone, or lists no processes (a threaded one). Throws as `readProc` does. */
export function readCgroup(path: string): string {
  return look(() => readFileSync(path, "utf8"), "");
}

/**
 * What a vanished process and one of another user give; EINVAL comes from the network tables of a dead one, ENODEV from a
 * removed cgroup, ENOTSUP from a threaded one.
 */
const absent = new Set(["ENOENT", "ESRCH", "EACCES", "EPERM", "EINVAL", "ENODEV", "ENOTSUP"]);

/** A job may have lowered the limits of this process (prlimit), so that it can open nothing: they are restored once. */
function look<T>(read: () => T, none: T): T {
  for (let isSecond = false; ; isSecond = true)
    try {
      return read();
    } catch (error) {
      if (absent.has(errorCode(error) ?? "")) return none;
      if (isSecond) throw error;
      restoreLimits();
    }
}
