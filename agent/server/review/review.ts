/** What a person reviews in a session's directory: read, put back hunk by hunk, and taken back again. */
import type {
  CommitView,
  ReviewAnswer,
  ReviewFile,
  ReviewOf,
  RevertAnswer,
  TextAnswer,
  TreeAnswer,
} from "../../shared/protocol";
import { Directory } from "../files/directory";
import type { Jobs } from "../processes/jobs";
import { shown } from "../undo/git/git-path";
import type { Undo } from "../undo/undo";
import { type Compared, digestOf, withoutHunk } from "./compare-file";
import { checkShown, type CommitRequested, Commits } from "./commits";
import { readSide, type Side } from "./file-side";
import { readTextOf } from "./file-text";
import { changedSince, putBack } from "./put-back";
import { ReviewError } from "./review-error";
import { type Reviewed, reviewSides } from "./review-sides";
import { Reverts } from "./reverts";
import { readSessionSides } from "./session-changes";
import { type FoundSides, readTreeSides } from "./tree-changes";
import { readLevel } from "./tree-level";

export interface ReviewedSession {
  id: string;
  /** Absolute and without links. */
  cwd: string;
  /** The runs of the session, oldest first. */
  runIds: string[];
  /** Whether a file, by its path in the directory, is not to be read. */
  isHidden: (path: string) => boolean;
}

export class Review {
  readonly #jobs: Jobs;
  readonly #undo: Undo;
  readonly #reverts = new Reverts();
  readonly commits: Commits;

  /** `home` is its own. `onCommit` is called when a commit in a directory has begun, and when it has ended. */
  constructor(jobs: Jobs, undo: Undo, home: string, onCommit: (cwd: string) => void) {
    this.#jobs = jobs;
    this.#undo = undo;
    this.commits = new Commits(jobs, home, onCommit);
  }

  level(cwd: string, path: string, signal: AbortSignal): Promise<TreeAnswer> {
    return readLevel(this.#jobs, cwd, path, signal);
  }

  text(cwd: string, path: string, signal: AbortSignal): Promise<TextAnswer> {
    return readTextOf(cwd, path, signal);
  }

  /** Runs nothing of the directory. Throws LookError, a system error, or the signal's reason. */
  async read(of: ReviewOf, session: ReviewedSession, signal: AbortSignal): Promise<ReviewAnswer> {
    return (await this.#read(of, session, signal)).answer;
  }

  /** Of the files of the working tree as they were shown. Throws as `Commits.begin` does. */
  beginCommit(
    session: ReviewedSession,
    requested: CommitRequested,
    signal: AbortSignal,
  ): Promise<CommitView> {
    const readTree = (own: AbortSignal) => this.#read("tree", session, own);
    return this.commits.begin(session, requested, readTree, signal);
  }

  /** Of the working tree the named files, as they were shown. Throws ReviewError when they are not. */
  async shownFiles(
    session: ReviewedSession,
    files: CommitRequested["files"],
    signal: AbortSignal,
  ): Promise<ReviewFile[]> {
    const { compared } = await this.#read("tree", session, signal);
    checkShown(compared, { files });
    const paths = new Set(files.map(({ path }) => path));
    return compared.flatMap(({ file }) => (paths.has(file.path) ? [file] : []));
  }

  /**
   * Puts a hunk or a whole file back as it was, by its id. Throws ReviewError when it is not what is there now, UndoError
   * while a run writes there, or as `read` does; then nothing has changed.
   */
  revert(
    session: ReviewedSession,
    { of, path, id }: { of: ReviewOf; path: string; id: string },
    signal: AbortSignal,
  ): Promise<RevertAnswer> {
    const { cwd, id: sessionId } = session;
    return this.#undo.changeFiles(cwd, async () => {
      const { compared } = await this.#read(of, session, signal);
      const one = compared.find(({ file }) => file.path === path);
      if (one === undefined) throw changedSince();
      const { name, now } = one;
      await putBack(cwd, name, now, wantedOf(one, id), signal);
      // Its effect has happened: what is left there is read whatever becomes of the request.
      const left = digestOf(await this.#now(cwd, name, AbortSignal.timeout(5000)));
      const was = { ...now, ...modeOf(now.fullMode) };
      const undo = this.#reverts.keep({ sessionId, cwd, name, was, left });
      return { answer: { path, undo }, names: [name] };
    });
  }

  /** Takes a revert back by its token. Throws as `revert` does; then it can be tried again. */
  async takeBack(
    sessionId: string,
    token: string,
    signal: AbortSignal,
  ): Promise<{ cwd: string; path: string }> {
    const reverted = this.#reverts.take(token, sessionId);
    if (reverted === undefined)
      throw new ReviewError(
        404,
        "no-record",
        "There is nothing to take back: it was taken back already, or the server has ended since.",
      );
    const { cwd, name, was, left } = reverted;
    try {
      return await this.#undo.changeFiles(cwd, async () => {
        const now = await this.#now(cwd, name, signal);
        if (digestOf(now) !== left) throw changedSince();
        await putBack(cwd, name, now, was, signal);
        return { answer: { cwd, path: shown(name) }, names: [name] };
      });
    } catch (error) {
      this.#reverts.giveBack(token, reverted);
      throw error;
    }
  }

  async #now(cwd: string, name: string, signal: AbortSignal): Promise<Side> {
    using root = await Directory.open(cwd, signal);
    return readSide(root, name, signal);
  }

  async #read(
    of: ReviewOf,
    { cwd, runIds, isHidden }: ReviewedSession,
    signal: AbortSignal,
  ): Promise<Reviewed> {
    const found =
      of === "tree"
        ? await readTreeSides(this.#jobs, cwd, signal)
        : await readSessionSides(this.#jobs, cwd, this.#undo.firstStates(cwd, runIds), signal);
    return reviewSides(of, cwd, withoutHidden(found, isHidden), signal);
  }
}

function withoutHidden(found: FoundSides, isHidden: ReviewedSession["isHidden"]): FoundSides {
  const sides = found.sides.filter(({ name }) => !isHidden(shown(name)));
  const count = found.sides.length - sides.length;
  if (count === 0) return found;
  const words = count === 1 ? "One file is" : `${count} files are`;
  const why = `${words} not shown: a rule of this project denies it, or it is Rein’s own data.`;
  return { ...found, sides, unseen: [...found.unseen, why] };
}

/** What is to be there: the file as it was, or without a hunk. Throws ReviewError when neither is what was shown. */
function wantedOf(
  { file, before, now }: Compared,
  id: string,
): Pick<Side, "kind" | "bytes" | "mode"> {
  if (file.id === id) {
    if (!file.canRevert)
      throw new ReviewError(409, "failed", `“${file.path}” cannot be put back here.`);
    return { ...before, ...modeOf(writtenMode(before, now)) };
  }
  const hunk = file.hunks.find((one) => one.id === id);
  const text = hunk && withoutHunk(now.bytes?.toString("utf8") ?? "", hunk);
  if (text === undefined) throw changedSince();
  // All of a new file is one hunk.
  if (text === "" && before.kind === "none") return { kind: "none" };
  return { kind: "file", bytes: Buffer.from(text), ...modeOf(now.fullMode ?? before.mode) };
}

/** Where only the right to execute is recorded, the other bits stay. */
function writtenMode(before: Side, { mode, fullMode }: Side): number | undefined {
  if (before.mode === undefined || fullMode === undefined || mode === fullMode) return before.mode;
  if (before.mode === mode) return fullMode;
  return before.mode & 0o100 ? fullMode | 0o111 : fullMode & ~0o111;
}

function modeOf(mode: number | undefined): { mode?: number } {
  return mode === undefined ? {} : { mode };
}
