/** Runs git on a directory of our own. It reads no configuration but ours, and of a foreign directory nothing but files it was told. */
import { mkdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { abortable } from "../../abort";
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
  /** A directory that it writes to, besides the git directory. */
  writes?: string;
  stdin?: string;
  /** Exit codes that are an answer; 0 always is. */
  allowed?: number[];
  /** What is read of the output, at most, in characters; the rest is dropped. */
  maxOutput?: number;
}

const timeoutMs = 120_000;

export class Git {
  readonly #jobs: Jobs;
  readonly #owner: JobOwner;

  constructor(jobs: Jobs, owner: JobOwner) {
    this.#jobs = jobs;
    this.#owner = owner;
  }

  /** Resolves with what it wrote. Throws GitError when it failed or took too long, the signal's reason when it was aborted. */
  async run(call: GitCall, signal: AbortSignal): Promise<string> {
    const { place, allowed = [], maxOutput = Number.POSITIVE_INFINITY } = call;
    // A sandbox costs some 20 ms: a command that looks only into our own git directory needs none.
    const isForeign = place.root !== emptyRoot(place.directory) || call.writes !== undefined;
    const canConfine = isForeign && (await abortable(this.#canConfine(place.root), signal));
    const writes = call.writes === undefined ? [] : [call.writes];
    const output: string[] = [];
    let length = 0;
    let errorOutput = "";
    const end = await this.#jobs.run(
      {
        command: ["git", ...call.args],
        cwd: place.root,
        env: environment(place),
        environment: [],
        ...(call.stdin !== undefined && { stdin: call.stdin }),
        owner: this.#owner,
        // Not by the settings, but always.
        unconfined: true,
        isHelper: true,
        ...(canConfine && {
          sandbox: { network: false, cwd: "read-only", writable: [place.directory, ...writes] },
        }),
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

  async #canConfine(root: string): Promise<boolean> {
    return (await this.#jobs.capabilities()).sandboxWorks && (await isOurs(root));
  }
}

/** In a sandbox root has no rights over the files of others: there git runs without one, or it could not read them. */
async function isOurs(root: string): Promise<boolean> {
  return process.getuid?.() !== 0 || (await stat(root)).uid === 0;
}

/** Makes the directory if it is not there. Written by hand: `git init` would cost two processes, and copy templates. */
export async function makeGitDirectory(directory: string): Promise<void> {
  // What a server that was killed has left.
  await rm(join(directory, "indexes"), { recursive: true, force: true });
  for (const name of ["objects/pack", "objects/info", "refs/heads", "info", "indexes", "empty"])
    await mkdir(join(directory, name), { recursive: true, mode: 0o700 });
  await writeFile(join(directory, "config"), config);
  await writeFile(join(directory, "info/attributes"), attributes);
  await writeFile(join(directory, "HEAD"), "ref: refs/heads/none\n");
}

/** The git directory and the index of a directory's snapshots. */
export function workPlace(directory: string, root: string): GitPlace {
  return { directory, root, index: join(directory, "index") };
}

/** For commands that read only objects: their working tree is empty, and so is their index. */
export function objectPlace(directory: string): GitPlace {
  return { directory, root: emptyRoot(directory), index: join(directory, "indexes/none") };
}

/** The same for other readers of objects: where git is run, and with which variables. */
export function objectEnvironment(directory: string): { cwd: string; env: Record<string, string> } {
  return { cwd: emptyRoot(directory), env: environment(objectPlace(directory)) };
}

function emptyRoot(directory: string): string {
  return join(directory, "empty");
}

/** Nothing in it starts a program. Git refuses some names that only Windows and macOS take for ".git": here they are names. */
const config = `[core]
	repositoryformatversion = 0
	bare = false
	filemode = true
	symlinks = true
	autocrlf = false
	fsmonitor = false
	untrackedCache = false
	hooksPath = /dev/null
	attributesFile = /dev/null
	excludesFile = /dev/null
	quotePath = true
	protectNTFS = false
	protectHFS = ${process.platform === "darwin"}
	fsync = none
[gc]
	auto = 0
[index]
	version = 4
[diff]
	renameLimit = 2000
[protocol]
	allow = never
[submodule]
	recurse = false
`;

/** Bytes are kept as they are, whatever the project's own attributes ask for: line ends, filters, encodings. */
const attributes = "* -text !eol !crlf -ident !filter !working-tree-encoding\n";

/** With the usual variables of a job, none of which is git's: no other variable of the server can lead it elsewhere. */
function environment({ directory, root, index }: GitPlace): Record<string, string> {
  return {
    GIT_DIR: directory,
    GIT_COMMON_DIR: directory,
    GIT_WORK_TREE: root,
    GIT_INDEX_FILE: index,
    GIT_OBJECT_DIRECTORY: join(directory, "objects"),
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_ALLOW_PROTOCOL: "",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    LC_ALL: "C",
  };
}
