/** Whole outputs of calls in files, a directory for each session: bounded, and readable by their owner alone. */
import { mkdir, readdir, realpath, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../../shared/error-code";
import { Directory } from "../../files/directory";
import { RegularFile } from "../../files/regular-file";
import { neverAborts } from "../../abort";
import { log } from "../../log";
import { OutputWriter } from "./output-writer";
import type { OutputFile, OutputStore } from "./output-store";

export interface OutputBytes {
  /** Of one call. What comes after that is not kept. */
  call: number;
  /** Of a session. Older files make room for new ones. */
  session: number;
}

const usual: OutputBytes = { call: 20_000_000, session: 200_000_000 };

/** Our own ids: no path. */
const isId = (id: string) => /^[\w-]{1,100}$/.test(id);

export class OutputFiles implements OutputStore {
  readonly #root: string;
  readonly #stored: (sessionId: string, callId: string) => string | undefined;
  readonly #bytes: OutputBytes;

  /** `root` has a directory for each session, made when needed. `stored`: the output of a call as its session has it. */
  constructor(
    root: string,
    stored: (sessionId: string, callId: string) => string | undefined,
    bytes = usual,
  ) {
    this.#root = root;
    this.#stored = stored;
    this.#bytes = bytes;
  }

  open(sessionId: string, callId: string): OutputFile {
    const make = async () => {
      using directory = await this.#directory(sessionId, true);
      await this.#makeRoom(join(this.#root, sessionId));
      return await directory.create(nameOf(callId), 0o600, neverAborts);
    };
    return new OutputWriter(make, this.#bytes.call);
  }

  /** From its file; where there is none, as the session has it. */
  async read(sessionId: string, callId: string, signal: AbortSignal): Promise<Buffer | undefined> {
    if (!isId(sessionId) || !isId(callId)) return undefined;
    try {
      using directory = await this.#directory(sessionId, false);
      using file = await RegularFile.open(directory, nameOf(callId), signal);
      return await file.bytes(0, this.#bytes.call, signal);
    } catch (err) {
      signal.throwIfAborted();
      if (errorCode(err) !== "ENOENT")
        log.warn({ err, sessionId, callId }, "An output is unreadable");
    }
    const stored = this.#stored(sessionId, callId);
    return stored === undefined ? undefined : Buffer.from(stored);
  }

  async #directory(sessionId: string, isMade: boolean): Promise<Directory> {
    if (isMade) await mkdir(join(this.#root, sessionId), { recursive: true, mode: 0o700 });
    // The data directory may be behind a link; what is in it is ours, and has none.
    return await Directory.open(join(await realpath(this.#root), sessionId), neverAborts);
  }

  async #makeRoom(path: string): Promise<void> {
    const names = await readdir(path);
    const files = await Promise.all(
      names.map(async (name) => {
        const { size, mtimeMs } = await stat(join(path, name));
        return { name, size, mtimeMs };
      }),
    );
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (bytes <= this.#bytes.session - this.#bytes.call) return;
      await unlink(join(path, name));
      bytes -= size;
    }
  }
}

function nameOf(callId: string): string {
  return `${callId}.txt`;
}
