/** The first Rein that could be a node, from this repository's own history: what nodes are upgraded from. */
import { existsSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "./checks";

/** On main; its shared database has version 1. */
const commit = "9515755640319ad237d10a296678e6139a7a8a22";
const root = join(import.meta.dir, "../../..");

/** Ends the name of what cannot be checked: a copy without its history has no earlier version. */
export const lacksHistory =
  existsSync(join(root, ".git")) && git("cat-file", "-e", `${commit}^{commit}`).success
    ? ""
    : " (skipped: the history of the repository is not here, which has the first version)";

export interface FirstVersion extends Disposable {
  /** Starts a server of it. */
  program: string[];
}

/** Its source as it was, with the packages of today: those it needs are among them. */
export function firstVersion(): FirstVersion {
  const folder = join(tmpdir(), `rein-first-${process.pid}`);
  mkdirSync(folder);
  const archive = git("archive", "--format=tar", commit, "agent", "package.json", "bunfig.toml");
  must(archive.success, () => `git archive failed: ${archive.stderr.toString()}`);
  const unpacked = Bun.spawnSync(["tar", "-x", "-C", folder], { stdin: archive.stdout });
  must(unpacked.success, () => `tar failed: ${unpacked.stderr.toString()}`);
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return {
    program: [process.execPath, join(folder, "agent/server/index.ts")],
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function git(...words: string[]) {
  return Bun.spawnSync(["git", "-C", root, ...words]);
}
