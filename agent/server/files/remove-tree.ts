/** Removes a directory with all that is in it, whatever its modes are. */
import { chmod, opendir, rm } from "node:fs/promises";
import { errorCode } from "../../shared/error-code";
import { neverAborts } from "../abort";
import { Directory } from "./directory";

/** Each open level holds a descriptor. */
const maxDepth = 100;

/**
 * Also one with directories that cannot be written, as the module cache of Go has them. Follows no link: one in its place is
 * itself removed. Without effect where there is nothing. Rejects with a system error; what could be removed is gone then.
 */
export async function removeTree(path: string): Promise<void> {
  const remove = () => rm(path, { recursive: true, force: true });
  try {
    await remove();
  } catch (error) {
    if (errorCode(error) !== "EACCES") throw error;
    using directory = await Directory.open(path, neverAborts);
    await makeWritable(directory, 0);
    await remove();
  }
}

async function makeWritable(directory: Directory, depth: number): Promise<void> {
  await chmod(directory.at(""), 0o700);
  if (depth === maxDepth) return;
  for await (const entry of await opendir(directory.at(""))) {
    if (!entry.isDirectory()) continue;
    using inner = await directory.directory(entry.name, neverAborts);
    await makeWritable(inner, depth + 1);
  }
}
