/** Reads a backup from its first byte to its last, and believes nothing of it: names, sizes, hashes, order and end are checked. */
import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { createTarDecoder } from "modern-tar";
import { link } from "../abort";
import { type BackupHead, BackupRefused, parseHead } from "./backup-head";
import { headName, isDataPath, sumsName } from "./data-names";
import { sumLine } from "./write-backup";

/** Where the content of a file goes. */
export interface FileSink {
  write: (piece: Uint8Array) => Promise<void>;
  /** All of it has come. */
  end: () => Promise<void>;
  /** It does not come whole. */
  give: () => Promise<void>;
}

export interface Taker {
  /** Before any file. Throws where this backup is not wanted. */
  begin: (head: BackupHead) => Promise<void>;
  /** Undefined: only its hash is checked. */
  open: (path: string, bytes: number) => Promise<FileSink | undefined>;
}

export interface ReadBackup {
  head: BackupHead;
  files: number;
  /** Of all files, as they are unpacked. */
  bytes: number;
}

interface Entry {
  header: { name: string; size: number; type?: string; linkname?: string };
  body: ReadableStream<Uint8Array>;
}

const maxHeadBytes = 10_000;
const maxFiles = 5_000_000;
const maxSumsBytes = 2_000_000_000;

/**
 * Resolves once all of it was found to be as it was written. Throws BackupRefused with what is wrong, what `taker` throws, or
 * the signal's reason; what has come until then is not to be used.
 */
export async function readBackup(
  source: Readable,
  taker: Taker,
  signal: AbortSignal,
): Promise<ReadBackup> {
  using linked = link(signal);
  const { controller } = linked;
  const decoder = createTarDecoder({ strict: true });
  const fed = feed(source, decoder.writable, controller.signal);
  const read = readEntries(decoder.readable, taker, controller.signal);
  // What ends one of them ends the other.
  for (const one of [fed, read]) one.catch((error: unknown) => controller.abort(error));
  const [feeding, reading] = await Promise.allSettled([fed, read]);
  signal.throwIfAborted();
  if (reading.status === "rejected" && !isOfArchive(reading.reason)) throw reading.reason;
  // Where both failed, one of them may only have been ended by the other.
  const errors = [feeding, reading].flatMap((one) =>
    one.status === "rejected" ? [one.reason as unknown] : [],
  );
  if (errors.length > 0) throw asRefusal(errors.find(isOfArchive) ?? errors[0]);
  return (reading as PromiseFulfilledResult<ReadBackup>).value;
}

async function feed(
  source: Readable,
  target: WritableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const writer = target.getWriter();
  const write = async (pieces: AsyncIterable<Uint8Array>) => {
    for await (const piece of pieces) await writer.write(piece);
  };
  try {
    await pipeline(source, createGunzip(), write, { signal });
    await writer.close();
  } catch (error) {
    // The reader waits for more.
    writer.abort(error).catch(() => {}); // it may have ended by itself
    throw error;
  }
}

async function readEntries(
  entries: ReadableStream<Entry>,
  taker: Taker,
  signal: AbortSignal,
): Promise<ReadBackup> {
  const seen = new Set<string>();
  /** Of all lines that its list has to have, in this order. */
  const sums = createHash("sha256");
  let head: BackupHead | undefined;
  let bytes = 0;
  let isWhole = false;
  for await (const { header, body } of entries) {
    signal.throwIfAborted();
    const { name, size } = header;
    if (isWhole) throw new BackupRefused(`After its list of hashes it goes on with “${name}”.`);
    refuseSpecial(header);
    if (head === undefined) {
      const text = await readHead(name, size, body);
      head = parseHead(text);
      sums.update(sumLine(name, hashOf(text)));
      await taker.begin(head);
    } else if (name === sumsName) {
      await checkSums(body, size, sums.digest("hex"));
      isWhole = true;
    } else {
      refuseName(name, seen);
      bytes += size;
      if (bytes > head.bytes)
        throw new BackupRefused(`It holds more than the ${head.bytes} bytes that it says.`);
      sums.update(sumLine(name, await readFile(name, size, body, taker, signal)));
    }
  }
  if (head === undefined) throw new BackupRefused("It is empty.");
  if (!isWhole) throw new BackupRefused("It ends before its list of hashes.");
  return { head, files: seen.size, bytes };
}

function refuseSpecial({ name, type = "file", linkname }: Entry["header"]): void {
  if (type !== "file" || linkname)
    throw new BackupRefused(`“${name}” is a ${type}; a backup has only files.`);
}

function refuseName(name: string, seen: Set<string>): void {
  if (!isDataPath(name)) throw new BackupRefused(`A backup has no file “${name}”.`);
  // Where names differ in their case alone, some file systems have one file.
  const folded = name.toLowerCase();
  if (seen.has(folded)) throw new BackupRefused(`“${name}” comes twice.`);
  if (seen.size === maxFiles) throw new BackupRefused(`It has more than ${maxFiles} files.`);
  seen.add(folded);
}

async function readHead(
  name: string,
  size: number,
  body: ReadableStream<Uint8Array>,
): Promise<string> {
  if (name !== headName || size > maxHeadBytes)
    throw new BackupRefused(`Its first file is not ${headName}: Rein did not make it.`);
  return Buffer.concat(await Array.fromAsync(body)).toString();
}

async function readFile(
  name: string,
  size: number,
  body: ReadableStream<Uint8Array>,
  taker: Taker,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  const sink = await taker.open(name, size);
  try {
    for await (const piece of body) {
      signal.throwIfAborted();
      hash.update(piece);
      await sink?.write(piece);
    }
    await sink?.end();
  } catch (error) {
    await sink?.give();
    throw error;
  }
  return hash.digest("hex");
}

async function checkSums(
  body: ReadableStream<Uint8Array>,
  size: number,
  expected: string,
): Promise<void> {
  if (size > maxSumsBytes) throw new BackupRefused("Its list of hashes is too large.");
  const hash = createHash("sha256");
  for await (const piece of body) hash.update(piece);
  if (hash.digest("hex") !== expected)
    throw new BackupRefused("Its files are not those that were written: their hashes differ.");
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** zlib's errors, and those of the reader of the archive, say what is wrong with the file. */
function isOfArchive(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof BackupRefused) return false;
  return (
    String((error as NodeJS.ErrnoException).code).startsWith("Z_") ||
    /\btar\b|EOF|global attr/i.test(error.message)
  );
}

function asRefusal(error: unknown): unknown {
  if (!isOfArchive(error)) return error;
  const { message } = error as Error;
  return new BackupRefused(`It is damaged, cut, or no backup (${message}).`, { cause: error });
}
