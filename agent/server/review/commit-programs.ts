/** What a commit in a repository runs besides git itself: found in its files, without running any of it. */
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { abortable } from "../abort";
import type { Jobs } from "../processes/jobs";
import { lookWithGit, quietEnvironment } from "./look-with-git";

/** By githooks(5), in the order in which a commit runs them. */
const hooks = [
  "pre-commit",
  "prepare-commit-msg",
  "commit-msg",
  "reference-transaction",
  "post-commit",
  "post-index-change",
];

/** Of the hooks their paths, of filters and the signature their programs. Throws as `lookWithGit` does. */
export async function programsOf(jobs: Jobs, cwd: string, signal: AbortSignal): Promise<string[]> {
  const pattern = String.raw`^(core\.hookspath|filter\..*\.(clean|process)|commit\.gpgsign|gpg\..*program)$`;
  const [directory, output] = await Promise.all([
    lookWithGit(jobs, { cwd, args: ["rev-parse", "--git-common-dir", "--show-toplevel"] }, signal),
    lookWithGit(
      jobs,
      {
        cwd,
        args: ["config", "--null", "--get-regexp", pattern],
        allowed: [1],
        env: quietEnvironment,
      },
      signal,
    ),
  ]);
  const [common = "", root = ""] = directory.split("\n");
  const values = new Map<string, string>();
  for (const entry of output.split("\0")) {
    const at = entry.indexOf("\n");
    const name = at === -1 ? entry : entry.slice(0, at);
    // This one is Rein's own, on the command line.
    if (at !== -1 && !(name === "core.hookspath" && entry.endsWith("\n/dev/null")))
      values.set(name, entry.slice(at + 1));
  }
  const own = values.get("core.hookspath");
  const folder = own === undefined ? resolve(cwd, common, "hooks") : resolve(root, own);
  const found = await abortable(Promise.all(hooks.map((name) => executable(folder, name))), signal);
  const filters = [...values].filter(([name, value]) => /^filter\./.test(name) && value !== "");
  const isSigned = /^(true|yes|on|1)$/i.test(values.get("commit.gpgsign") ?? "");
  const signer = [...values].find(([name]) => name.startsWith("gpg."))?.[1] ?? "gpg";
  return [
    ...found.filter((path) => path !== undefined),
    ...filters.map(([, program]) => program),
    ...(isSigned ? [signer] : []),
  ];
}

async function executable(folder: string, name: string): Promise<string | undefined> {
  const path = join(folder, name);
  return access(path, constants.X_OK).then(
    () => path,
    () => undefined,
  );
}
