/** Reads a patch in the form that OpenAI's models were trained on (grammar: openai/codex, `tool_apply_patch.lark`). */
import { truncate } from "../../../../shared/truncate";
import { ToolError } from "../../tool";

/** What is done with one file. Paths are as written. */
export type PatchSection =
  | { kind: "add"; path: string; lines: string[] }
  | { kind: "delete"; path: string }
  | { kind: "update"; path: string; moveTo?: string; hunks: Hunk[] };

export interface Hunk {
  /** The lines after `@@`, one inside the other: the hunk is below them. */
  anchors: string[];
  lines: HunkLine[];
  /** The lines are the last ones of the file. */
  isAtEnd: boolean;
}

export interface HunkLine {
  kind: "same" | "removed" | "added";
  text: string;
}

const begin = "*** Begin Patch";
const end = "*** End Patch";
const moveTo = "*** Move to: ";
const endOfFile = "*** End of File";
const headers = [
  ["add", "*** Add File: "],
  ["delete", "*** Delete File: "],
  ["update", "*** Update File: "],
] as const;

/** Taken too: a shell's here-document around it, spaces around a marker, CRLF. Throws ToolError that names the faulty line. */
export function parsePatch(text: string): PatchSection[] {
  const lines = unwrapped(text.trim().split(/\r?\n/));
  if (lines[0]?.trim() !== begin)
    throw new ToolError(`The patch must begin with the line “${begin}”. Nothing was changed.`);
  if (lines.length < 2 || lines.at(-1)?.trim() !== end)
    throw new ToolError(`The patch must end with the line “${end}”. Nothing was changed.`);
  const reader = new PatchLines(lines.slice(0, -1));
  const sections: PatchSection[] = [];
  while (!reader.isAtEnd) {
    if (reader.line.trim() === "") reader.take();
    else sections.push(readSection(reader));
  }
  if (sections.length === 0) throw new ToolError("The patch names no file. Nothing was changed.");
  return sections;
}

function unwrapped(lines: string[]): string[] {
  const word = /^(?:apply_patch\s+)?<<-?\s*(["']?)(\w+)\1$/.exec(lines[0]?.trim() ?? "")?.[2];
  return word !== undefined && lines.at(-1)?.trim() === word ? lines.slice(1, -1) : lines;
}

/** The lines of a patch, and where its reader is. */
class PatchLines {
  readonly #lines: string[];
  #at = 1;

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#lines.length;
  }

  /** The next one; empty at the end. */
  get line(): string {
    return this.#lines[this.#at] ?? "";
  }

  take(): string {
    return this.#lines[this.#at++] ?? "";
  }

  fault(words: string): ToolError {
    const line = truncate(this.line, 200);
    return new ToolError(
      `Line ${this.#at + 1} of the patch (“${line}”) ${words} Nothing was changed.`,
    );
  }
}

function readSection(reader: PatchLines): PatchSection {
  const line = reader.line.trim();
  const found = headers.find(([, header]) => line.startsWith(header));
  if (found === undefined)
    throw reader.fault(
      `is no header of a file: expected ${headers.map(([, header]) => `“${header}PATH”`).join(" or ")}.`,
    );
  const [kind, header] = found;
  const path = line.slice(header.length).trim();
  if (path === "") throw reader.fault("names no file.");
  reader.take();
  if (kind === "delete") return { kind, path };
  if (kind === "add") return { kind, path, lines: readAdded(reader) };
  const target = reader.line.startsWith(moveTo) ? reader.take().slice(moveTo.length).trim() : "";
  const hunks = readHunks(reader);
  if (hunks.length === 0 && target === "")
    throw new ToolError(`The patch says nothing about ${path}. Nothing was changed.`);
  return { kind, path, hunks, ...(target !== "" && { moveTo: target }) };
}

function readAdded(reader: PatchLines): string[] {
  const lines: string[] = [];
  for (;;) {
    const empty = takeEmpty(reader);
    if (reader.isAtEnd || !reader.line.startsWith("+")) return lines;
    lines.push(...(lines.length > 0 ? empty : []), reader.take().slice(1));
  }
}

/** Lines without a sign, which are of the file where more of it follows. */
function takeEmpty(reader: PatchLines): string[] {
  const lines: string[] = [];
  while (!reader.isAtEnd && reader.line === "") lines.push(reader.take());
  return lines;
}

function readHunks(reader: PatchLines): Hunk[] {
  const hunks: Hunk[] = [];
  while (!reader.isAtEnd && !reader.line.startsWith("*")) {
    if (reader.line.trim() === "") reader.take();
    else hunks.push(readHunk(reader));
  }
  return hunks;
}

function readHunk(reader: PatchLines): Hunk {
  const anchors = readAnchors(reader);
  const lines = readHunkLines(reader);
  if (lines.length === 0) throw reader.fault("follows “@@” and is no line of a change.");
  const isAtEnd = reader.line.trim() === endOfFile;
  if (isAtEnd) reader.take();
  return { anchors, lines, isAtEnd };
}

function readAnchors(reader: PatchLines): string[] {
  const anchors: string[] = [];
  while (reader.line === "@@" || reader.line.startsWith("@@ ")) {
    // Line numbers, and a second “@@”, are habits from other forms.
    const anchor = reader
      .take()
      .slice(3)
      .replace(/^-\d+(?:,\d+)? \+\d+(?:,\d+)? /, "")
      .replace(/^@@ ?| @@$/, "");
    if (anchor.trim() !== "") anchors.push(anchor);
  }
  return anchors;
}

const kinds = new Map([
  [" ", "same"],
  ["-", "removed"],
  ["+", "added"],
] as const);

function readHunkLines(reader: PatchLines): HunkLine[] {
  const lines: HunkLine[] = [];
  for (;;) {
    const empty = takeEmpty(reader);
    if (reader.isAtEnd || reader.line.startsWith("*") || reader.line.startsWith("@@")) return lines;
    const kind = kinds.get(reader.line[0] as " ");
    if (kind === undefined)
      throw reader.fault(
        'must begin with " " (stays), "-" (is removed) or "+" (is added), or be a header.',
      );
    lines.push(...empty.map((text) => ({ kind: "same" as const, text })));
    lines.push({ kind, text: reader.take().slice(1) });
  }
}
