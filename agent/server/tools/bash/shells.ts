/** The shells of all sessions, none of which is a living process: a state on disk, brought back for each command. */
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ToolError } from "../tool";
import { restoring, type ShellState, stateLeft } from "./shell-state";

/** Whose shell it is: each subagent has one of its own, so that those who work side by side do not move each other. */
export interface ShellOwner {
  sessionId: string;
  subagentId?: string | undefined;
  /** Where its shell starts, and starts anew when this has changed. */
  cwd: string;
}

/** One command's use of a shell. Disposing of it removes its files; call it when no process can read them any more. */
export interface ShellUse extends AsyncDisposable {
  /** Where the shell was left, as whoever uses it was last told. */
  readonly directory: string;
  /** For the environment of the command's bash. */
  readonly env: Record<string, string>;
  /** Where that bash writes. */
  readonly folder: string;
  /**
   * Keeps what the command has left, in one step, and says in which directory the shell is now. Of several commands at
   * the same time the last one that changed anything is kept. Nothing changes when the command did not get to its end.
   */
  keep(): Promise<string>;
}

/** What is larger is not kept: it would be read again before each command. */
const maxStateBytes = 4_000_000;

interface Kept extends ShellState {
  cwd: string;
}

export class Shells {
  readonly #root: string;

  /** `root` is made when it is needed, readable by its owner alone: variables hold secrets. */
  constructor(root: string) {
    this.#root = root;
  }

  /** Readies a shell for one command. Throws ToolError when the disk refuses. */
  async open(owner: ShellOwner): Promise<ShellUse> {
    try {
      return await open(join(this.#root, owner.sessionId), owner);
    } catch (error) {
      throw new ToolError(`The state of the shell cannot be reached: ${String(error)}`, {
        cause: error,
      });
    }
  }

  /** Forgets the shells of a session. */
  async remove(sessionId: string): Promise<void> {
    await rm(join(this.#root, sessionId), { recursive: true, force: true });
  }
}

async function open(home: string, { subagentId, cwd }: ShellOwner): Promise<ShellUse> {
  const place = join(home, `${subagentId ?? "session"}.json`);
  const folder = join(home, crypto.randomUUID());
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const last = await readKept(place, cwd);
  const start = { ...last, directory: await startOf(last, cwd) };
  await writePrivate(join(folder, "restore"), restoring(start));
  return {
    directory: last.directory,
    env: { BASH_ENV: join(import.meta.dir, "shell.bash"), REIN_SHELL: folder },
    folder,
    async keep() {
      const [before, after] = await Promise.all([read(folder, "before"), read(folder, "after")]);
      const left = stateLeft(before, after) ?? last;
      if (left.directory === last.directory && left.script === last.script) return last.directory;
      const kept: Kept = { cwd, ...left };
      await writePrivate(join(folder, "kept"), JSON.stringify(kept));
      await rename(join(folder, "kept"), place);
      return left.directory;
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What a crash of the machine has damaged is given up: a session without its variables is better than none. */
async function readKept(place: string, cwd: string): Promise<Kept> {
  const text = await readFile(place, "utf8").catch(absent);
  try {
    return JSON.parse(text) as Kept;
  } catch {
    return { cwd, directory: cwd, script: "" };
  }
}

/** Where it was left; in the session's own directory if that has changed since, or if the shell's is gone. */
async function startOf(last: Kept, cwd: string): Promise<string> {
  if (last.cwd !== cwd) return cwd;
  const found = await stat(last.directory).catch(() => undefined);
  return found?.isDirectory() ? last.directory : cwd;
}

async function read(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const found = await stat(path).catch(() => undefined);
  return found && found.size <= maxStateBytes ? readFile(path, "utf8") : "";
}

function writePrivate(path: string, text: string): Promise<void> {
  return writeFile(path, text, { mode: 0o600 });
}

function absent(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "";
  throw error;
}
