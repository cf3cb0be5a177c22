/** Writes a backup: a tar of the data, compressed by gzip, with what it is first and the hashes of all files last. */
import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { createTarPacker } from "modern-tar";
import { errorCode } from "../../shared/error-code";
import { headName, sumsName } from "./data-names";
import type { Staged, StagedFile } from "./staged-data";

type Controller = ReturnType<typeof createTarPacker>["controller"];

const pieceBytes = 256 * 1024;
/** The fastest: much of the data is compressed already. */
const level = 1;

/** Resolves once `sink` has taken all of it and is closed. Throws what the disk throws, or the signal's reason. */
export async function writeBackup(
  staged: Staged,
  sink: Writable,
  signal: AbortSignal,
): Promise<void> {
  const { readable, controller } = createTarPacker();
  const added = addAll(controller, staged, signal).catch((error: unknown) => {
    controller.error(error);
    throw error;
  });
  const written = pipeline(readable, createGzip({ level }), sink, { signal });
  const [adding, writing] = await Promise.allSettled([added, written]);
  signal.throwIfAborted();
  // Where one fails the other does, and says less of it.
  if (writing.status === "rejected") throw writing.reason;
  if (adding.status === "rejected") throw adding.reason;
}

async function addAll(
  controller: Controller,
  { head, files, refuseReplaced }: Staged,
  signal: AbortSignal,
): Promise<void> {
  const sums: string[] = [];
  const modified = new Date();
  const text = `${JSON.stringify(head, null, 2)}\n`;
  sums.push(sumLine(headName, await addText(controller, headName, text, modified)));
  for (const file of files) {
    signal.throwIfAborted();
    const hash = await addFile(controller, file);
    if (hash !== undefined) sums.push(sumLine(file.path, hash));
  }
  refuseReplaced();
  await addText(controller, sumsName, sums.join(""), modified);
  controller.finalize();
}

/** As `sha256sum --check` reads it. */
export function sumLine(path: string, hash: string): string {
  return `${hash}  ${path}\n`;
}

async function addText(
  controller: Controller,
  name: string,
  text: string,
  mtime: Date,
): Promise<string> {
  const content = Buffer.from(text);
  const writer = controller.add({ name, size: content.length, mode: 0o600, mtime }).getWriter();
  await writer.write(new Uint8Array(content));
  await writer.close();
  return createHash("sha256").update(content).digest("hex");
}

/** Undefined of a file that is gone: its session was deleted meanwhile. */
async function addFile(controller: Controller, file: StagedFile): Promise<string | undefined> {
  const { path, from, bytes } = file;
  await using handle = await openFile(from);
  if (handle === undefined) return undefined;
  const { size: now, mtime } = await handle.stat();
  const size = Math.min(now, bytes);
  const hash = createHash("sha256");
  const writer = controller.add({ name: path, size, mode: 0o600, mtime }).getWriter();
  for (let at = 0; at < size;) {
    // The packer keeps what it is given.
    const piece = new Uint8Array(Math.min(pieceBytes, size - at));
    const { bytesRead } = await handle.read(piece, 0, piece.length, at);
    if (bytesRead === 0) throw new Error(`${from} became shorter while it was read; try again`);
    const read = piece.subarray(0, bytesRead);
    hash.update(read);
    await writer.write(read);
    at += bytesRead;
  }
  await writer.close();
  return hash.digest("hex");
}

async function openFile(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
