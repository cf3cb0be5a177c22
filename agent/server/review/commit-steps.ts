/** The git commands of a commit: the named files alone, from an index of its own, so that a cut one leaves the repository as it was. */
import { copyFile, lstat, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../shared/error-code";
import { wait } from "../abort";
import type { Jobs } from "../processes/jobs";
import { type Name, quote, unquote } from "../undo/git/git-path";
import type { Repository } from "./find-repository";
import { asVariables, withoutFilters } from "./git-variables";
import { ReviewError } from "./review-error";

export interface CommitOptions {
  sessionId: string;
  cwd: string;
  repository: Omit<Repository, "branch">;
  names: Name[];
  message: string;
  /** Otherwise no program of the repository runs: neither a hook nor a filter nor what signs. */
  runHooks: boolean;
  /** A folder of its own, which is removed afterwards. */
  folder: string;
  onOutput: (text: string) => void;
}

/** A step of git has failed; the message is what it said. */
export class StepError extends Error {
  override readonly name = "StepError";

  /** `isKilled`: what it would have said is not known. */
  constructor(
    message: string,
    readonly isKilled = false,
  ) {
    super(message);
  }
}

/** Hooks may take their time. */
const timeoutMs = 30 * 60_000;
/** Another git process holds the index for a moment. */
const maxTries = 50;
const betweenMs = 200;

export class CommitSteps {
  readonly #jobs: Jobs;
  readonly #options: CommitOptions;
  readonly #index: string;

  constructor(jobs: Jobs, options: CommitOptions) {
    this.#jobs = jobs;
    this.#options = options;
    this.#index = join(options.folder, "index");
  }

  /** Puts the files, as they are now, into an index that has else what HEAD has. Throws as `#run` does. */
  async stage(signal: AbortSignal): Promise<void> {
    const { repository, names } = this.#options;
    try {
      // With the times of files, so that what has not changed is not read; and with its own, rounded down, by which git
      // knows which of them it must not trust.
      const index = join(repository.gitDirectory, "index");
      const { mtimeMs } = await stat(index);
      await copyFile(index, this.#index);
      const seconds = Math.floor(mtimeMs / 1000);
      await utimes(this.#index, seconds, seconds);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
    }
    const from = repository.head === undefined ? ["--empty"] : ["-m", repository.head];
    await this.#run(["read-tree", ...from], { index: this.#index }, signal);
    const stdin = names.map((name) => `${quote(name)}\n`).join("");
    const args = ["update-index", "--add", "--remove", "--replace", "--stdin"];
    await this.#run(args, { index: this.#index, stdin }, signal);
  }

  /** Makes the commit, with its hooks where they may run. Throws as `#run` does. */
  async commit(signal: AbortSignal): Promise<void> {
    const { message, runHooks, onOutput } = this.#options;
    const args = ["commit", "--quiet", "--cleanup=whitespace", "--file=-"];
    const own = runHooks ? [] : ["--no-gpg-sign"];
    const options = { index: this.#index, stdin: message, withHooks: runHooks, onOutput };
    await this.#run([...args, ...own], options, signal);
  }

  /** Of what is checked out now; undefined before the first commit. */
  async head(signal: AbortSignal): Promise<string | undefined> {
    const args = ["rev-parse", "-q", "--verify", "HEAD^{commit}"];
    return (await this.#run(args, { allowed: [1] }, signal)).trim() || undefined;
  }

  /**
   * The commit that it has made, though git was cut: what is checked out now has what was staged, on top of what was checked
   * out before. Undefined: none.
   */
  async made(signal: AbortSignal): Promise<string | undefined> {
    const { head } = this.#options.repository;
    const now = await this.head(signal);
    if (now === undefined || now === head) return undefined;
    const index = { index: this.#index };
    const tree = await this.#run(["write-tree", "--missing-ok"], index, signal);
    const found = await this.#run(["rev-parse", `${now}^{tree}`, `${now}^@`], {}, signal);
    const expected = [tree.trim(), ...(head === undefined ? [] : [head])];
    return found.trim() === expected.join("\n") ? now : undefined;
  }

  /** What was committed stands in the repository's own index, too: nothing else of that changes. */
  async updateIndex(signal: AbortSignal): Promise<void> {
    const { names, repository } = this.#options;
    const args = ["ls-files", "--stage", "--full-name", "--", "."];
    const staged = new Map(
      (await this.#run(args, { index: this.#index }, signal)).split("\n").map((line) => {
        const [facts = "", name = ""] = line.split("\t");
        return [unquote(name), facts];
      }),
    );
    const none = `0 ${"0".repeat(repository.tree.length)}`;
    const stdin = names
      .map((name) => `${repository.prefix}${name}`)
      .map((name) => {
        return `${staged.get(name) ?? none}\t${quote(name)}\n`;
      })
      .join("");
    const update = () => this.#run(["update-index", "--index-info"], { stdin }, signal);
    for (let tries = 1; ; tries++)
      try {
        return void (await update());
      } catch (error) {
        if (!(error instanceof StepError) || !error.message.includes("index.lock")) throw error;
        if (tries === maxTries) throw error;
        await wait(betweenMs, signal);
      }
  }

  /** Resolves with the standard output. Throws StepError, or the signal's reason. */
  async #run(
    args: string[],
    options: {
      index?: string;
      stdin?: string;
      withHooks?: boolean;
      allowed?: number[];
      onOutput?: (text: string) => void;
    },
    signal: AbortSignal,
  ): Promise<string> {
    const { cwd, sessionId, runHooks, repository } = this.#options;
    const { index, stdin, withHooks, allowed = [], onOutput } = options;
    const filters = runHooks ? [] : repository.programs.filters.keys();
    let [output, errors] = ["", ""];
    const end = await this.#jobs.run(
      {
        command: ["git", "--no-pager", ...args],
        title: "git commit",
        cwd,
        env: {
          GIT_EDITOR: ":",
          GIT_TERMINAL_PROMPT: "0",
          GIT_LITERAL_PATHSPECS: "1",
          GIT_NO_REPLACE_OBJECTS: "1",
          // What a partial clone lacks would be fetched by programs that the repository names.
          ...(!withHooks && { GIT_NO_LAZY_FETCH: "1", GIT_ALLOW_PROTOCOL: "" }),
          ...(index !== undefined && { GIT_INDEX_FILE: index }),
          ...asVariables([
            ["core.fsmonitor", "false"],
            ["core.quotePath", "true"],
            ["gc.auto", "0"],
            ["maintenance.auto", "false"],
            ...(withHooks ? [] : [["core.hooksPath", "/dev/null"] as const]),
            ...withoutFilters(filters),
          ]),
        },
        environment: ["SSH_AUTH_SOCK", "GNUPGHOME", "GIT_AUTHOR_*", "GIT_COMMITTER_*"],
        ...(stdin !== undefined && { stdin }),
        owner: { sessionId },
        // A person commits, and not a model.
        unconfined: true,
        timeoutMs,
        onOutput(text, stream) {
          onOutput?.(text);
          if (stream === "stderr") errors = (errors + text).slice(-4000);
          else output += text;
        },
      },
      signal,
    );
    signal.throwIfAborted();
    if (end.timedOut) throw new StepError("It took longer than 30 minutes.");
    if (end.exitCode === null) throw new StepError(`git ${args[0]} was killed.`, true);
    if (end.exitCode !== 0 && !allowed.includes(end.exitCode))
      throw new StepError(errors.trim() || `git ${args[0]} ended with ${end.exitCode}.`);
    return output;
  }
}

const unfinished = [
  "MERGE_HEAD",
  "CHERRY_PICK_HEAD",
  "REVERT_HEAD",
  "rebase-merge",
  "rebase-apply",
];

/** A commit then would end what was begun, or could not write the index. Throws ReviewError. */
export async function checkNothingUnfinished({ gitDirectory }: Repository): Promise<void> {
  const isThere = (name: string) =>
    lstat(join(gitDirectory, name)).then(
      () => true,
      () => false,
    );
  for (const name of unfinished)
    if (await isThere(name))
      throw new ReviewError(
        409,
        "repository",
        "The repository is in the middle of a merge or a rebase. End that first, with git itself.",
      );
  if (await isThere("index.lock"))
    throw new ReviewError(
      409,
      "repository",
      `Another git process writes the index of the repository. Try again when it has ended; if none runs, remove “${join(gitDirectory, "index.lock")}”.`,
    );
}
