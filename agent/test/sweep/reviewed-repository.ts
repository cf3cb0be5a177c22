/** The repository of the sweep of commits: what is to be committed, what is not, and what is left of it. */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gitIn } from "../git-in";

export const committed = ["a.txt", "gone.txt", "new.txt"];
/** As `git status` says it. */
export const asItWas = " M a.txt\n M b.txt\n D gone.txt\nA  staged.txt\n?? new.txt\n";
const asCommitted = " M b.txt\nA  staged.txt\n";
const now = { "a.txt": "A\n", "b.txt": "B\n", "new.txt": "new\n", "staged.txt": "staged\n" };

/** Each of its hooks runs `gate`. */
export function reviewedRepository(cwd: string, gate: string): void {
  mkdirSync(cwd);
  const git = gitIn(cwd);
  git("init", "-q", "-b", "main");
  git("config", "user.name", "Ada");
  git("config", "user.email", "ada@example.org");
  const write = (files: Record<string, string>) => {
    for (const [name, content] of Object.entries(files)) writeFileSync(join(cwd, name), content);
  };
  write({ "a.txt": "a\n", "b.txt": "b\n", "gone.txt": "bye\n" });
  git("add", "-A");
  git("commit", "-q", "-m", "First");
  write(now);
  rmSync(join(cwd, "gone.txt"));
  git("add", "staged.txt");
  mkdirSync(join(cwd, ".git/hooks"), { recursive: true });
  for (const name of ["pre-commit", "prepare-commit-msg", "commit-msg", "post-commit"])
    symlinkSync(gate, join(cwd, ".git/hooks", name));
}

export interface Left {
  /** Of the second commit; undefined: there is none. */
  head: string | undefined;
  status: string;
  /** As sentences. */
  wrong: string[];
}

/** Looks with git at what is there when nothing runs any more. */
export function left(cwd: string): Left {
  const git = gitIn(cwd);
  const wrong = readdirSync(join(cwd, ".git"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".lock"))
    .map((name) => `a lock is left: ${name}`);
  const status = git("status", "--porcelain");
  const has = git("log", "--format=%s") === "Second\nFirst\n";
  if (status !== (has ? asCommitted : asItWas)) wrong.push(`the index is wrong: ${status}`);
  const named = has
    ? git("show", "--name-only", "--format=", "HEAD").trim().split("\n")
    : committed;
  if (!Bun.deepEquals(named, committed)) wrong.push(`the commit has ${named.join(", ")}`);
  const isChanged =
    existsSync(join(cwd, "gone.txt")) ||
    Object.entries(now).some(([name, text]) => readFileSync(join(cwd, name), "utf8") !== text);
  if (isChanged) wrong.push("a file was changed");
  return { head: has ? git("rev-parse", "HEAD").trim() : undefined, status, wrong };
}
