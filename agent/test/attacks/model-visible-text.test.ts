/** Text of a model is never interpreted: what hides text, moves it or imitates it is shown as a mark that names it. */
import { describe, expect, test } from "bun:test";
import { readDiff, replacedLines } from "../../client/state/diff-lines";
import { visibleLines, visibleSegments } from "../../shared/visible-text";

/** The text as a person sees it: marks in square brackets, words from right to left in braces. */
function shown(text: string, exact = true): string {
  const brackets = { text: ["", ""], mark: ["[", "]"], "right-to-left": ["{", "}"] };
  return visibleSegments(text, { exact })
    .map((segment) => brackets[segment.kind].join(segment.text))
    .join("");
}

/** Every character that is drawn as nothing, as another character, or that moves the text around it. */
const invisible: [string, number, number][] = [
  ["C0 controls before the tab", 0x00, 0x08],
  ["C0 controls after the line feed", 0x0b, 0x1f],
  ["DEL and C1 controls", 0x7f, 0x9f],
  ["the no-break space", 0xa0, 0xa0],
  ["the soft hyphen", 0xad, 0xad],
  ["the grapheme joiner", 0x34f, 0x34f],
  ["the Arabic letter mark", 0x61c, 0x61c],
  ["Hangul fillers", 0x115f, 0x1160],
  ["the Ogham space", 0x1680, 0x1680],
  ["Khmer inherent vowels", 0x17b4, 0x17b5],
  ["Mongolian selectors and the vowel separator", 0x180b, 0x180f],
  ["spaces of other widths, zero-width characters, direction marks", 0x2000, 0x200f],
  ["separators, embeddings and overrides", 0x2028, 0x202f],
  ["joiners, invisible operators, isolates", 0x205f, 0x206f],
  ["the Braille blank", 0x2800, 0x2800],
  ["the ideographic space", 0x3000, 0x3000],
  ["the Hangul filler", 0x3164, 0x3164],
  ["unpaired surrogates", 0xd800, 0xdfff],
  ["private use", 0xe000, 0xe0ff],
  ["variation selectors", 0xfe00, 0xfe0f],
  ["the byte order mark", 0xfeff, 0xfeff],
  ["the half-width Hangul filler", 0xffa0, 0xffa0],
  ["specials", 0xfff0, 0xfffc],
  ["the null note head", 0x1d159, 0x1d159],
  ["invisible musical signs", 0x1d173, 0x1d17a],
  ["tags", 0xe0000, 0xe007f],
  ["variation selectors of the supplement", 0xe0100, 0xe01ef],
  ["private use of the last plane", 0x10fff0, 0x10fffd],
];

test.each(invisible)("%s are marks, each with a name", (_of, first, last) => {
  for (let code = first; code <= last; code++) {
    const text = `a${String.fromCodePoint(code)}b`;
    for (const exact of [true, false]) {
      const [before, mark, after, ...rest] = visibleSegments(text, { exact });
      expect([code, before?.text, mark?.kind, after?.text, rest]).toEqual([
        code,
        "a",
        "mark",
        "b",
        [],
      ]);
      expect(mark?.kind === "mark" ? mark.name : "").toMatch(/^[\w\- ]{4,}$/);
      expect(mark?.text).toMatch(/^[A-Z][A-Z0-9+]+$/);
    }
  }
});

describe("marks name", () => {
  const cases: [what: string, text: string, shown: string][] = [
    ["a carriage return that hides a command", "evil\rls", "evil[CR]ls"],
    ["escape sequences", "a\u001b[2K\u001b]0;t\u0007b", "a[ESC][2K[ESC]]0;t[BEL]b"],
    ["a sequence of them in one box", "a\u200b\u200b\u202eb", "a[U+200B × 2 U+202E]b"],
    ["white space at a line's end", "a  \nb\t\nc ", "a[··]\nb[→]\nc[·]"],
    ["very much of it", `a${" ".repeat(3000)}`, "a[· × 3,000]"],
    ["so much within a line that it wraps", `ok${" ".repeat(3000)}; rm`, "ok[3,000 spaces]; rm"],
    ["much after another mark", `ok\u00a0${"\t".repeat(20)}; rm`, "ok[U+00A0][20 tabs]; rm"],
    ["an indentation of a whole line", `ok\n${" \t".repeat(30)}rm`, "ok\n[60 spaces and tabs]rm"],
    [
      "none where code is aligned",
      `a${" ".repeat(16)}= 1\n${" ".repeat(40)}b`,
      `a${" ".repeat(16)}= 1\n${" ".repeat(40)}b`,
    ],
    [
      "blank lines that push the rest out of sight",
      `a${"\n".repeat(90)}b`,
      "a\n[89 blank lines]\nb",
    ],
    ["a Cyrillic letter in a Latin word", "cat аdmin", "cat [а U+0430]dmin"],
    ["a Greek one at the end of a word", "sudο", "sud[ο U+03BF]"],
    ["full-width letters", "ｌs", "[ｌ U+FF4C]s"],
    ["a division slash in a path", "a∕b", "a[∕ U+2215]b"],
    ["a dash that is no option's hyphen", "rsync –n a", "rsync [– U+2013]n a"],
    [
      "a box's line or two dashes that are no option's hyphens",
      "a ─x ––y",
      "a [─ U+2500]x [–– U+2013]y",
    ],
    ["a domain in another alphabet", "https://аррӏе.com", "https://[аррӏе Cyrillic].com"],
    ["one before ASCII", "ѕсоре/src", "[ѕсоре Cyrillic]/src"],
    ["a directory in another alphabet", "rm src/ορος/x", "rm src/[ορος Greek]/x"],
    ["letters and signs like a bar", "aǀb╱c", "a[ǀ U+01C0]b[╱ U+2571]c"],
    ["letters and signs like marks", "aǃ‚ ʼb", "a[ǃ U+01C3][‚ U+201A] [ʼ U+02BC]b"],
    ["letters that are struck through", "r\u0336m\u0338", "r[U+0336]m[U+0338]"],
    ["a mark over something that is no letter", "a =\u0338 b", "a =[U+0338] b"],
    ["a pile of marks over a letter", `a${"\u0301".repeat(5)}`, "a\u0301\u0301\u0301[U+0301 × 2]"],
  ];
  test.each(cases)("%s", (_what, text, expected) => {
    expect(shown(text)).toBe(expected);
  });
});

test("lines have their numbers in the text, also after blank lines that one mark stands for", () => {
  const lines = (text: string) =>
    visibleLines(text).map(({ number, segments }) => [
      number,
      segments.map((segment) => segment.text).join(""),
    ]);
  expect(lines("a \n\nb\n\n\n\n\n\nc\n")).toEqual([
    [1, "a·\n"],
    [2, "\n"],
    [3, "b\n"],
    [4, "5 blank lines\n"],
    [9, "c\n"],
  ]);
  expect(lines("")).toEqual([[1, ""]]);
  expect(lines("\n")).toEqual([[1, "\n"]]);
});

test("words from right to left are isolated one by one, so that nothing around them is reordered", () => {
  expect(shown("rm שלום עולם/x.txt 1")).toBe("rm {שלום} {עולם}/x.txt 1");
  expect(shown("a/العربية-2", false)).toBe("a/{العربية}-2");
});

test("people who write other scripts see no marks", () => {
  const texts = [
    "Grüße, naïve façade",
    "исправь файл test.ts — пожалуйста",
    "отчёты/март.и.всё",
    "── Header ─────",
    "修复：错误（API）",
    "テスト用のAPI",
  ];
  for (const text of [...texts, "한국어 파일", "ภาษาไทยที่", "हिन्दी में", "cafe\u0301", "…“quoted”"])
    expect(shown(text)).toBe(text);
});

test("joined emoji are one picture in a title, and spelt out where they are to be approved", () => {
  expect(shown("⚠️ 👨‍👩‍👧 1️⃣", false)).toBe("⚠️ 👨‍👩‍👧 1️⃣");
  expect(shown("⚠️")).toBe("⚠[U+FE0F]");
});

test("hostile text is marked in a time that grows no faster than its length", () => {
  const count = 50_000;
  const units = [
    " ",
    "\n",
    "а",
    "\u0301",
    "a\u200b",
    "ש",
    "aа",
    "\n ",
    "\t\u00a0",
    "–",
    "a ",
    "\t",
    "\u001b[",
    "─",
    "ас/",
    "а/",
  ];
  const before = process.cpuUsage();
  for (const unit of units) {
    const text = unit.repeat(count);
    for (const exact of [true, false]) visibleSegments(`${text}x`, { exact });
  }
  // Of the processor, which others may use meanwhile. With time that grows faster it is a minute.
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(10_000);
});

describe("a diff", () => {
  test("keeps changed lines that look like its own headers", () => {
    const diff = "--- a/x.sql\n+++ b/x.sql\n@@ -1,3 +1,3 @@\n same\n--- drop\n-old\n+++ x\n+new\n";
    expect(readDiff(diff)).toEqual([
      { kind: "note", text: "@@ -1,3 +1,3 @@" },
      { kind: "same", text: "same" },
      { kind: "removed", text: "-- drop" },
      { kind: "removed", text: "old" },
      { kind: "added", text: "++ x" },
      { kind: "added", text: "new" },
    ]);
  });

  test("shows both passages of an edit in full", () => {
    expect(replacedLines("a\nb\nc", "a\nx\ny\nc")).toEqual([
      { kind: "same", text: "a" },
      { kind: "removed", text: "b" },
      { kind: "added", text: "x" },
      { kind: "added", text: "y" },
      { kind: "same", text: "c" },
    ]);
    expect(replacedLines("a", "")).toEqual([
      { kind: "removed", text: "a" },
      { kind: "added", text: "" },
    ]);
    expect(replacedLines("a\na", "a")).toEqual([
      { kind: "same", text: "a" },
      { kind: "removed", text: "a" },
    ]);
  });
});
