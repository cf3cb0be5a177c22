/** The commits that sessions have begun: one at a time in each, with its output, stopped like everything else. */
import { mkdirSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../../shared/defined";
import type { CommitView } from "../../shared/protocol";
import { abortable, link } from "../abort";
import { newId } from "../id";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { committedSince, notBegun, wordsOf } from "./commit-failure";
import { type CommitRecord, writeRecord } from "./commit-record";
import { checkNothingUnfinished, type CommitOptions, CommitSteps, StepError } from "./commit-steps";
import type { Compared } from "./compare-file";
import { filteredFiles } from "./filtered-files";
import { findRepository, type Repository } from "./find-repository";
import { changedSince } from "./put-back";
import { recoverCommit } from "./recover-commit";
import { ReviewError } from "./review-error";
import type { Reviewed } from "./review-sides";
import { shown } from "../undo/git/git-path";

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
  gitDirectory: string;
  controller: AbortController;
  /** Never rejects. */
  settled: Promise<void>;
}

/** Of the working tree against HEAD. */
type ReadTree = (signal: AbortSignal) => Promise<Reviewed>;

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
  /** What a server that was killed had begun is told. Never rejects. */
  readonly #recovered: Promise<void>;

  /** `home` is its own. */
  constructor(jobs: Jobs, home: string, onChange: (cwd: string) => void) {
    this.#jobs = jobs;
    this.#home = home;
    this.#onChange = onChange;
    mkdirSync(home, { recursive: true, mode: 0o700 });
    const left = readdirSync(home).map((name) => join(home, name));
    // None of its processes runs any more.
    this.#recovered = jobs.swept
      .then(async () => {
        for (const folder of left) await this.#recover(folder);
      })
      .catch((err: unknown) => log.error({ err }, "A commit that was cut is not cleared up"));
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
      await abortable(this.#recovered, own);
      const names = checkShown((await readTree(own)).compared, requested);
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
    const { gitDirectory } = repository;
    for (const { view, gitDirectory: other } of this.#bySession.values())
      if (view.endedAt === undefined && other === gitDirectory)
        throw new ReviewError(409, "commit-active", "A commit in this repository runs already.");
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
    const check = async (signal: AbortSignal) => {
      const { compared, answer } = await readTree(signal);
      checkShown(compared, { files });
      if (answer.repository?.head !== repository.head) throw committedSince();
    };
    const settled = this.#run(view, options, check, controller.signal).finally(() => {
      view.endedAt = Date.now();
      this.#onChange(cwd);
    });
    this.#bySession.set(sessionId, { view, gitDirectory, controller, settled });
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
    // What this server has not found out when it ends, the next one does by what is in the folder.
    let isUnclear = false;
    try {
      folder = await mkdtemp(join(this.#home, "commit-"));
      const steps = new CommitSteps(this.#jobs, { ...options, folder });
      await steps.stage(signal);
      // What was staged is what was shown, on top of what was checked out then.
      await checkAgain(signal);
      writeRecord(folder, recordOf(view, options));
      isUnclear = true;
      const failure = await steps.commit(signal).catch((error: unknown) => ({ error }));
      const finish = AbortSignal.timeout(finishMs);
      // A stop may come late: it has happened all the same.
      const commit = await (failure ? steps.made(finish) : steps.head(finish));
      if (failure && commit === undefined) {
        isUnclear = false;
        throw failure.error;
      }
      if (commit !== undefined) Object.assign(view, { commit });
      await steps.updateIndex(finish);
      isUnclear = false;
      view.state = "done";
    } catch (error) {
      if (error instanceof StepError && !error.isKilled) isUnclear = false;
      view.state = view.commit !== undefined ? "done" : signal.aborted ? "stopped" : "failed";
      if (view.state !== "stopped") view.error = wordsOf(error, view.commit !== undefined);
    } finally {
      if (folder !== undefined && !isUnclear)
        await rm(folder, { recursive: true, force: true }).catch(logLeft);
    }
  }

  /** What cannot be found out now, for this server ends, is for the next one. Never rejects. */
  async #recover(folder: string): Promise<void> {
    const found = await recoverCommit(this.#jobs, folder).catch((err: unknown) => {
      log.error({ err, folder }, "Whether a commit has happened could not be found out");
      return "later" as const;
    });
    if (found === "later") return;
    if (found !== undefined) {
      const { record, view } = found;
      const { gitDirectory } = record.repository;
      const ended = { controller: new AbortController(), settled: Promise.resolve() };
      this.#bySession.set(record.sessionId, { view, gitDirectory, ...ended });
      this.#onChange(record.cwd);
    }
    await rm(folder, { recursive: true, force: true }).catch(logLeft);
  }

  /** Without its program a filter would store other bytes than the project means. */
  async #checkFilters(
    cwd: string,
    { programs }: Repository,
    names: string[],
    signal: AbortSignal,
  ): Promise<void> {
    const found = await filteredFiles(this.#jobs, { cwd, programs }, names, signal);
    for (const [name, filter] of found)
      throw new ReviewError(
        409,
        "programs",
        `“${shown(name)}” is stored through a filter, which runs “${filter}”. Allow the programs, or leave the file out.`,
      );
  }
}

function recordOf(
  { message, paths, runHooks, startedAt }: CommitView,
  { sessionId, cwd, names, repository }: Omit<CommitOptions, "folder">,
): CommitRecord {
  const { head, tree, gitDirectory, prefix } = repository;
  const about = { ...defined({ head }), tree, gitDirectory, prefix };
  return { sessionId, cwd, names, message, paths, runHooks, startedAt, repository: about };
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

function logLeft(err: unknown): void {
  log.warn({ err }, "The index of a commit could not be removed");
}
