/** Escape sequences are removed from a command's output, and no text outside of a complete one is lost. */
import { expect, test } from "bun:test";
import * as fc from "fast-check";
import { terminalTailOf } from "../client/state/output-tail";
import { TerminalText } from "../server/tools/bash/terminal-text";
import { withoutEscapes } from "../shared/escape-sequences";

/** What is written, and what of it is text. */
interface Piece {
  written: string;
  text: string;
}

const words = fc
  .string({ unit: "grapheme", maxLength: 12 })
  .filter((text) => !/\p{Cc}/u.test(text));
const lines = fc.array(words, { maxLength: 3 }).map((all) => all.join("\n"));

const openings = [
  "\x1b]",
  "\x1bP",
  "\x1bX",
  "\x1b^",
  "\x1b_",
  "\x90",
  "\x98",
  "\x9d",
  "\x9e",
  "\x9f",
];
const opening = fc.constantFrom(...openings);
const ending = fc.constantFrom("\x07", "\x1b\\", "\x9c");
const parameters = fc.string({
  unit: fc.constantFrom("0", "1", "38", ";", ":", "?", ">"),
  maxLength: 8,
});

const plain = lines.map((text): Piece => ({ written: text, text }));
const string = fc
  .tuple(opening, words, ending)
  .map((parts): Piece => ({ written: parts.join(""), text: "" }));
const control = fc
  .tuple(
    fc.constantFrom("\x1b[", "\x9b"),
    parameters,
    fc.constantFrom("", " ", "!"),
    fc.constantFrom("m", "H", "J", "h", "l", "q"),
  )
  .map((parts): Piece => ({ written: parts.join(""), text: "" }));
const short = fc
  .constantFrom("\x1b7", "\x1b=", "\x1b(B", "\x1b#8", "\x1bM", "\x1bc", "\x1b\\")
  .map((written): Piece => ({ written, text: "" }));
/** A string without its end, and a control without its final byte: a line end follows. */
const unfinished = fc
  .oneof(
    fc.tuple(opening, words),
    fc.tuple(fc.constantFrom("\x1b[", "\x9b"), parameters),
    // A long one.
    fc.tuple(opening, fc.constant("x".repeat(10_001))),
  )
  .map(([begun, text]): Piece => ({ written: `${begun}${text}\n`, text: `${text}\n` }));

const output = fc
  .array(fc.oneof(plain, string, control, short, unfinished), { maxLength: 12 })
  .map((pieces) => ({
    written: pieces.map(({ written }) => written).join(""),
    text: pieces.map(({ text }) => text).join(""),
  }));

test("all text outside of complete sequences stays, whatever stands between", () => {
  fc.assert(
    fc.property(output, ({ written, text }) => {
      expect(withoutEscapes(written)).toBe(text);
      expect(terminalTailOf(`${written}\n`, 1000).text).toBe(text);
    }),
  );
});

test("a terminal's output is the same text, however it is split on its way", () => {
  fc.assert(
    fc.property(
      output,
      fc.infiniteStream(fc.integer({ min: 1, max: 9 })),
      ({ written, text }, lengths) => {
        let shown = "";
        const terminal = new TerminalText((piece) => (shown += piece));
        for (let at = 0; at < written.length;) {
          const length = lengths.next().value!;
          terminal.write(written.slice(at, at + length));
          at += length;
        }
        terminal.end();
        expect(shown).toBe(text);
      },
    ),
  );
});

test("a sequence that the output ends in hides nothing before it, and what it began with is text", () => {
  const parts = ["one", "\x1b[31m", "two", "\x1b]0;title\x07", "three"];
  const written = parts.join("");
  for (let length = 0; length <= written.length; length++) {
    let [rest, before] = [length, ""];
    for (const part of parts) {
      if (!part.startsWith("\x1b")) before += part.slice(0, rest);
      rest = Math.max(0, rest - part.length);
    }
    expect(withoutEscapes(written.slice(0, length))).toStartWith(before);
  }
  expect(withoutEscapes("one\x1b]0;never ended")).toBe("one0;never ended");
  expect(withoutEscapes("one\x1b]0;begun\ntwo\x07three")).toBe("one0;begun\ntwo\x07three");
});

test("a string longer than 10,000 characters is text", () => {
  const written = (length: number) => `one\x1b]${"x".repeat(length)}\x07two`;
  expect(withoutEscapes(written(10_000))).toBe("onetwo");
  expect(withoutEscapes(written(10_001))).toBe(`one${"x".repeat(10_001)}\x07two`);
});

test("control characters that stand for erasures inside erase nothing", () => {
  let shown = "";
  const terminal = new TerminalText((piece) => (shown += piece));
  terminal.write("kept\x02 and\x01 kept\n12345\x9b2K\rab\n");
  expect(shown).toBe("kept and kept\nab\n");
});

test("a hundred thousand sequences that never end are read in linear time", () => {
  const written = "\x1b]\x1b[1\x90".repeat(100_000) + "\x1b]" + "x".repeat(1_000_000);
  const begun = performance.now();
  expect(withoutEscapes(written)).toHaveLength(1_100_000);
  expect(performance.now() - begun).toBeLessThan(2000);
});
