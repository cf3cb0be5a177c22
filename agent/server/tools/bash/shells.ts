/** The shells of all sessions: none is a living process; each is a state on disk that every command restores and reports. */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../../shared/error-code";
import { log } from "../../log";
import { programFile } from "../../program-files";
import { ToolError } from "../tool";
import { restoreScript, ShellReport, type ShellState } from "./shell-state";

/** Each subagent has a shell of its own, so that subagents at work in parallel do not change each other's directory. */
export interface ShellOwner {
  sessionId: string;
  subagentId?: string | undefined;
  /** Where its shell starts; when this changes, it starts there anew. */
  cwd: string;
}

/** What a command would find. */
export interface ShellLook {
  directory: string;
  /** SHA-256 (hex) of the variables, functions, aliases and options that commands have changed; absent when none has. */
  state?: string;
}

/** The use of a shell by one command. Dispose of it when no process can read its script any more; that never rejects. */
export interface ShellUse extends AsyncDisposable {
  /** The shell's directory, as the model knows it. */
  readonly directory: string;
  /** For the environment of the command's bash. */
  readonly env: Record<string, string>;
  /** The script by which that bash restores the state. */
  readonly restore: string;
  /** The session's own directory for temporary files, where the command runs in a sandbox. */
  readonly temporary: string;
  /** Takes what that bash reports; true when it has reported everything. */
  report(text: string): boolean;
  /**
   * Saves the state that the command has left, atomically, and resolves with the shell's directory. Of parallel commands
   * the last one that changed anything wins. Nothing changes when the command's shell was killed.
   */
  save(): Promise<string>;
}

interface SavedState extends ShellState {
  cwd: string;
}

export class Shells {
  readonly #root: string;

  /** `root` has a directory for each session, made when needed, readable by its owner alone: variables can hold secrets. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Where and how its next command would run now. Throws ToolError as `open` does. */
  async look(owner: ShellOwner): Promise<ShellLook> {
    try {
      const last = await readSaved(pathOf(join(this.#root, owner.sessionId), owner), owner.cwd);
      const directory = await startDirectory(last, owner.cwd);
      return { directory, ...stateOf(last) };
    } catch (error) {
      throw new ToolError(`The shell's state cannot be read: ${String(error)}`, { cause: error });
    }
  }

  /** Prepares a shell for one command, in a directory that `look` has given. Throws ToolError when the disk refuses. */
  async open(owner: ShellOwner, directory: string): Promise<ShellUse> {
    try {
      const home = join(this.#root, owner.sessionId);
      const path = pathOf(home, owner);
      const last = { ...(await readSaved(path, owner.cwd)), cwd: owner.cwd };
      return await openShell(home, directory, last, path);
    } catch (error) {
      throw new ToolError(`The shell's state cannot be read: ${String(error)}`, { cause: error });
    }
  }

  /** A fresh one in the session's directory for one command, of which nothing is saved. Throws as `open`. */
  async openAlone(owner: ShellOwner): Promise<ShellUse> {
    const { cwd } = owner;
    try {
      return await openShell(join(this.#root, owner.sessionId), cwd, freshState(cwd));
    } catch (error) {
      throw new ToolError(`A shell cannot be prepared: ${String(error)}`, { cause: error });
    }
  }
}

/** The directory is looked at by itself, and with it OLDPWD. */
function stateOf({ script }: ShellState): Pick<ShellLook, "state"> {
  const changes = script.replaceAll(/^(unset -v|declare -\S+) OLDPWD(="[^"$`\\\n]*")?$\n?/gm, "");
  if (changes.trim() === "") return {};
  return { state: new Bun.CryptoHasher("sha256").update(changes).digest("hex") };
}

function pathOf(home: string, { subagentId }: ShellOwner): string {
  return join(home, `${subagentId ?? "session"}.json`);
}

/** `path`: where the state is saved; without one it is not. */
async function openShell(
  home: string,
  directory: string,
  last: SavedState,
  path?: string,
): Promise<ShellUse> {
  const restore = join(home, `${crypto.randomUUID()}.bash`);
  const temporary = join(home, "tmp");
  await mkdir(temporary, { recursive: true, mode: 0o700 });
  const start = { ...last, directory };
  await writeNew(restore, restoreScript(start));
  const report = new ShellReport();
  return {
    directory: last.directory,
    env: { BASH_ENV: programFile("agent/server/tools/bash/shell.bash"), REIN_SHELL: restore },
    restore,
    temporary,
    report: (text) => report.add(text),
    async save() {
      const left = report.stateLeft() ?? last;
      const isSame = left.directory === last.directory && left.script === last.script;
      if (isSame || path === undefined) return last.directory;
      const saved: SavedState = { cwd: last.cwd, ...left };
      const unfinished = join(home, crypto.randomUUID());
      await writeNew(unfinished, JSON.stringify(saved));
      await rename(unfinished, path);
      return left.directory;
    },
    [Symbol.asyncDispose]: () => removeScript(restore),
  };
}

/**
 * A state damaged by a crash of the machine is dropped: the session goes on without its variables. So is what is not a
 * file of ours: a command without a sandbox can put a link or a FIFO there, which would never end.
 */
async function readSaved(path: string, cwd: string): Promise<SavedState> {
  const fresh = freshState(cwd);
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: FileHandle | undefined;
  try {
    file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!(await file.stat()).isFile()) return fresh;
    const saved: unknown = JSON.parse(await file.readFile("utf8"));
    return isSavedState(saved) ? saved : fresh;
  } catch (error) {
    if (error instanceof SyntaxError || ["ENOENT", "ELOOP"].includes(errorCode(error) ?? ""))
      return fresh;
    throw error;
  } finally {
    await file?.close();
  }
}

function freshState(cwd: string): SavedState {
  return { cwd, directory: cwd, script: "" };
}

function isSavedState(value: unknown): value is SavedState {
  const { cwd, directory, script } = Object(value) as Partial<Record<keyof SavedState, unknown>>;
  return [cwd, directory, script].every((field) => typeof field === "string");
}

/** The shell's last directory; the session's own when that has changed since, or the shell's no longer exists. */
async function startDirectory(last: SavedState, cwd: string): Promise<string> {
  if (last.cwd !== cwd) return cwd;
  const found = await stat(last.directory).catch(() => undefined);
  return found?.isDirectory() ? last.directory : cwd;
}

async function removeScript(path: string): Promise<void> {
  try {
    await rm(path, { force: true });
  } catch (err) {
    log.error({ err }, "The files of a shell could not be removed");
  }
}

/** Refuses a path at which something is. */
function writeNew(path: string, text: string): Promise<void> {
  return writeFile(path, text, { mode: 0o600, flag: "wx" });
}
