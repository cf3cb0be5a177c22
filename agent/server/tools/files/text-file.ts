/** Reads a text file, or throws an error that says why it is not one. */
import type { BigIntStats } from "node:fs";
import { errorCode } from "../../../shared/error-code";
import { isWithin } from "../../../shared/rules";
import { maxFileBytes, nameOfType } from "../../../shared/taken-files";
import { abortable } from "../../abort";
import { signatureOf } from "../../attachments/file-content";
import { NotRegularError, RegularFile } from "../../files/regular-file";
import { accessError, openParent, type ResolvedPath } from "./resolved-path";
import { type ToolContext, ToolError } from "../tool";

export interface TextFile {
  /** Decoded as UTF-8, with its byte order mark and line endings. */
  text: string;
  version: FileVersion;
}

/** Changes whenever the file is written or replaced. */
export type FileVersion = string;

/** The version of a file that does not exist. */
export const absent: FileVersion = "absent";

/** A file that is to be replaced, made or removed. */
export interface FileBefore {
  /** Undefined: there is none. Null: it is not text, too large, or cannot be read. */
  text: string | undefined | null;
  /** Undefined: it cannot be read. */
  version: FileVersion | undefined;
}

/** Throws only the signal's reason. */
export async function readBefore(target: ResolvedPath, signal: AbortSignal): Promise<FileBefore> {
  let version: FileVersion | undefined;
  try {
    using file = await openTarget(target, signal);
    if (file === undefined) return { text: undefined, version: absent };
    version = versionOf(file.stats);
    return { text: await readText(file, target, signal), version };
  } catch (error) {
    if (error instanceof ToolError) return { text: null, version };
    throw error;
  }
}

/** Throws ToolError when the file does not exist, is too large, or is not text; the signal's reason when it aborts. */
export async function readTextFile(
  target: ResolvedPath,
  context: Pick<ToolContext, "jobs">,
  signal: AbortSignal,
): Promise<TextFile> {
  const { bytes, version } = await readWholeFile(target, context, signal);
  return { text: textOf(bytes, target), version };
}

/** Throws as `readTextFile` does, whatever the file holds. */
export async function readWholeFile(
  target: ResolvedPath,
  { jobs }: Pick<ToolContext, "jobs">,
  signal: AbortSignal,
): Promise<{ bytes: Buffer; version: FileVersion }> {
  using file = await openTarget(target, signal);
  if (file === undefined) {
    const isElsewhere =
      !target.inside &&
      isWithin(target.path, "/tmp") &&
      (await abortable(jobs.confinement(), signal)) !== undefined;
    const hint = isElsewhere ? " (Commands in the sandbox have a /tmp of their own.)" : "";
    throw new ToolError(`File “${target.shown}” not found.${hint}`);
  }
  return { bytes: await readBytes(file, target, signal), version: versionOf(file.stats) };
}

/** Throws as `readTextFile` does. */
async function readText(
  file: RegularFile,
  target: ResolvedPath,
  signal: AbortSignal,
): Promise<string> {
  return textOf(await readBytes(file, target, signal), target);
}

/** Throws ToolError when it is not text. */
export function textOf(bytes: Buffer, target: Pick<ResolvedPath, "shown">): string {
  const kind = kindOf(bytes);
  if (kind) throw new ToolError(`${target.shown} is ${kind}, and only text can be read.`);
  return decode(bytes, target);
}

/** Undefined when the file does not exist. Throws ToolError when it is not a regular file, or cannot be opened. */
export async function openTarget(
  target: ResolvedPath,
  signal: AbortSignal,
): Promise<RegularFile | undefined> {
  try {
    const { directory, name } = await openParent(target, signal);
    using _directory = directory;
    return await RegularFile.open(directory, name, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (errorCode(error) === "ENOENT") return undefined;
    throw refusal(target, error);
  }
}

/** What is there is no regular file, or cannot be opened. */
export function refusal(target: ResolvedPath, error: unknown): ToolError {
  if (!(error instanceof NotRegularError)) return accessError(target, "accessed", error);
  const hint = error.reason === "is a directory" ? " Use glob to list its files." : "";
  return new ToolError(`${target.shown} ${error.reason}.${hint}`, { cause: error });
}

export function versionOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): FileVersion {
  return [ino, size, mtimeNs, ctimeNs].join(":");
}

const maxTextBytes = 14_000_000;

/** Never more than the limit, whatever its size was said to be: of a picture or PDF, that of an attached one. */
async function readBytes(
  file: RegularFile,
  target: ResolvedPath,
  signal: AbortSignal,
): Promise<Buffer> {
  const { size } = file.stats;
  try {
    const isText = signatureOf(await file.bytes(0, 16, signal)) === undefined;
    const most = isText ? maxTextBytes : maxFileBytes;
    if (size > BigInt(most)) throw tooLarge(target, `${size} bytes`, most);
    const bytes = await file.bytes(0, most + 1, signal);
    if (bytes.length > most) throw tooLarge(target, "it is growing", most);
    return bytes;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ToolError) throw error;
    throw accessError(target, "read", error);
  }
}

function tooLarge({ shown }: ResolvedPath, size: string, most: number): ToolError {
  const hint = most === maxTextBytes ? " Use grep to search it." : "";
  return new ToolError(`${shown} is too large: ${size}, the limit is ${most} bytes.${hint}`);
}

function decode(bytes: Uint8Array, { shown }: Pick<ResolvedPath, "shown">): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new ToolError(`${shown} is not UTF-8 text. Convert it first (for example with iconv).`, {
      cause: error,
    });
  }
}

/** What it is when it is not text, by its first bytes. */
function kindOf(bytes: Buffer): string | undefined {
  const mediaType = signatureOf(bytes);
  if (mediaType === "application/pdf") return "a PDF document";
  if (mediaType !== undefined) return `an image (${nameOfType(mediaType)})`;
  return bytes.includes(0) ? "a binary file" : undefined;
}
