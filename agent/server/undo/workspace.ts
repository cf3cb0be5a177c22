/** One directory in which runs work: its snapshots, and one thing at a time. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Jobs } from "../processes/jobs";
import { Git, type GitPlace, makeGitDirectory } from "./git";
import { nameOf } from "./names";
import { workFolder } from "./restore";
import { Snapshots } from "./snapshot";

/** Left out though no rule of the project says so: they are made by machines, in great numbers. */
export const generated = ["node_modules", ".venv", "__pycache__", ".DS_Store"];

export class Workspace {
  readonly directory: string;
  readonly git: Git;
  readonly snapshots: Snapshots;
  readonly #gitDirectory: string;
  readonly #excludes: string[];
  #last: Promise<unknown> = Promise.resolve();
  #made = false;

  /** `directory` is absolute and real; `home` holds the git directories of all workspaces, and is never recorded. */
  constructor(directory: string, home: string, dataDir: string, jobs: Jobs) {
    this.directory = directory;
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
}

/** Removes everything that is kept of a directory. */
export async function forgetDirectory(directory: string, home: string): Promise<void> {
  await rm(gitDirectoryOf(directory, home), { recursive: true, force: true });
}

function gitDirectoryOf(directory: string, home: string): string {
  return join(home, new Bun.CryptoHasher("sha256").update(directory).digest("hex").slice(0, 32));
}
