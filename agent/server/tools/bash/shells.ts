/** The shells of all sessions: none is a living process; each is a state on disk that every command restores and saves. */
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../../shared/error-code";
import { log } from "../../log";
import { ToolError } from "../tool";
import { restoreScript, type ShellState, stateLeft } from "./shell-state";

/** Each subagent has a shell of its own, so that subagents at work in parallel do not change each other's directory. */
export interface ShellOwner {
  sessionId: string;
  subagentId?: string | undefined;
  /** Where its shell starts; when this changes, it starts there anew. */
  cwd: string;
}

/** The use of a shell by one command. Dispose of it when no process can read its files any more; that never rejects. */
export interface ShellUse extends AsyncDisposable {
  /** The shell's directory, as the model knows it. */
  readonly directory: string;
  /** For the environment of the command's bash. */
  readonly env: Record<string, string>;
  /** Where that bash writes its state. */
  readonly folder: string;
  /** The session's own directory for temporary files, where the command runs in a sandbox. */
  readonly temporary: string;
  /**
   * Saves the state that the command has left, atomically, and resolves with the shell's directory. Of parallel commands
   * the last one that changed anything wins. Nothing changes when the command's shell was killed.
   */
  save(): Promise<string>;
}

/** A larger state is not saved: every command would read it. */
const maxStateBytes = 4_000_000;

interface SavedState extends ShellState {
  cwd: string;
}

export class Shells {
  readonly #root: string;

  /** `root` is created when needed, readable by its owner alone: variables can hold secrets. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Where its next command will run, whatever parallel commands do meanwhile. Throws ToolError as `open` does. */
  async directory(owner: ShellOwner): Promise<string> {
    try {
      const last = await readSaved(pathOf(join(this.#root, owner.sessionId), owner), owner.cwd);
      return await startDirectory(last, owner.cwd);
    } catch (error) {
      throw new ToolError(`The shell's state cannot be read: ${String(error)}`, { cause: error });
    }
  }

  /** Prepares a shell for one command, in a directory that `directory` has given. Throws ToolError when the disk refuses. */
  async open(owner: ShellOwner, directory: string): Promise<ShellUse> {
    try {
      return await open(join(this.#root, owner.sessionId), owner, directory);
    } catch (error) {
      throw new ToolError(`The shell's state cannot be read: ${String(error)}`, { cause: error });
    }
  }

  /** Removes the shells of a session. Never rejects: what the disk refuses is logged. */
  remove(sessionId: string): Promise<void> {
    return removeFolder(join(this.#root, sessionId));
  }
}

function pathOf(home: string, { subagentId }: ShellOwner): string {
  return join(home, `${subagentId ?? "session"}.json`);
}

async function open(home: string, owner: ShellOwner, directory: string): Promise<ShellUse> {
  const { cwd } = owner;
  const path = pathOf(home, owner);
  const folder = join(home, crypto.randomUUID());
  const temporary = join(home, "tmp");
  for (const path of [folder, temporary]) await mkdir(path, { recursive: true, mode: 0o700 });
  const last = await readSaved(path, cwd);
  const start = { ...last, directory };
  await writePrivate(join(folder, "restore"), restoreScript(start));
  return {
    directory: last.directory,
    env: { BASH_ENV: join(import.meta.dir, "shell.bash"), REIN_SHELL: folder },
    folder,
    temporary,
    async save() {
      const [before, after] = await Promise.all([read(folder, "before"), read(folder, "after")]);
      const left = stateLeft(before, after) ?? last;
      if (left.directory === last.directory && left.script === last.script) return last.directory;
      const saved: SavedState = { cwd, ...left };
      await writePrivate(join(folder, "saved"), JSON.stringify(saved));
      await rename(join(folder, "saved"), path);
      return left.directory;
    },
    [Symbol.asyncDispose]: () => removeFolder(folder),
  };
}

/** A state damaged by a crash of the machine is dropped: the session goes on without its variables. */
async function readSaved(path: string, cwd: string): Promise<SavedState> {
  const text = await readFile(path, "utf8").catch(emptyIfMissing);
  try {
    return JSON.parse(text) as SavedState;
  } catch {
    return { cwd, directory: cwd, script: "" };
  }
}

/** The shell's last directory; the session's own when that has changed since, or the shell's no longer exists. */
async function startDirectory(last: SavedState, cwd: string): Promise<string> {
  if (last.cwd !== cwd) return cwd;
  const found = await stat(last.directory).catch(() => undefined);
  return found?.isDirectory() ? last.directory : cwd;
}

async function read(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  return found && found.size <= maxStateBytes ? readFile(path, "utf8") : "";
}

async function removeFolder(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (err) {
    log.error({ err }, "The files of a shell could not be removed");
  }
}

function writePrivate(path: string, text: string): Promise<void> {
  return writeFile(path, text, { mode: 0o600 });
}

function emptyIfMissing(error: unknown): string {
  if (errorCode(error) === "ENOENT") return "";
  throw error;
}
