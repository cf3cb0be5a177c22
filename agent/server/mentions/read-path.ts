/** What a mention of a file or folder gives to the model: read in this moment, inside the working directory alone. */
import { isUtf8 } from "node:buffer";
import { realpath } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { errorCode } from "../../shared/error-code";
import type { LineRange, MentionTarget } from "../../shared/mentions";
import { isWithin, type PathAccess, relativeTo } from "../../shared/rules";
import { maxFileBytes, sizeOf } from "../../shared/taken-files";
import { abortable } from "../abort";
import { signatureOf } from "../attachments/file-content";
import { Directory } from "../files/directory";
import { NotRegularError, RegularFile } from "../files/regular-file";
import type { Jobs } from "../processes/jobs";
import { listFiles } from "../tools/search/project-paths";

/** `refused`: why nothing is given, as a clause that follows the name. */
export type Mentioned = { name: string } & (
  | { content: Buffer; refused?: never }
  | { refused: string; content?: never }
);

export interface PathReader {
  /** Absolute, without links. */
  cwd: string;
  jobs: Jobs;
  /** Why a file may not be read, whatever a person says; undefined when it may. */
  whyDenied: (access: PathAccess) => string | undefined;
}

type PathTarget = Extract<MentionTarget, { kind: "path" }>;

const maxTextBytes = 256_000;
const maxListed = 1000;
const pieceBytes = 1_000_000;

/** Undefined when there is nothing of this name. Throws the signal's reason. */
export async function readPath(
  reader: PathReader,
  { path, lines }: PathTarget,
  signal: AbortSignal,
): Promise<Mentioned | undefined> {
  if (path.includes("\0")) return undefined;
  const name = path;
  try {
    const real = await abortable(realpath(resolve(reader.cwd, path)), signal);
    if (!isWithin(real, reader.cwd))
      return { name, refused: "it is outside the working directory" };
    const denied = reader.whyDenied({ kind: "read", path: real });
    if (denied !== undefined) return { name, refused: denied };
    return await readReal(reader, real, lines, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (nothingThere.has(errorCode(error) ?? "")) return undefined;
    if (error instanceof NotRegularError) return { name, refused: `it ${error.reason}` };
    return { name, refused: `it cannot be read (${errorCode(error) ?? "unknown error"})` };
  }
}

const nothingThere = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "EINVAL"]);

/** Throws a system error, also where a link has taken the place of a part of the path since. */
async function readReal(
  reader: PathReader,
  real: string,
  lines: LineRange | undefined,
  signal: AbortSignal,
): Promise<Mentioned> {
  const name = relativeTo(real, reader.cwd) || ".";
  if (real !== reader.cwd) {
    using parent = await Directory.open(dirname(real), signal);
    try {
      using file = await RegularFile.open(parent, basename(real), signal);
      return { name, ...(await readFile(file, lines, signal)) };
    } catch (error) {
      if (!(error instanceof NotRegularError) || error.reason !== "is a directory") throw error;
    }
  }
  const denied = reader.whyDenied({ kind: "read", path: real, isSearch: true });
  if (denied !== undefined) return { name: `${name}/`, refused: denied };
  return { name: `${name}/`, content: await listFolder(reader.jobs, real, signal) };
}

/** Its files and folders without those that are ignored. */
async function listFolder(jobs: Jobs, real: string, signal: AbortSignal): Promise<Buffer> {
  const index = await listFiles(jobs, real, signal);
  const paths = await index.best("", maxListed, signal);
  const left = index.size - paths.length;
  const lines = paths.toSorted().map((path) => JSON.stringify(path).slice(1, -1));
  const more =
    left > 0 ? [`[… ${index.isPartial ? "more than " : ""}${left} more are not listed]`] : [];
  return Buffer.from(
    lines.length === 0 ? "[empty, or all is ignored]" : [...lines, ...more].join("\n"),
  );
}

type Content = { content: Buffer } | { refused: string };

/** A picture or PDF as it is; of a text the lines with their numbers, as `read` gives them. */
async function readFile(
  file: RegularFile,
  lines: LineRange | undefined,
  signal: AbortSignal,
): Promise<Content> {
  const size = Number(file.stats.size);
  if (size > maxFileBytes)
    return { refused: `it has ${sizeOf(size)}, and at most ${sizeOf(maxFileBytes)} are read` };
  if (signatureOf(await file.bytes(0, 16, signal)) !== undefined)
    return { content: await file.bytes(0, maxFileBytes, signal) };
  const { from, to } = lines ?? { from: 1, to: Infinity };
  const found = await readLines(file, from, to, signal);
  if (found.bytes.length === 0 && from > 1)
    return { refused: `it has only ${found.lines} ${found.lines === 1 ? "line" : "lines"}` };
  if (!isUtf8(found.bytes) || found.bytes.includes(0))
    return { refused: "it is neither text in UTF-8 nor a picture or PDF" };
  const texts = found.bytes
    .toString()
    .replace(/\r?\n$/, "")
    .split(/\r?\n/);
  const numbered = texts.map((text, index) => `${from + index}\t${text}`);
  if (found.isCut)
    numbered.push(
      `[… cut after ${sizeOf(maxTextBytes)} of ${sizeOf(size)}: read the rest with a range of lines]`,
    );
  return { content: Buffer.from(numbered.join("\n")) };
}

interface Lines {
  bytes: Buffer;
  /** How many lines were passed. */
  lines: number;
  isCut: boolean;
}

/** In pieces, so that a large file holds up nothing else. */
async function readLines(
  file: RegularFile,
  from: number,
  to: number,
  signal: AbortSignal,
): Promise<Lines> {
  const taken: Buffer[] = [];
  let [line, bytes, isMidLine] = [1, 0, false];
  const found = (isCut: boolean): Lines => ({
    bytes: Buffer.concat(taken),
    lines: isMidLine ? line : line - 1,
    isCut,
  });
  for (let at = 0; ;) {
    const piece = await file.bytes(at, pieceBytes, signal);
    if (piece.length === 0) return found(false);
    at += piece.length;
    for (let start = 0; start < piece.length;) {
      const newline = piece.indexOf(10, start);
      const end = newline === -1 ? piece.length : newline + 1;
      if (line >= from) {
        if (bytes + end - start > maxTextBytes) return found(true);
        taken.push(piece.subarray(start, end));
        bytes += end - start;
      }
      isMidLine = newline === -1;
      if (!isMidLine && ++line > to) return found(false);
      start = end;
    }
  }
}
