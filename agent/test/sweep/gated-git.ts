/** A `git` that holds at one of its calls, before or after it, until it is let go: a moment of whatever calls it. */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../within";

export interface GatedGit {
  /** A PATH for the server, with nothing that confines a look. */
  path: string;
  /** A program for hooks: a moment, too. */
  gate: string;
  /** Counts anew, and holds at this moment, from one. */
  arm(at: number): void;
  /** How many moments there were. */
  count(): number;
  /** Resolves when it is held there; false: what called it has ended before. */
  held(ended: Promise<unknown>): Promise<boolean>;
  letGo(): void;
}

const names = ["bash", "sh", "base64", "cc", "sleep"];

/** In a directory of its own. */
export function gatedGit(directory: string): GatedGit {
  const [bin, moments] = [join(directory, "bin"), join(directory, "moments")];
  mkdirSync(bin, { recursive: true });
  mkdirSync(moments);
  for (const name of names) symlinkSync(Bun.which(name)!, join(bin, name));
  const gate = join(bin, "gate");
  const [heldAt, go] = [join(directory, "held"), join(directory, "go")];
  // By what the shell does itself: there are many calls, some at the same time, and each makes a file of its own.
  const hold = `hold() {
  n=1
  set -C
  while ! true > "${moments}/$n"; do n=$((n+1)); done 2>/dev/null
  set +C
  read -r at < "${directory}/at"
  [ "$n" = "$at" ] || return 0
  : > "${heldAt}"
  while ! [ -e "${go}" ]; do sleep 0.02; done
}`;
  const write = (path: string, script: string) =>
    writeFileSync(path, `#!${Bun.which("sh")}\n${hold}\n${script}\n`, { mode: 0o755 });
  write(gate, "hold");
  const git = Bun.which("git")!;
  write(join(bin, "git"), `hold\n"${git}" "$@"\ncode=$?\nhold\nexit $code`);
  return {
    path: bin,
    gate,
    arm(at) {
      for (const path of [heldAt, go]) rmSync(path, { force: true });
      writeFileSync(join(directory, "at"), `${at}\n`);
      rmSync(moments, { recursive: true });
      mkdirSync(moments);
    },
    count: () => readdirSync(moments).length,
    async held(ended) {
      let isOver = false;
      void ended.finally(() => (isOver = true));
      await until(() => isOver || existsSync(heldAt), "the moment, or the end");
      return existsSync(heldAt);
    },
    letGo: () => writeFileSync(go, ""),
  };
}
