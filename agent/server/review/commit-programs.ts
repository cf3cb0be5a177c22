/** What a commit in a repository runs besides git itself: found in its files, without running any of it. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { abortable } from "../abort";
import type { Jobs } from "../processes/jobs";
import { lookWithGit } from "./look-with-git";

export interface Programs {
  /** The paths of hooks. */
  hooks: string[];
  /** By the name of a filter, what it runs. */
  filters: Map<string, string>;
  signer: string | undefined;
}

/** By githooks(5), in the order in which a commit runs them. */
const hookNames = [
  "pre-commit",
  "prepare-commit-msg",
  "commit-msg",
  "reference-transaction",
  "post-commit",
  "post-index-change",
];

const wanted = String.raw`^(core\.hookspath|filter\..*\.(clean|process)|commit\.gpgsign|gpg\..*program)$`;

/** `common` and `root`: the git directory and the top of the working tree. Throws as `lookWithGit` does. */
export async function findPrograms(
  jobs: Jobs,
  cwd: string,
  { common, root }: { common: string; root: string },
  signal: AbortSignal,
): Promise<Programs> {
  const args = ["config", "--null", "--get-regexp", wanted];
  const output = await lookWithGit(jobs, { cwd, args, allowed: [1] }, signal);
  const filters = new Map<string, string>();
  let [folder, isSigned, signer] = [resolve(cwd, common, "hooks"), false, "gpg"];
  for (const entry of output.split("\0")) {
    const at = entry.indexOf("\n");
    const [name, value] = at === -1 ? [entry, "true"] : [entry.slice(0, at), entry.slice(at + 1)];
    const filter = /^filter\.([^]*)\.(?:clean|process)$/.exec(name)?.[1];
    if (filter !== undefined && value !== "") filters.set(filter, value);
    // The last one is Rein's own, on the command line.
    if (name === "core.hookspath" && value !== "/dev/null") folder = resolve(root, value);
    if (name === "commit.gpgsign") isSigned = /^(true|yes|on|1)$/i.test(value);
    if (name.startsWith("gpg.")) signer = value;
  }
  const found = hookNames.map((name) => executable(folder, name));
  const hooks = (await abortable(Promise.all(found), signal)).filter((path) => path !== undefined);
  return { hooks, filters, signer: isSigned ? signer : undefined };
}

export function namesOf({ hooks, filters, signer }: Programs): string[] {
  return [...hooks, ...filters.values(), ...(signer === undefined ? [] : [signer])];
}

async function executable(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );
}
