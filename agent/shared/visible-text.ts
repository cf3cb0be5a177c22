/**
 * Text from a model, a command or a directory in pieces that can be shown without being interpreted: whatever is
 * invisible, moves other text or imitates it is a mark that names it, as in editors.
 */
import { languageId, t, tn } from "./translation";

export type Segment =
  | { kind: "text"; text: string }
  /** One word of a script that runs from right to left. To be isolated, so that it reorders nothing around it. */
  | { kind: "right-to-left"; text: string }
  /** `text` stands in the place of the characters; `name` says what they are. `lines`: how many of them it is for. */
  | { kind: "mark"; text: string; name: string; lines?: number };

export interface VisibleOptions {
  /** For text that a person has to approve: characters that look like ASCII, long runs of white space and joined emoji are marked too. */
  exact?: boolean;
  /** False for a piece of a line, whose end is not the end of a line: white space there is not marked. */
  lineEnds?: boolean;
  /** A name on one line: line feeds and tabs are marked too. */
  isName?: boolean;
}

/** The segments add up to the whole text. Line feeds and tabs stay in it, except at the end of a line, where white space is marked. */
export function visibleSegments(
  text: string,
  { exact = false, lineEnds = true, isName = false }: VisibleOptions = {},
): Segment[] {
  const isUsual = !exact && !unusual.test(text) && !(isName && text.includes("\n"));
  if (isUsual) return [{ kind: "text", text }];
  const segments: Segment[] = [];
  let end = 0;
  for (const match of text.matchAll(exact ? exactPattern : isName ? namePattern : pattern)) {
    const found = segmentsOf(match[0], match.groups ?? {});
    if (found === undefined || (!lineEnds && match.groups?.["lineEnd"] !== undefined)) continue;
    if (match.index > end) segments.push({ kind: "text", text: text.slice(end, match.index) });
    segments.push(...found);
    end = match.index + match[0].length;
  }
  if (end < text.length || segments.length === 0)
    segments.push({ kind: "text", text: text.slice(end) });
  return segments;
}

/** The same as one string, for a label or a title: marks stand in angle brackets. */
export function visibleString(text: string, options?: VisibleOptions): string {
  return visibleSegments(text, options)
    .map((segment) => (segment.kind === "mark" ? `⟨${segment.text}⟩` : segment.text))
    .join("");
}

/** Of a file, on one line: line feeds and tabs are marks too. */
export function visibleName(name: string): string {
  return visibleString(name, { isName: true });
}

/** Most text has nothing of the kind, and is read once. */
const unusual = /[^\n -~]| (?:\n|$)/;

// oxlint-disable no-control-regex -- control characters are what is looked for
/**
 * Control (other than line feed and tab), format, private, unassigned and unpaired characters, those that Unicode says
 * not to draw, and spaces other than the ASCII one. Braille blank, the object replacement and a musical note's null head
 * are drawn as nothing too.
 */
const unseen =
  "[\\0-\\x08\\x0B-\\x1F\\x7F-\\x9F\\p{Cf}\\p{Co}\\p{Cn}\\p{Cs}\\p{DI}\\p{Zl}\\p{Zp}" +
  "\\xA0\\u1680\\u2000-\\u200A\\u202F\\u205F\\u3000\\u2800\\uFFFC\\u{1D159}]";
// oxlint-enable no-control-regex

/** A combining mark that changes something other than a letter, encloses it, or is the fourth on one letter: it can be drawn over other text. */
const overlay = "(?:(?<![\\p{L}\\p{M}])\\p{M}|\\p{Me}|(?<=\\p{M}{3})\\p{M})";
const hidden = `(?<hidden>(?:${unseen}|${overlay})+)`;
const hiddenInName = `(?<hidden>(?:[\\t\\n]|${unseen}|${overlay})+)`;
/** Marks that strike a letter through. */
const strikes = "[\\u0334-\\u0338\\u20D2\\u20D3\\u20D8-\\u20DA\\u20E5-\\u20EB]";
const exactHidden = `(?<hidden>(?:${unseen}|${overlay}|${strikes})+)`;

/** The blocks of Unicode whose characters run from right to left by default. */
const rightToLeft =
  `(?<rightToLeft>(?:(?!${unseen}|${overlay})` +
  "[\\u0590-\\u08FF\\uFB1D-\\uFDFF\\uFE70-\\uFEFE\\u{10800}-\\u{10FFF}\\u{1E800}-\\u{1EFFF}])+)";

const lineEnd = "(?<lineEnd>(?<![ \\t])[ \\t]+(?=\\n|$))";
/** So wide that what follows would be drawn on a line of its own: after other text, or as an indentation. */
const gap = "(?<gap>(?<=[^ \\t\\n])[ \\t]{17,}|(?<=^|\\n)[ \\t]{41,})";
const blankLines = "(?<blankLines>\\n(?:[ \\t]*\\n){4,})";

/** An emoji with its joiners, skin tones and variation selectors. */
const emoji =
  "(?<emoji>\\p{ExtPict}(?:[\\uFE0F\\u{1F3FB}-\\u{1F3FF}]|\\u200D\\p{ExtPict})+|[0-9#*]\\uFE0F\\u20E3)";

/** Letters of alphabets, and phonetic ones, of which many look like a Latin letter: marked in a word that has ASCII letters. */
const foreign =
  "[\\p{sc=Cyrl}\\p{sc=Grek}\\p{sc=Armn}\\p{sc=Cher}\\p{sc=Copt}\\p{sc=Lisu}" +
  "\\u0250-\\u02AF\\u1D00-\\u1DBF\\uA720-\\uA7FF\\uAB30-\\uAB6F]";
const nearby = "[\\p{L}\\p{M}\\p{N}_]{0,40}";
/** A whole word of them in an address or a path that has ASCII letters too. Its length is bounded by what is beside it. */
const part = "[\\p{L}\\p{M}\\p{N}_./:@%+~-]{0,80}";
const foreignPart =
  `(?<foreignPart>(?<![\\p{L}\\p{M}])(?:(?<=[A-Za-z]${part})${foreign}[\\p{L}\\p{M}]*` +
  `|${foreign}[\\p{L}\\p{M}]*(?![\\p{L}\\p{M}])(?=${part}[A-Za-z])))`;
/** Signs, full-width and mathematical letters that look like ASCII. Full-width marks of Chinese and Japanese prose are left. */
const signs =
  "[\\u017F\\u01C0\\u01C3\\u02BC\\u037E\\u1FEF\\u201A\\u2571\\u2024\\u2044\\u212A\\u2160-\\u217F\\u2215\\u2216\\u2223\\u2236\\u29F5\\u29F8\\u29F9\\uA789" +
  "\\uFE52\\uFE54\\uFE55\\uFE60-\\uFE6B\\uFF02-\\uFF07\\uFF0A\\uFF0B\\uFF0D-\\uFF19\\uFF1C-\\uFF1E\\uFF20-\\uFF3E" +
  "\\uFF40-\\uFF5E\\u{1D400}-\\u{1D7FF}]";
/** A dash that begins an option, and is not the hyphen that programs look for. */
const dash = "(?<![^\\s'\"=])[\\u2010-\\u2015\\u2212\\u2500\\u2501\\u2574\\u2796]+(?=[\\p{L}-])";
const lookalike =
  `(?<lookalike>(?<=[A-Za-z]${nearby})${foreign}|${foreign}(?=${nearby}[A-Za-z])` +
  `|${signs}|${dash})`;

const pattern = new RegExp([emoji, hidden, rightToLeft, lineEnd].join("|"), "gu");
const namePattern = new RegExp([emoji, hiddenInName, rightToLeft, lineEnd].join("|"), "gu");
const exactPattern = new RegExp(
  [blankLines, exactHidden, rightToLeft, lineEnd, gap, lookalike, foreignPart].join("|"),
  "gu",
);

/** Undefined for what stays as it is. */
function segmentsOf(
  text: string,
  groups: Record<string, string | undefined>,
): Segment[] | undefined {
  if (groups["hidden"] !== undefined) return [hiddenMark(text)];
  if (groups["rightToLeft"] !== undefined) return [{ kind: "right-to-left", text }];
  if (groups["lookalike"] !== undefined)
    return [{ kind: "mark", text: `${text} ${codeOf(text)}`, name: t("not an ASCII character") }];
  if (groups["foreignPart"] !== undefined)
    return [{ kind: "mark", text: `${text} ${scriptOf(text)}`, name: t("not ASCII characters") }];
  if (groups["lineEnd"] !== undefined) return [lineEndMark(text)];
  if (groups["gap"] !== undefined) return [gapMark(text)];
  if (groups["blankLines"] === undefined) return undefined;
  const lines = text.split("\n").length - 2;
  const words = tn(lines, "{count} blank line", "{count} blank lines");
  const line: Segment = { kind: "text", text: "\n" };
  return [line, { kind: "mark", text: words, name: t("blank lines"), lines }, line];
}

/** A line of a text, with its number from 1. */
export interface VisibleLine {
  number: number;
  segments: Segment[];
}

/** As a person has to approve it, line by line: each ends with its line feed, only the last one may have none. */
export function visibleLines(text: string): VisibleLine[] {
  const lines: VisibleLine[] = [{ number: 1, segments: [] }];
  for (const segment of visibleSegments(text, { exact: true }).flatMap(cutAtLineFeeds)) {
    const line = lines.at(-1)!;
    line.segments.push(segment);
    if (segment.kind === "text" && segment.text.endsWith("\n"))
      lines.push({ number: line.number + countOf(line), segments: [] });
  }
  if (lines.length > 1 && lines.at(-1)!.segments.length === 0) lines.pop();
  return lines;
}

function cutAtLineFeeds(segment: Segment): Segment[] {
  if (segment.kind !== "text") return [segment];
  return segment.text.split(/(?<=\n)/).map((text) => ({ kind: "text", text }));
}

function countOf({ segments: [first] }: VisibleLine): number {
  return first?.kind === "mark" ? (first.lines ?? 1) : 1;
}

function gapMark(text: string): Segment {
  const count = text.length;
  const words = text.includes("\t")
    ? text.includes(" ")
      ? tn(count, "{count} space or tab", "{count} spaces and tabs")
      : tn(count, "{count} tab", "{count} tabs")
    : tn(count, "{count} space", "{count} spaces");
  return { kind: "mark", text: words, name: t("white space") };
}

function hiddenMark(text: string): Segment {
  const runs: { character: string; count: number }[] = [];
  for (const character of text) {
    const last = runs.at(-1);
    if (last?.character === character) last.count++;
    else runs.push({ character, count: 1 });
  }
  const labels = runs.map(({ character, count }) =>
    count === 1
      ? labelOf(character)
      : `${labelOf(character)} × ${count.toLocaleString(languageId())}`,
  );
  const names = [...new Set(runs.map(({ character }) => nameOf(character)))];
  return { kind: "mark", text: labels.join(" "), name: names.join(", ") };
}

/** More are counted. */
const maxDrawnSpaces = 16;

function lineEndMark(text: string): Segment {
  const drawn = text.replaceAll(" ", "·").replaceAll("\t", "→");
  return {
    kind: "mark",
    text: text.length > maxDrawnSpaces ? `· × ${text.length.toLocaleString(languageId())}` : drawn,
    name: tn(text.length, "space at the end of the line", "{count} spaces at the line’s end"),
  };
}

/** The alphabet that a word begins in. */
function scriptOf(word: string): string {
  return scripts.find(([of]) => of.test(word))?.[1]() ?? t("not ASCII");
}

const scripts: [RegExp, () => string][] = [
  [/^\p{sc=Cyrl}/u, () => t("Cyrillic")],
  [/^\p{sc=Grek}/u, () => t("Greek")],
  [/^\p{sc=Armn}/u, () => t("Armenian")],
  [/^\p{sc=Cher}/u, () => t("Cherokee")],
  [/^\p{sc=Copt}/u, () => t("Coptic")],
  [/^\p{sc=Lisu}/u, () => t("Lisu")],
];

function labelOf(character: string): string {
  return controls[character.codePointAt(0)!]?.[0] ?? codeOf(character);
}

function codeOf(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
}

function nameOf(character: string): string {
  const code = character.codePointAt(0)!;
  const known = (controls[code]?.[1] ?? names[code])?.();
  if (known !== undefined) return known;
  return classes.find(([of]) => of.test(character))?.[1]() ?? t("invisible character");
}

const classes: [RegExp, () => string][] = [
  [/\p{Cc}/u, () => t("control character")],
  [/\p{Cs}/u, () => t("unpaired surrogate")],
  [/\p{Co}/u, () => t("private use character")],
  [/\p{Variation_Selector}/u, () => t("variation selector")],
  [/[\u{E0000}-\u{E007F}]/u, () => t("tag character")],
  [/\p{Zs}/u, () => t("space")],
  [/\p{M}/u, () => t("combining mark")],
  [/\p{Cn}/u, () => t("unassigned character")],
];

/** Their abbreviations and names, by code. */
const controls: Record<number, [label: string, name: () => string]> = {
  ...Object.fromEntries(
    (
      "NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI " +
      "DLE DC1 DC2 DC3 DC4 NAK SYN ETB CAN EM SUB ESC FS GS RS US"
    )
      .split(" ")
      .map((label, code) => [code, [label, () => t("control character")]]),
  ),
  0x08: ["BS", () => t("backspace")],
  0x0d: ["CR", () => t("carriage return")],
  0x1b: ["ESC", () => t("escape")],
  0x7f: ["DEL", () => t("delete")],
};

const names: Record<number, () => string> = {
  0xa0: () => t("no-break space"),
  0xad: () => t("soft hyphen"),
  0x61c: () => t("Arabic letter mark"),
  0x200b: () => t("zero-width space"),
  0x200c: () => t("zero-width non-joiner"),
  0x200d: () => t("zero-width joiner"),
  0x200e: () => t("left-to-right mark"),
  0x200f: () => t("right-to-left mark"),
  0x2028: () => t("line separator"),
  0x2029: () => t("paragraph separator"),
  0x202a: () => t("left-to-right embedding"),
  0x202b: () => t("right-to-left embedding"),
  0x202c: () => t("pop directional formatting"),
  0x202d: () => t("left-to-right override"),
  0x202e: () => t("right-to-left override"),
  0x2060: () => t("word joiner"),
  0x2066: () => t("left-to-right isolate"),
  0x2067: () => t("right-to-left isolate"),
  0x2068: () => t("first strong isolate"),
  0x2069: () => t("pop directional isolate"),
  0xfeff: () => t("zero-width no-break space"),
};
