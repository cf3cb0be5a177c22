/** Where a backup can be written: a new file, or one that it may replace; not into the data that it is of. */
import { lstatSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { errorCode } from "../shared/error-code";
import { isWithin } from "../shared/rules";
import { UsageError } from "./command";

/** The path without links; where there is a link, that of the file it leads to. Throws UsageError with what to do instead. */
export function backupPlace(path: string, dataDir: string): string {
  const directory = existing(dirname(path));
  if (directory === undefined)
    throw new UsageError(`There is no directory ${dirname(path)}. Make it, or choose another.`);
  const place = existing(path) ?? join(directory, basename(path));
  if (isWithin(place, existing(dataDir) ?? dataDir))
    throw new UsageError(
      `${path} is in the data directory, and would go with it. Choose another place.`,
    );
  const there = lstatSync(place, { throwIfNoEntry: false });
  if (there?.isSymbolicLink())
    throw new UsageError(
      `${path} is a link that leads nowhere. Remove it, or choose another name.`,
    );
  if (there?.isDirectory()) throw new UsageError(`${path} is a directory. Name a file in it.`);
  if (there !== undefined && !there.isFile())
    throw new UsageError(
      `${path} is no file that can be replaced. To write to a device or a pipe: rein backup - > ${path}`,
    );
  return place;
}

function existing(path: string): string | undefined {
  try {
    statSync(path);
    return realpathSync(path);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
