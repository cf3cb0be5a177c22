/** The files that instructions name as `@path`: their texts stand behind the one that names them. */
import { basename, dirname, resolve } from "node:path";
import { codeRanges } from "../../shared/code-ranges";
import { errorCode } from "../../shared/error-code";
import { isWithin, relativeTo } from "../../shared/rules";
import { Directory } from "../files/directory";
import { realPath } from "../files/real-path";
import { NotRegularError } from "../files/regular-file";
import { maxNotes } from "./command-file";
import { maxFileBytes, type Reading } from "./reading";
import { quoted } from "./shown-text";

export interface ImportBounds {
  /** Without links: the project's root, or the person's home. Nothing outside is read. */
  within: string;
  /** What `~/` stands for; absent: a path with it leads out. */
  home?: string;
}

const maxHops = 4;
/** Of one file that names others, in all. */
const maxLookUps = 100;
export const maxCharacters = 64_000;

interface Expansion {
  bounds: ImportBounds;
  reading: Reading;
  visited: Set<string>;
  texts: string[];
  characters: number;
  lookUps: number;
  notes: Set<string>;
}

/** `told`: files that are not read for it. `path`: its own, absolute and without links. Throws only the signal's reason. */
export async function withImports(
  text: string,
  told: ReadonlySet<string>,
  path: string,
  bounds: ImportBounds,
  reading: Reading,
): Promise<{ text: string; notes: string[] }> {
  const at: Expansion = {
    bounds,
    reading,
    visited: new Set([...told, path]),
    texts: [text],
    characters: text.length,
    lookUps: 0,
    notes: new Set(),
  };
  await addImports(at, text, path, 1);
  return { text: at.texts.join("\n\n"), notes: [...at.notes].slice(0, maxNotes) };
}

async function addImports(at: Expansion, text: string, path: string, hop: number): Promise<void> {
  for (const named of importsIn(text)) {
    if (at.lookUps++ >= maxLookUps) {
      at.notes.add(`It names more than ${maxLookUps} files: the rest is not read.`);
      return;
    }
    try {
      await addImport(at, named, path, hop);
    } catch (error) {
      at.reading.signal.throwIfAborted();
      if (errorCode(error) === undefined && !(error instanceof NotRegularError)) throw error;
      const why = whyNot(error);
      if (why !== undefined) at.notes.add(`“@${quoted(named, 100)}” is not read: ${why}.`);
    }
  }
}

/** What names no file at all may be a person, a package or a decorator. */
function whyNot(error: unknown): string | undefined {
  if (error instanceof NotRegularError)
    return error.reason === "is a directory" ? undefined : `it ${error.reason}`;
  const code = errorCode(error) ?? "";
  return nothingThere.has(code) ? undefined : `it cannot be read (${code})`;
}

const nothingThere = new Set(["ENOENT", "ENOTDIR", "ENAMETOOLONG", "EINVAL"]);

async function addImport(at: Expansion, named: string, by: string, hop: number): Promise<void> {
  const { bounds, reading, visited, notes } = at;
  const words = `“@${quoted(named, 100)}” is not read`;
  const isHome = named.startsWith("~/");
  if (isHome && bounds.home === undefined)
    return void notes.add(`${words}: it leads out of the project.`);
  const path = isHome ? `${bounds.home}${named.slice(1)}` : resolve(dirname(by), named);
  const real = await realPath(path, reading.signal);
  if (!isWithin(real, bounds.within)) {
    const where = bounds.home === undefined ? "the project" : "the home directory";
    return void notes.add(`${words}: it leads out of ${where}.`);
  }
  if (visited.has(real)) return;
  const denied = reading.whyDenied(real);
  if (denied !== undefined) return void notes.add(`${words}: ${denied.replace(/\.$/, "")}.`);
  using directory = await Directory.open(dirname(real), reading.signal);
  const { text, isCut } = await reading.content(directory, basename(real), maxFileBytes);
  visited.add(real);
  if (hop > maxHops) return void notes.add(`${words}: it is more than ${maxHops} files away.`);
  if (isCut) return void notes.add(`${words}: it is longer than 64 kB.`);
  if (text.includes("\0")) return void notes.add(`${words}: it is no text.`);
  if (at.characters + text.length > maxCharacters)
    return void notes.add(`${words}: with it there would be more than 64,000 characters.`);
  at.characters += text.length;
  at.texts.push(`[${quoted(relativeTo(real, bounds.within), 200)}]\n${text.trim()}`);
  await addImports(at, text, real, hop + 1);
}

/** At the start of a line or after white space, and not in code. */
function importsIn(text: string): string[] {
  const code = codeRanges(text);
  let next = 0;
  const found: string[] = [];
  for (const { 0: whole, index } of text.matchAll(/(?<!\S)@[^\s@`]+/g)) {
    while (code[next] !== undefined && code[next]!.end <= index) next++;
    const range = code[next];
    if (range !== undefined && range.start <= index) continue;
    const path = withoutMarks(whole.slice(1));
    if (path !== "" && !path.includes("\0")) found.push(path);
  }
  return found;
}

/** Without the marks of the sentence behind it. */
function withoutMarks(path: string): string {
  let end = path.length;
  while (end > 0 && ".,;:!?)]}'\"".includes(path[end - 1]!)) end--;
  return path.slice(0, end);
}
