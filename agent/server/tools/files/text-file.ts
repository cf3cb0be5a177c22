/** Reads a text file, or throws an error that says why it is not one. */
import type { BigIntStats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { systemErrorCode } from "../../error-code";
import type { ResolvedPath } from "./resolved-path";
import { ToolError } from "../tool";

export const maxFileBytes = 10 * 1024 * 1024;

export interface TextFile {
  /** Decoded as UTF-8, with its byte order mark and line endings. */
  text: string;
  version: FileVersion;
}

/** Changes whenever the file is written or replaced. */
export type FileVersion = string;

/** Throws ToolError when the file does not exist, is too large, or is not text; the signal's reason when it aborts. */
export async function readTextFile(target: ResolvedPath, signal: AbortSignal): Promise<TextFile> {
  const found = await statFile(target);
  if (found === undefined) throw new ToolError(`There is no file ${target.shown}.`);
  const bytes = await readBytes(target, signal);
  const kind = kindOf(bytes);
  if (kind) throw new ToolError(`${target.shown} is ${kind}, and only text can be read.`);
  return { text: decode(bytes, target), version: versionOf(found) };
}

/** Undefined when the file does not exist. Throws ToolError when it is not a regular file, or too large. */
export async function statFile({ path, shown }: ResolvedPath): Promise<BigIntStats | undefined> {
  const found = await stat(path, { bigint: true }).catch((error: unknown) => {
    const code = systemErrorCode(error);
    if (code === "ENOENT") return undefined;
    throw new ToolError(`${shown} cannot be accessed: ${code}.`, { cause: error });
  });
  if (found?.isDirectory())
    throw new ToolError(`${shown} is a directory. Use glob to list its files.`);
  if (found && !found.isFile())
    throw new ToolError(`${shown} is not a regular file but a device, pipe or socket.`);
  if (found && found.size > BigInt(maxFileBytes))
    throw new ToolError(
      `${shown} is too large: ${found.size} bytes, the limit is ${maxFileBytes}. ` +
        "Use grep to search it.",
    );
  return found;
}

export function versionOf({ ino, size, mtimeNs, ctimeNs }: BigIntStats): FileVersion {
  return [ino, size, mtimeNs, ctimeNs].join(":");
}

async function readBytes({ path, shown }: ResolvedPath, signal: AbortSignal): Promise<Uint8Array> {
  try {
    return await readFile(path, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new ToolError(`${shown} cannot be read: ${systemErrorCode(error)}.`, { cause: error });
  }
}

function decode(bytes: Uint8Array, { shown }: ResolvedPath): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new ToolError(`${shown} is not UTF-8 text. Convert it first (for example with iconv).`, {
      cause: error,
    });
  }
}

/** What it is when it is not text, by its first bytes. */
function kindOf(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString(
    "latin1",
  );
  const known = signatures.find(([signature]) => signature.test(start));
  if (known) return known[1];
  return bytes.includes(0) ? "a binary file" : undefined;
}

const signatures: [RegExp, string][] = [
  [/^\x89PNG/, "an image (PNG)"],
  [/^\xff\xd8\xff/, "an image (JPEG)"],
  [/^GIF8[79]a/, "an image (GIF)"],
  [/^RIFF.{4}WEBP/s, "an image (WebP)"],
  [/^%PDF-/, "a PDF document"],
];
