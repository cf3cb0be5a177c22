/** One directory in which runs work: its snapshots, and one thing at a time. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Jobs } from "../processes/jobs";
import { link } from "../abort";
import { Git, type GitPlace, makeGitDirectory } from "./git/git";
import { nameOf } from "./git/git-path";
import { workFolder } from "./restore";
import { Snapshots } from "./git/snapshot";

/** Left out though no rule of the project says so: they are made by machines, in great numbers. */
export const generated = ["node_modules", ".venv", "__pycache__", ".DS_Store"];

/** A look goes on though nobody waits for it, so that the next run finds it done; up to here. */
const patienceMs = 120_000;

/** A look that was given up; the message is for people. */
export class TookTooLong extends Error {
  override readonly name = "TookTooLong";

  constructor() {
    super(
      `Looking at the working directory took longer than ${patienceMs / 1000} s, so its changes are not recorded.`,
    );
  }
}

export class Workspace {
  readonly directory: string;
  readonly git: Git;
  readonly snapshots: Snapshots;
  readonly #gitDirectory: string;
  readonly #excludes: string[];
  readonly #closing: AbortSignal;
  #last: Promise<unknown> = Promise.resolve();
  #made = false;

  /**
   * `directory` is absolute and real; `home` holds the git directories of all workspaces, and is never recorded.
   * `closing` aborts when the server ends.
   */
  constructor(directory: string, home: string, dataDir: string, jobs: Jobs, closing: AbortSignal) {
    this.directory = directory;
    this.#closing = closing;
    this.#gitDirectory = gitDirectoryOf(directory, home);
    this.git = new Git(jobs, { sessionId: "undo" });
    this.snapshots = new Snapshots(this.git, this.#gitDirectory, directory);
    this.#excludes = [...generated.map((name) => `${name}/`), `${workFolder}*/`];
    if (dataDir.startsWith(`${directory}/`))
      this.#excludes.push(dataDir.slice(directory.length).replaceAll(/[*?[\]\\ ]/g, "\\$&"));
  }

  /** For questions about what is kept; it names no index that is in use. */
  get place(): GitPlace {
    const index = join(this.#gitDirectory, "indexes", nameOf("none"));
    return { directory: this.#gitDirectory, root: this.directory, index };
  }

  /** Does this when everything asked for before is over, however that ended. */
  async inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(async () => {
      if (!this.#made) await makeGitDirectory(this.#gitDirectory, this.#excludes);
      this.#made = true;
      return work();
    });
    this.#last = turn.then(
      () => undefined,
      () => undefined,
    );
    return turn;
  }

  /** The same for work that no person has asked for: it ends when the server does, and throws TookTooLong after two minutes. */
  lookInTurn<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
    return this.inTurn(async () => {
      using linked = link(this.#closing);
      const { controller } = linked;
      const timer = setTimeout(() => controller.abort(new TookTooLong()), patienceMs);
      try {
        return await work(controller.signal);
      } finally {
        clearTimeout(timer);
      }
    });
  }

  /** The server ends: what is not known now is looked at by the next one. */
  get isClosing(): boolean {
    return this.#closing.aborted;
  }
}

/** Removes everything that is kept of a directory. */
export async function forgetDirectory(directory: string, home: string): Promise<void> {
  await rm(gitDirectoryOf(directory, home), { recursive: true, force: true });
}

function gitDirectoryOf(directory: string, home: string): string {
  return join(home, new Bun.CryptoHasher("sha256").update(directory).digest("hex").slice(0, 32));
}
