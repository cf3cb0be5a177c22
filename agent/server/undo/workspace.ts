/** One directory in which runs work: its snapshots, and one operation at a time. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Jobs } from "../processes/jobs";
import { link } from "../abort";
import { Git, type GitPlace, makeGitDirectory, objectEnvironment, objectPlace } from "./git/git";
import { type Name, shown } from "./git/git-path";
import { Snapshots } from "./git/snapshot";
import { isWithin } from "../../shared/rules";

/** Excluded from snapshots whatever the project's ignore rules say: tools generate them in great numbers. */
const generated = ["node_modules", ".venv", "__pycache__", ".DS_Store"];

/** A snapshot goes on when its run no longer waits, so that the next one is fast; but no longer than this. */
const snapshotTimeoutMs = 120_000;

/** A snapshot was given up; the message is for people. */
export class SnapshotTimeoutError extends Error {
  override readonly name = "TookTooLong";

  constructor() {
    super(
      `Recording the working directory took longer than ${snapshotTimeoutMs / 1000} s, so its changes are not recorded.`,
    );
  }
}

export class Workspace {
  readonly directory: string;
  readonly home: string;
  readonly git: Git;
  readonly snapshots: Snapshots;
  readonly #gitDirectory: string;
  readonly #closing: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();
  #made = false;

  /**
   * `isWorkFolder` says of a name whether an undo has its files in a folder of it now: that is not recorded either.
   * `directory` is absolute and real; `home` holds the git directories of all workspaces, and is never recorded.
   * `closing` aborts when the server shuts down.
   */
  constructor(
    directory: string,
    home: string,
    dataDir: string,
    jobs: Jobs,
    isWorkFolder: (name: string) => boolean,
    closing: AbortSignal,
  ) {
    this.directory = directory;
    this.home = home;
    this.#closing = closing;
    this.#gitDirectory = gitDirectoryOf(directory, home);
    this.git = new Git(jobs, { sessionId: "undo" });
    const excludes = generated.map((name) => `${name}/`).join("\n");
    const isOurs = (name: Name): boolean =>
      isWorkFolder(name.slice(name.lastIndexOf("/") + 1)) ||
      isWithin(`${directory}/${shown(name)}`, dataDir);
    this.snapshots = new Snapshots(this.git, this.#gitDirectory, { directory, excludes, isOurs });
  }

  /** For git commands that read only objects. */
  get place(): GitPlace {
    return objectPlace(this.#gitDirectory);
  }

  /** For others that read its objects. */
  get objects(): { cwd: string; env: Record<string, string> } {
    return objectEnvironment(this.#gitDirectory);
  }

  /** Runs this after everything that was asked for before, however that ended. */
  async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(async () => {
      if (!this.#made) await makeGitDirectory(this.#gitDirectory);
      this.#made = true;
      return work();
    });
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  /** The same for work that no person waits for: it aborts when the server shuts down, and throws SnapshotTimeoutError after two minutes. */
  snapshotInTurn<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    return this.inTurn(async () => {
      using linked = link(this.#closing);
      const { controller } = linked;
      const timer = setTimeout(
        () => controller.abort(new SnapshotTimeoutError()),
        snapshotTimeoutMs,
      );
      try {
        return await work(controller.signal);
      } finally {
        clearTimeout(timer);
      }
    });
  }

  /** Resolves when everything that was asked for by now has ended. Never rejects. */
  async idle(): Promise<void> {
    await this.#last;
  }

  /** The server shuts down: what is not known now is for the next server to find out. */
  get isClosing(): boolean {
    return this.#closing.aborted;
  }
}

/** Removes all snapshots of a directory. */
export async function forgetDirectory(directory: string, home: string): Promise<void> {
  await rm(gitDirectoryOf(directory, home), { recursive: true, force: true });
}

function gitDirectoryOf(directory: string, home: string): string {
  return join(home, new Bun.CryptoHasher("sha256").update(directory).digest("hex").slice(0, 32));
}
