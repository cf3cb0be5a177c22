/** The text of one file for people: read by handle, within bounds. */
import type { TextAnswer } from "../../shared/protocol";
import { systemErrorCode } from "../../shared/error-code";
import { Directory } from "../files/directory";
import { NotRegularError, RegularFile } from "../files/regular-file";
import { isText } from "./file-side";
import { ReviewError } from "./review-error";
import { partsOf } from "./review-path";

const maxBytes = 1_000_000;

/** `path` is relative to `cwd`; no link is followed. Throws ReviewError, or the signal's reason. */
export async function readTextOf(
  cwd: string,
  path: string,
  signal: AbortSignal,
): Promise<TextAnswer> {
  const parts = partsOf(path);
  const name = parts.join("/");
  const last = parts.pop();
  if (last === undefined) throw new ReviewError(400, "file", "The path names no file.");
  try {
    using root = await Directory.open(cwd, signal);
    using parent = await root.descend(parts, signal);
    using file = await RegularFile.open(parent, last, signal);
    const size = Number(file.stats.size);
    if (size > maxBytes) return { path: name, bytes: size, unshown: "too-long" };
    const bytes = await file.bytes(0, maxBytes + 1, signal);
    if (bytes.length > maxBytes) return { path: name, bytes: bytes.length, unshown: "too-long" };
    if (!isText(bytes)) return { path: name, bytes: bytes.length, unshown: "binary" };
    return { path: name, bytes: bytes.length, text: bytes.toString("utf8") };
  } catch (error) {
    signal.throwIfAborted();
    throw new ReviewError(404, "file", `“${name}” cannot be read: ${words(error)}.`);
  }
}

function words(error: unknown): string {
  if (error instanceof NotRegularError) return error.message;
  const code = systemErrorCode(error);
  return reasons[code] ?? code;
}

const reasons: Record<string, string> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  ELOOP: "it is a link, and links are not followed here",
  EACCES: "permission denied",
};
