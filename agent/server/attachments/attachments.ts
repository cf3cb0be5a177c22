/** Attached files on disk, each under the hash of its content: whole or not at all, and gone with the last session that names them. */
import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { defined } from "../../shared/defined";
import { errorCode } from "../../shared/error-code";
import type { FileRef } from "../../shared/protocol";
import { maxFileBytes } from "../../shared/taken-files";
import { Directory } from "../files/directory";
import { RegularFile } from "../files/regular-file";
import { log } from "../log";
import { FileInspector, signatureOf } from "./file-content";
import { FileRefusedError } from "./file-refused-error";
import { OpenUploads, type Uploader } from "./open-uploads";
import { countPages, type ReadAt } from "./pdf-pages";
import { PictureScaler } from "./scaled-picture";
import { UnsentFiles } from "./unsent-files";

export type Pieces = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

export type StoredFile = Omit<FileRef, "name" | "mention">;

const tooLarge = `A file may have at most ${maxFileBytes / 1e6} MB.`;
const pieceBytes = 1_000_000;
const unfinishedEnd = ".new";
const unknownType =
  "Only PNG, JPEG, WebP, GIF, PDF and UTF-8 text can be attached; this is none, or damaged.";
const utf16 =
  "This text is UTF-16, and only UTF-8 can be attached. Save it as UTF-8, then attach it again.";

export class Attachments {
  /** What requests carry of the pictures that are too large as they are. */
  readonly pictures = new PictureScaler();
  readonly #uploads = new OpenUploads();
  readonly #directory: string;
  readonly #isNamed: (hash: string) => boolean;
  readonly #unsent = new UnsentFiles();
  /** Of the PDFs that were stored or found since the start; undefined where they could not be counted. */
  readonly #pages = new Map<string, number | undefined>();

  /**
   * Removes what a crash left of an upload, and what no session names: it was never sent. `named`: the hashes that
   * sessions name now; undefined when that is not known, and nothing whole is removed. `isNamed`: whether one does later.
   * Throws an Error that says what to change.
   */
  constructor(
    directory: string,
    named: Set<string> | undefined,
    isNamed: (hash: string) => boolean,
  ) {
    const names = namesIn(directory);
    this.#directory = realpathSync(directory);
    this.#isNamed = isNamed;
    for (const name of names)
      if (name.endsWith(unfinishedEnd) || named?.has(name) === false)
        removeFile(join(this.#directory, name));
  }

  /**
   * As `add`, for a message that is still to come; refused while too much waits for one. `content` is asked with a signal
   * of its own, which `stopUploads` aborts too: then this throws UploadStoppedError.
   */
  async upload(
    content: (signal: AbortSignal) => Pieces,
    by: Uploader,
    signal: AbortSignal,
  ): Promise<StoredFile> {
    return this.#uploads.run(by, signal, (commit, own) =>
      this.#add(
        content(own),
        (file) => {
          this.release(this.#unsent.add(file, by));
          commit();
        },
        own,
      ),
    );
  }

  /** A message has them now: what one upload of each has brought waits no more. */
  markSent(hashes: readonly string[]): void {
    for (const hash of hashes) this.#unsent.forget(hash);
  }

  /** What one upload has brought is not to be sent: it is removed with the last that has, unless a session names it. */
  discard(hash: string): void {
    this.#unsent.forget(hash);
    this.release([hash]);
  }

  /** Whether an upload of this person's has brought it, and it is in no message yet. */
  isUnsentOf(hash: string, user: string | undefined): boolean {
    return this.#unsent.isOf(hash, user);
  }

  /** Cancels the unfinished uploads of a session, of a person, or all; resolves with how many, once nothing of them is left. */
  async stopUploads(of: Uploader = {}): Promise<number> {
    return this.#uploads.stop(of);
  }

  /**
   * Keeps a content that comes in pieces, and is on the disk when this resolves. Throws FileRefusedError, what the source
   * or the disk throws, or the signal's reason; then nothing of it is left.
   */
  async add(content: Pieces, signal: AbortSignal): Promise<StoredFile> {
    return this.#add(content, () => {}, signal);
  }

  /** `commit` is called when all of it has come, just before it gets its name; it can refuse it. */
  async #add(
    content: Pieces,
    commit: (file: StoredFile) => void,
    signal: AbortSignal,
  ): Promise<StoredFile> {
    const unfinished = join(this.#directory, `${crypto.randomUUID()}${unfinishedEnd}`);
    const file = await open(unfinished, "wx+", 0o600);
    try {
      let written: StoredFile;
      try {
        written = await writeAll(file, content, signal);
        await file.sync();
        if (written.mediaType === "application/pdf") {
          const pages = await countPages(readerOf(file), signal);
          this.#pages.set(written.hash, pages);
          if (pages !== undefined) written.pages = pages;
        }
      } finally {
        await file.close();
      }
      signal.throwIfAborted();
      commit(written);
      // The same content may be there already: then it takes its own place.
      await rename(unfinished, this.#path(written.hash));
      await synchroniseDirectory(this.#directory);
      return written;
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
  }

  /** What is kept under a hash; undefined when nothing is, or no regular file. Throws the signal's reason. */
  async find(hash: string, signal: AbortSignal): Promise<StoredFile | undefined> {
    return this.#use(hash, signal, async (file) => {
      // What has no signature was kept as text.
      const mediaType = signatureOf(await file.bytes(0, 16, signal)) ?? "text/plain";
      if (mediaType === "application/pdf" && !this.#pages.has(hash)) {
        const read = (at: number, length: number) => file.bytes(at, length, signal);
        this.#pages.set(hash, await countPages(read, signal));
      }
      const pages = this.#pages.get(hash);
      return { hash, mediaType, bytes: Number(file.stats.size), ...defined({ pages }) };
    });
  }

  /** Whether a regular file is kept under a hash: nothing of it is read. Throws the signal's reason. */
  async holds(hash: string, signal: AbortSignal): Promise<boolean> {
    return (await this.#use(hash, signal, () => Promise.resolve(true))) ?? false;
  }

  /** The content; undefined when it is missing, or not what was kept. Throws the signal's reason. */
  async read(hash: string, signal: AbortSignal): Promise<Buffer<ArrayBuffer> | undefined> {
    return this.#use(hash, signal, async (file) => {
      const digest = createHash("sha256");
      const pieces: Buffer[] = [];
      // In pieces, so that the hash of a large one holds up nothing else.
      for (let at = 0; at <= maxFileBytes;) {
        const piece = await file.bytes(at, pieceBytes, signal);
        if (piece.length === 0) break;
        digest.update(piece);
        pieces.push(piece);
        at += piece.length;
      }
      return digest.digest("hex") === hash ? Buffer.concat(pieces) : undefined;
    });
  }

  /** Whether it is there, in this moment: the disk is asked synchronously. Throws what the disk throws. */
  has(hash: string): boolean {
    return lstatSync(this.#path(hash), { throwIfNoEntry: false })?.isFile() ?? false;
  }

  /**
   * Removes those of the files that no session names, and no upload has brought for a message. One that the disk does not
   * remove is logged, and stays.
   */
  release(hashes: string[]): void {
    for (const hash of hashes) {
      const path = this.#path(hash);
      if (!this.#unsent.has(hash) && !this.#isNamed(hash)) removeFile(path);
    }
  }

  /** Follows no link, and waits for no pipe. */
  async #use<Result>(
    hash: string,
    signal: AbortSignal,
    use: (file: RegularFile) => Promise<Result>,
  ): Promise<Result | undefined> {
    const name = basename(this.#path(hash));
    try {
      using directory = await Directory.open(this.#directory, signal);
      using file = await RegularFile.open(directory, name, signal);
      return await use(file);
    } catch (error) {
      signal.throwIfAborted();
      if (errorCode(error) !== "ENOENT")
        log.error({ err: error }, "An attached file is unreadable");
      return undefined;
    }
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

/** Piece by piece: none is kept in memory. Throws FileRefusedError of what is too large or of no type that Rein takes. */
async function writeAll(
  file: FileHandle,
  content: Pieces,
  signal: AbortSignal,
): Promise<StoredFile> {
  const digest = createHash("sha256");
  const inspector = new FileInspector();
  let bytes = 0;
  let isUtf16 = false;
  for await (const piece of content) {
    signal.throwIfAborted();
    if (bytes === 0)
      isUtf16 = /^(\xff\xfe|\xfe\xff)/.test(
        Buffer.from(piece.subarray(0, 2)).toString("latin1", 0, 2),
      );
    bytes += piece.length;
    if (bytes > maxFileBytes) throw new FileRefusedError("size", tooLarge);
    digest.update(piece);
    inspector.add(piece);
    await writeWhole(file, piece);
  }
  signal.throwIfAborted();
  const found = inspector.found();
  if (found === undefined) throw new FileRefusedError("type", isUtf16 ? utf16 : unknownType);
  return { hash: digest.digest("hex"), mediaType: found.mediaType, bytes };
}

/** Not by appendFile, which holds a copy. */
async function writeWhole(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length;)
    at += (await file.write(piece, at, piece.length - at)).bytesWritten;
}

function readerOf(file: FileHandle): ReadAt {
  return async (at, length) => {
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    return buffer.subarray(0, bytesRead);
  };
}

async function synchroniseDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
