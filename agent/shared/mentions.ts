/** The mentions in a message: `@path`, `@"a path"`, `@path:10-20`, `@session:ID`, `@agent:NAME`, `@SERVER:URI`. */
import { codeRanges } from "./code-ranges";

/** From 1, both included. */
export interface LineRange {
  from: number;
  to: number;
}

/** What a mention can mean. */
export type MentionTarget =
  | { kind: "path"; path: string; lines?: LineRange }
  | { kind: "session"; id: string }
  | { kind: "agent"; name: string }
  /** A resource of an MCP server. */
  | { kind: "resource"; server: string; uri: string };

export interface Mention {
  /** Where its `@` stands in the text. */
  at: number;
  /** The longest first: the punctuation of a sentence belongs to it only if there is something of that name. */
  readings: MentionReading[];
}

export interface MentionReading {
  /** As it was written, without the `@`. */
  text: string;
  target: MentionTarget;
}

/** Of one message; what comes after them stays text. */
export const maxMentions = 50;
const maxLength = 1000;
const maxTrimmed = 6;

/**
 * In their order, at most `maxMentions`. An `@` counts at the beginning, after white space and after an opening bracket,
 * and not in Markdown's code. Takes time that is linear in the length of the text.
 */
export function mentionsIn(text: string): Mention[] {
  const mentions: Mention[] = [];
  for (const mention of allMentions(text)) {
    mentions.push(mention);
    if (mentions.length === maxMentions) break;
  }
  return mentions;
}

/** The text with a backslash before each mention, so that it is none: for what somebody else than the user wrote. */
export function withoutMentions(text: string): string {
  let escaped = "";
  let from = 0;
  for (const { at } of allMentions(text)) {
    escaped += `${text.slice(from, at)}\\`;
    from = at;
  }
  return escaped + text.slice(from);
}

function* allMentions(text: string): Generator<Mention, void> {
  if (!text.includes("@")) return;
  const code = codeRanges(text);
  let next = 0;
  for (const { index: at } of text.matchAll(/(?<![^\s([{<])@/g)) {
    while (next < code.length && code[next]!.end <= at) next++;
    if (next < code.length && code[next]!.start <= at) continue;
    const readings = quotedReadings(text, at) ?? plainReadings(text, at);
    if (readings.length > 0) yield { at, readings };
  }
}

/** As a message names a path; what cannot stand in a plain one is escaped within quotes. */
export function mentionOfPath(path: string): string {
  const isPlain = !/[\s"\\`\p{C}]/u.test(path) && targetsOf(path)[0]?.kind === "path";
  return isPlain && targetsOf(path).length === 1 ? `@${path}` : `@${quotedPath(path)}`;
}

/** The `@` word that the cursor is in: what stands before the cursor is the query, what follows it is replaced too. */
export interface MentionWord {
  /** With the quote that it begins with. */
  before: string;
  query: string;
  rest: string;
}

/** `before` and `after`: the text around the cursor. An `@` within a word, as in an address of mail, begins none. */
export function mentionWordAt(before: string, after: string): MentionWord | undefined {
  // No path is longer; a pasted text is not searched to its beginning.
  const near = before.slice(-500);
  const quoted = /(?:^|[\s([{<])@("[^"\n]{0,400})$/.exec(near)?.[1];
  const word = quoted ?? /(?:^|[\s([{<])@([^\s"]{0,400})$/.exec(near)?.[1];
  if (word === undefined) return undefined;
  const rest = (quoted === undefined ? /^[^\s"]*/ : /^[^"\n]*"?/).exec(after.slice(0, 500))?.[0];
  return { before: word, query: quoted?.slice(1) ?? word, rest: rest ?? "" };
}

const quotedForm = /"((?:[^"\\\n]|\\[^\n]){1,1000})"(?::(\d{1,7})(?:-(\d{1,7}))?)?/y;

function quotedReadings(text: string, at: number): MentionReading[] | undefined {
  quotedForm.lastIndex = at + 1;
  const found = quotedForm.exec(text);
  if (found === null) return undefined;
  const [written, escaped = "", from, to] = found;
  return [{ text: written, target: pathTarget(unescaped(escaped), from, to) }];
}

function plainReadings(text: string, at: number): MentionReading[] {
  const word = /^[^\s"]+/.exec(text.slice(at + 1, at + 1 + maxLength))?.[0] ?? "";
  return trimmings(word).flatMap((one) => targetsOf(one).map((target) => ({ text: one, target })));
}

/** The word, and what is left of it without one, two … of the marks at its end. */
function trimmings(word: string): string[] {
  const marks = /[.,;:!?)\]}>'’”…]*$/.exec(word.slice(-maxTrimmed))?.[0].length ?? 0;
  return Array.from({ length: marks + 1 }, (_, count) => word.slice(0, word.length - count)).filter(
    (one) => one !== "",
  );
}

/** The first that is there counts. */
function targetsOf(word: string): MentionTarget[] {
  const session = /^session:([A-Za-z0-9_-]{1,64})$/.exec(word)?.[1];
  if (session !== undefined) return [{ kind: "session", id: session }];
  const agent = /^agent:([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(word)?.[1];
  if (agent !== undefined) return [{ kind: "agent", name: agent }];
  const resource = /^([A-Za-z0-9_.-]{1,64}):([A-Za-z][A-Za-z0-9+.-]*:.+)$/.exec(word);
  if (resource) return [{ kind: "resource", server: resource[1]!, uri: resource[2]! }];
  const whole: MentionTarget = { kind: "path", path: word };
  const ranged = /^(.+?):(\d{1,7})(?:-(\d{1,7}))?$/.exec(word);
  return ranged ? [whole, pathTarget(ranged[1]!, ranged[2], ranged[3])] : [whole];
}

function pathTarget(path: string, from?: string, to = from): MentionTarget {
  if (from === undefined || to === undefined) return { kind: "path", path };
  const [first, last] = [Math.max(1, Number(from)), Math.max(1, Number(to))];
  return { kind: "path", path, lines: { from: Math.min(first, last), to: Math.max(first, last) } };
}

/** As in JSON. What is no JSON was typed by hand, and means itself. */
function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string;
  } catch {
    return text;
  }
}

function quotedPath(path: string): string {
  return JSON.stringify(path).replaceAll(/[`\p{C}\u2028\u2029]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}
