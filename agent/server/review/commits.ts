/** The commits that sessions have begun: one at a time in each, with its output, stopped like everything else. */
import { mkdirSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { CommitView } from "../../shared/protocol";
import { link } from "../abort";
import { newId } from "../id";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { checkNothingUnfinished, type CommitOptions, CommitSteps, StepError } from "./commit-steps";
import type { Compared } from "./compare-file";
import { findRepository, type Repository } from "./find-repository";
import { lookWithGit } from "./look-with-git";
import { changedSince } from "./put-back";
import { ReviewError } from "./review-error";
import { quote } from "../undo/git/git-path";

export interface CommitRequested {
  message: string;
  /** As they were shown. */
  files: { path: string; id: string }[];
  runHooks: boolean;
}

interface Place {
  id: string;
  cwd: string;
}

interface OpenCommit {
  view: CommitView;
  controller: AbortController;
  /** Never rejects. */
  settled: Promise<void>;
}

/** Of the files of the working tree that differ from HEAD. */
type ReadTree = (signal: AbortSignal) => Promise<Compared[]>;

const maxOutput = 100_000;
/** What is done once the commit has happened: a stop does not cut it. */
const finishMs = 30_000;

export class Commits {
  readonly #jobs: Jobs;
  readonly #home: string;
  readonly #bySession = new Map<string, OpenCommit>();
  /** Those whose files are still compared. */
  readonly #beginning = new Map<string, AbortController>();
  readonly #onChange: (cwd: string) => void;

  /** `home` is its own: what a server that was killed has left there is removed. */
  constructor(jobs: Jobs, home: string, onChange: (cwd: string) => void) {
    this.#jobs = jobs;
    this.#home = home;
    this.#onChange = onChange;
    rmSync(home, { recursive: true, force: true });
    mkdirSync(home, { recursive: true, mode: 0o700 });
  }

  /**
   * Resolves when it has begun: the files are what was shown. Throws ReviewError when they are not, or when it cannot be; as
   * `lookWithGit` does; or the signal's reason. Later the signal has no effect.
   */
  async begin(
    place: Place,
    requested: CommitRequested,
    readTree: ReadTree,
    signal: AbortSignal,
  ): Promise<CommitView> {
    const before = this.#bySession.get(place.id);
    if (this.#beginning.has(place.id) || (before && before.view.endedAt === undefined))
      throw new ReviewError(409, "commit-active", "A commit of this session runs already.");
    using linked = link(signal);
    const own = linked.controller.signal;
    this.#beginning.set(place.id, linked.controller);
    try {
      const names = checkShown(await readTree(own), requested);
      const repository = await findRepository(this.#jobs, place.cwd, own);
      if (typeof repository === "string") throw new ReviewError(409, "repository", repository);
      await checkNothingUnfinished(repository);
      if (!requested.runHooks) await this.#checkFilters(place.cwd, repository, names, own);
      own.throwIfAborted();
      return this.#begin(place, requested, repository, names, readTree);
    } finally {
      this.#beginning.delete(place.id);
    }
  }

  state(sessionId: string): CommitView | undefined {
    return this.#bySession.get(sessionId)?.view;
  }

  /** Resolves when nothing of it runs any more. */
  async stop(sessionId: string): Promise<CommitView | undefined> {
    this.#beginning.get(sessionId)?.abort(notBegun());
    const open = this.#bySession.get(sessionId);
    if (open === undefined) return undefined;
    if (open.view.state === "running") {
      open.view.state = "stopping";
      open.controller.abort(new Error("The commit was stopped"));
    }
    await open.settled;
    return open.view;
  }

  /** Resolves with the number of those that ran. */
  async stopAll(): Promise<number> {
    for (const controller of this.#beginning.values()) controller.abort(notBegun());
    const running = [...this.#bySession].filter(([, { view }]) => view.endedAt === undefined);
    await Promise.all(running.map(([sessionId]) => this.stop(sessionId)));
    return running.length;
  }

  forget(sessionId: string): void {
    this.#bySession.delete(sessionId);
  }

  #begin(
    { id: sessionId, cwd }: Place,
    { message, files, runHooks }: CommitRequested,
    repository: Repository,
    names: string[],
    readTree: ReadTree,
  ): CommitView {
    const controller = new AbortController();
    const paths = files.map(({ path }) => path);
    const view: CommitView = {
      id: newId(),
      state: "running",
      message,
      paths,
      runHooks,
      output: "",
      startedAt: Date.now(),
    };
    const onOutput = (text: string) => void (view.output = (view.output + text).slice(-maxOutput));
    const options = { sessionId, cwd, repository, names, message, runHooks, onOutput };
    const check = async (signal: AbortSignal) => void checkShown(await readTree(signal), { files });
    const settled = this.#run(view, options, check, controller.signal).finally(() => {
      view.endedAt = Date.now();
      this.#onChange(cwd);
    });
    this.#bySession.set(sessionId, { view, controller, settled });
    this.#onChange(cwd);
    return view;
  }

  /** Never rejects. */
  async #run(
    view: CommitView,
    options: Omit<CommitOptions, "folder">,
    checkAgain: (signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    let folder: string | undefined;
    try {
      folder = await mkdtemp(join(this.#home, "commit-"));
      const steps = new CommitSteps(this.#jobs, { ...options, folder });
      await steps.stage(signal);
      // What was staged is what was shown.
      await checkAgain(signal);
      const failure = await steps.commit(signal).catch((error: unknown) => ({ error }));
      const finish = AbortSignal.timeout(finishMs);
      const head = await steps.head(finish);
      // A hook after it may fail, and a stop may come late: it has happened all the same.
      if (failure && head === options.repository.head) throw failure.error;
      if (head !== undefined) Object.assign(view, { commit: head });
      await steps.updateIndex(finish);
      view.state = "done";
    } catch (error) {
      view.state = view.commit !== undefined ? "done" : signal.aborted ? "stopped" : "failed";
      if (view.state !== "stopped") view.error = wordsOf(error, view.commit !== undefined);
    } finally {
      if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(logLeft);
    }
  }

  /** Without its program a filter would store other bytes than the project means. */
  async #checkFilters(
    cwd: string,
    { programs: { filters } }: Repository,
    names: string[],
    signal: AbortSignal,
  ): Promise<void> {
    if (filters.size === 0) return;
    const stdin = names.map((name) => `${quote(name)}\n`).join("");
    const args = ["check-attr", "--stdin", "filter"];
    const output = await lookWithGit(this.#jobs, { cwd, args, stdin }, signal);
    for (const line of output.split("\n")) {
      const at = line.lastIndexOf(": filter: ");
      const filter = at === -1 ? undefined : filters.get(line.slice(at + ": filter: ".length));
      if (filter !== undefined)
        throw new ReviewError(
          409,
          "programs",
          `${line.slice(0, at)} is stored through a filter, which runs “${filter}”. Allow the programs, or leave the file out.`,
        );
    }
  }
}

function notBegun(): ReviewError {
  return new ReviewError(409, "failed", "The commit was stopped before it had begun.");
}

/** The names of the files, all of which are as they were shown. Throws ReviewError. */
export function checkShown(
  compared: Compared[],
  { files }: Pick<CommitRequested, "files">,
): string[] {
  return files.map(({ path, id }) => {
    const found = compared.find(({ file }) => file.path === path);
    if (found?.file.id !== id) throw changedSince();
    return found.name;
  });
}

function wordsOf(error: unknown, hasHappened: boolean): string {
  const words =
    error instanceof StepError || error instanceof ReviewError
      ? error.message
      : "An internal error; the server’s log says more.";
  if (!(error instanceof StepError || error instanceof ReviewError))
    log.error({ err: error }, "A commit has failed");
  return hasHappened
    ? `It was committed, but the index could not be updated: ${words} “git reset” does it.`
    : words;
}

function logLeft(err: unknown): void {
  log.warn({ err }, "The index of a commit could not be removed");
}
