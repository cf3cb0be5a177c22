/** Runs git on a directory of our own: it cannot reach the configuration, hooks and locks of the person's repository. */
import { mkdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { JobOwner, Jobs } from "../../processes/jobs";

/** A git command failed; the message is its standard error. */
export class GitError extends Error {
  override readonly name = "GitError";
}

export interface GitPlace {
  /** GIT_DIR: where the snapshots are kept. */
  directory: string;
  /** GIT_WORK_TREE: the files themselves. */
  root: string;
  /** GIT_INDEX_FILE. */
  index: string;
}

export interface GitCall {
  args: string[];
  place: GitPlace;
  /** Where it runs, when not at the root. */
  cwd?: string;
  stdin?: string;
  /** Exit codes that are an answer; 0 always is. */
  allowed?: number[];
  /** What is read of the output, at most, in characters; the rest is dropped. */
  maxOutput?: number;
}

export interface GitQuestion {
  args: string[];
  /** The person's repository, and the top of its working tree. */
  repository: string;
  root: string;
  cwd: string;
}

type Prepared = Omit<GitCall, "place"> & { cwd: string; env: Record<string, string> };

const timeoutMs = 120_000;

export class Git {
  readonly #jobs: Jobs;
  readonly #owner: JobOwner;

  constructor(jobs: Jobs, owner: JobOwner) {
    this.#jobs = jobs;
    this.#owner = owner;
  }

  /** Resolves with what it wrote. Throws GitError when it failed or took too long, the signal's reason when it was aborted. */
  run(call: GitCall, signal: AbortSignal): Promise<string> {
    return this.#run({ cwd: call.place.root, ...call, env: environment(call.place) }, signal);
  }

  /** Runs a command that only reads on the person's own repository; it takes no lock. */
  ask(call: GitQuestion, signal: AbortSignal): Promise<string> {
    const { repository, root } = call;
    const env = { ...isolation, GIT_DIR: repository, GIT_WORK_TREE: root };
    return this.#run({ ...call, env }, signal);
  }

  async #run(call: Prepared, signal: AbortSignal): Promise<string> {
    const { allowed = [], maxOutput = Number.POSITIVE_INFINITY } = call;
    const output: string[] = [];
    let length = 0;
    let errorOutput = "";
    const end = await this.#jobs.run(
      {
        command: ["git", ...call.args],
        cwd: call.cwd,
        env: call.env,
        ...(call.stdin !== undefined && { stdin: call.stdin }),
        owner: this.#owner,
        unconfined: true,
        timeoutMs,
        onOutput(text, stream) {
          if (stream === "stderr") errorOutput = (errorOutput + text).slice(-4000);
          else if (length < maxOutput) output.push(text);
          if (stream === "stdout") length += text.length;
        },
      },
      signal,
    );
    signal.throwIfAborted();
    if (end.timedOut) throw new GitError(`git ${call.args[0]} took longer than ${timeoutMs} ms`);
    if (end.exitCode !== 0 && !(end.exitCode !== null && allowed.includes(end.exitCode)))
      throw new GitError(errorOutput.trim() || `git ${call.args[0]} ended with ${end.exitCode}`);
    return output.join("").slice(0, maxOutput);
  }
}

/** Makes the directory if it is not there. Written by hand: `git init` would cost two processes, and copy templates. */
export async function makeGitDirectory(directory: string, excludes: string[]): Promise<void> {
  for (const name of ["objects/pack", "objects/info", "refs/heads", "info", "indexes"])
    await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
  if ((await stat(join(directory, "HEAD")).catch(() => undefined)) === undefined) {
    await writeFile(join(directory, "config"), config);
    await writeFile(join(directory, "info/attributes"), attributes);
    await writeFile(join(directory, "HEAD"), "ref: refs/heads/none\n");
  }
  await writeFile(join(directory, "info/exclude"), `${excludes.join("\n")}\n`);
}

const config = `[core]
	repositoryformatversion = 0
	bare = false
	filemode = true
	symlinks = true
	autocrlf = false
	fsmonitor = false
	hooksPath = /dev/null
	excludesFile = /dev/null
	quotePath = true
	fsync = none
[gc]
	auto = 0
[index]
	version = 4
[diff]
	renameLimit = 2000
`;

/** Bytes are kept as they are, whatever the project's own attributes ask for: line ends, filters, encodings. */
const attributes = "* -text !eol !crlf -ident !filter !working-tree-encoding\n";

/** No configuration of the user or the system, no optional locks, and English. */
const isolation = {
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_CONFIG_SYSTEM: "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_COUNT: "0",
  GIT_CONFIG_PARAMETERS: "",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_EXTERNAL_DIFF: "",
  GIT_TRACE: "",
  LC_ALL: "C",
};

/** Sets every variable that could lead git elsewhere, so that none is inherited. */
function environment({ directory, root, index }: GitPlace): Record<string, string> {
  return {
    ...isolation,
    GIT_DIR: directory,
    GIT_COMMON_DIR: directory,
    GIT_WORK_TREE: root,
    GIT_INDEX_FILE: index,
    GIT_OBJECT_DIRECTORY: join(directory, "objects"),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: "",
  };
}
