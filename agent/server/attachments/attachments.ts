/** Attached files on disk, each under the hash of its content: whole or not at all, and gone with the last session that names them. */
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { type FileHandle, open, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../../shared/error-code";
import type { FileRef } from "../../shared/protocol";
import { maxFileBytes } from "../../shared/taken-files";
import { log } from "../log";
import { inspectFile, mediaTypeOf } from "./file-content";

type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export type StoredFile = Omit<FileRef, "name">;

/** A file that is not kept. `code`: "size" or "type"; the message is for people. */
export class FileRefusedError extends Error {
  override readonly name = "FileRefusedError";

  constructor(
    readonly code: "size" | "type",
    message: string,
  ) {
    super(message);
  }
}

const tooLarge = `A file may have at most ${maxFileBytes / 1e6} MB.`;
const unknownType = "Only PNG, JPEG, WebP, GIF and PDF can be attached; this is none, or damaged.";

export class Attachments {
  readonly #directory: string;
  readonly #isNamed: (hash: string) => boolean;

  /**
   * Removes what no session names: what was never sent, and what a crash left of an upload. `named`: the hashes that
   * sessions name now; undefined when that is not known, and nothing is removed. `isNamed`: whether one does later.
   * Throws an Error that says what to change.
   */
  constructor(
    directory: string,
    named: Set<string> | undefined,
    isNamed: (hash: string) => boolean,
  ) {
    this.#directory = directory;
    this.#isNamed = isNamed;
    for (const name of namesIn(directory))
      if (named?.has(name) === false) removeFile(join(directory, name));
  }

  /**
   * Keeps a content that comes in pieces, and is on the disk when this resolves. Throws FileRefusedError, what the source
   * or the disk throws, or the signal's reason; then nothing of it is left.
   */
  async add(content: Pieces, signal: AbortSignal): Promise<StoredFile> {
    const unfinished = join(this.#directory, `${crypto.randomUUID()}.new`);
    const file = await open(unfinished, "wx", 0o600);
    try {
      let hash: string;
      try {
        hash = await writeAll(file, content, signal);
        await file.sync();
      } finally {
        await file.close();
      }
      const bytes = await readFile(unfinished, { signal });
      const found = inspectFile(bytes);
      if (found === undefined) throw new FileRefusedError("type", unknownType);
      signal.throwIfAborted();
      // The same content may be there already: then it takes its own place.
      await rename(unfinished, this.#path(hash));
      await synchroniseDirectory(this.#directory);
      return { hash, mediaType: found.mediaType, bytes: bytes.length };
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** What is kept under a hash; undefined when nothing is. */
  async find(hash: string): Promise<StoredFile | undefined> {
    const file = await openExisting(this.#path(hash));
    if (file === undefined) return undefined;
    try {
      const { size } = await file.stat();
      const { buffer, bytesRead } = await file.read(Buffer.alloc(16), 0, 16, 0);
      const mediaType = mediaTypeOf(buffer.subarray(0, bytesRead));
      return mediaType && { hash, mediaType, bytes: size };
    } finally {
      await file.close();
    }
  }

  /** The content; undefined when it is missing, or not what was kept. Throws the signal's reason. */
  async read(hash: string, signal: AbortSignal): Promise<Buffer | undefined> {
    try {
      const bytes = await readFile(this.#path(hash), { signal });
      return hashOf(bytes) === hash ? bytes : undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (errorCode(error) !== "ENOENT")
        log.error({ err: error }, "An attached file is unreadable");
      return undefined;
    }
  }

  /** Where the content is, for an answer that streams it. */
  path(hash: string): string {
    return this.#path(hash);
  }

  /** Removes those of the files that no session names. */
  release(hashes: string[]): void {
    for (const hash of hashes) if (!this.#isNamed(hash)) removeFile(this.#path(hash));
  }

  /** A hash is hexadecimal, so it leads nowhere else. */
  #path(hash: string): string {
    if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error("expected a SHA-256 in hex");
    return join(this.#directory, hash);
  }
}

function namesIn(directory: string): string[] {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return readdirSync(directory);
  } catch (error) {
    const message = `Attached files cannot be kept in ${directory}: ${(error as Error).message}. Expected a directory of yours: move away what is there, or change its permissions.`;
    throw new Error(message, { cause: error });
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (err) {
    log.error({ err }, "An attached file that nothing names could not be removed");
  }
}

/** Returns the hash of what was written. */
async function writeAll(file: FileHandle, content: Pieces, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of content) {
    signal.throwIfAborted();
    bytes += chunk.length;
    if (bytes > maxFileBytes) throw new FileRefusedError("size", tooLarge);
    hash.update(chunk);
    await file.appendFile(chunk);
  }
  signal.throwIfAborted();
  return hash.digest("hex");
}

async function openExisting(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function synchroniseDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
