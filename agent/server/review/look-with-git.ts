/** Git looks at a person's repository: it reads objects, names and times, and nothing that the repository names is run. */
import { stat } from "node:fs/promises";
import { abortable } from "../abort";
import type { Jobs } from "../processes/jobs";

/** The message is git's own. */
export class LookError extends Error {
  override readonly name = "LookError";
}

export interface Look {
  /** Absolute and without links. */
  cwd: string;
  args: string[];
  stdin?: string;
  /** The output is bytes: it is passed on in base64. */
  isBinary?: true;
  /** Exit codes that are an answer; 0 always is. */
  allowed?: number[];
  /** In the place of `quietEnvironment`. */
  env?: Record<string, string>;
  /** It looks into a git directory of Rein's own, where a sandbox could not. */
  isOwn?: true;
}

const timeoutMs = 20_000;
/** In characters. */
const maxOutput = 60_000_000;

/**
 * What a repository's own files could have run, by gitattributes(5) and git-config(1): the monitor of the file system, hooks,
 * the fetch of what a partial clone lacks, and whatever asks for a password. Converters of text are only run by commands that
 * show contents, and none of those is used. Filters have names: the one command that may run them is told them by `env`.
 */
const settings = [
  "core.fsmonitor=false",
  "core.untrackedCache=false",
  "core.hooksPath=/dev/null",
  "core.attributesFile=/dev/null",
  "core.quotePath=true",
  "core.sshCommand=false",
  "core.alternateRefsCommand=false",
  "credential.helper=",
  "protocol.allow=never",
  "submodule.recurse=false",
  "diff.ignoreSubmodules=all",
].flatMap((one) => ["-c", one]);

/** Without any variable of the server's: none leads git elsewhere. */
export const quietEnvironment = {
  GIT_NO_LAZY_FETCH: "1",
  GIT_NO_REPLACE_OBJECTS: "1",
  GIT_ALLOW_PROTOCOL: "",
  GIT_TERMINAL_PROMPT: "0",
  GIT_OPTIONAL_LOCKS: "0",
  GIT_LITERAL_PATHSPECS: "1",
  GIT_ATTR_NOSYSTEM: "1",
  GIT_PAGER: "cat",
  LC_ALL: "C",
};

/** Resolves with what it wrote. Throws LookError, or the signal's reason. */
export async function lookWithGit(jobs: Jobs, look: Look, signal: AbortSignal): Promise<string> {
  const { cwd, args, stdin, isBinary, allowed = [], env, isOwn } = look;
  const git = ["git", "--no-pager", ...settings, ...args];
  // With the exit code of git, not that of base64.
  const encoded = ["sh", "-c", '{ "$@"; echo "$?" >&2; } | base64', "sh", ...git];
  const isConfined = !isOwn && (await abortable(canConfine(jobs, cwd), signal));
  const output: string[] = [];
  let [length, errors] = [0, ""];
  const end = await jobs.run(
    {
      command: isBinary ? encoded : git,
      cwd,
      env: env ?? quietEnvironment,
      environment: [],
      ...(stdin !== undefined && { stdin }),
      owner: { sessionId: "review" },
      unconfined: true,
      isHelper: true,
      // A second wall, behind the settings.
      ...(isConfined && { sandbox: { network: false, cwd: "read-only" as const } }),
      timeoutMs,
      onOutput(text, stream) {
        if (stream === "stderr") return void (errors = (errors + text).slice(-4000));
        length += text.length;
        if (length <= maxOutput) output.push(text);
      },
    },
    signal,
  );
  signal.throwIfAborted();
  if (end.timedOut) throw new LookError(`git took longer than ${timeoutMs / 1000} s`);
  if (length > maxOutput) throw new LookError("git has written too much");
  const code = isBinary ? Number(/(\d+)\s*$/.exec(errors)?.[1] ?? end.exitCode) : end.exitCode;
  if (code !== 0 && !(code !== null && allowed.includes(code)))
    throw new LookError(errors.trim() || `git ended with ${code}`);
  return output.join("");
}

/** In a sandbox root has no rights over the files of others. */
async function canConfine(jobs: Jobs, cwd: string): Promise<boolean> {
  if (!(await jobs.capabilities()).sandboxWorks) return false;
  return process.getuid?.() !== 0 || (await stat(cwd)).uid === 0;
}
