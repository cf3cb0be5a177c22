/** Finds where lines of a patch stand in a file: exactly, else with more and more tolerance (openai/codex, `seek_sequence.rs`). */
import { truncate } from "../../../../shared/truncate";
import { ToolError } from "../../tool";

export interface Nearest {
  place: number;
  /** Which line of what was searched differs. */
  at: number;
  /** The file's; undefined below its end. */
  text: string | undefined;
}

/** A clause that names the line. */
export function differenceWords({ place, at, text }: Nearest, wanted: string[]): string {
  const found = text === undefined ? "the file ends" : `the file has ${quoted(text)}`;
  return `at line ${place + at + 1} ${found} instead of ${quoted(wanted[at] ?? "")}`;
}

export function quoted(line: string): string {
  return `“${truncate(line, 300)}”`;
}

/** Each takes what the one before takes, and more. */
const readings: ((line: string) => string)[] = [
  (line) => line,
  (line) => line.trimEnd(),
  (line) => line.trim(),
  (line) => withPlainSigns(line.trim()),
];

function withPlainSigns(line: string): string {
  return line
    .replaceAll(/[\u2010-\u2015\u2212]/g, "-")
    .replaceAll(/[\u2018-\u201B]/g, "'")
    .replaceAll(/[\u201C-\u201F]/g, '"')
    .replaceAll(/[\u00A0\u2002-\u200A\u202F\u205F\u3000]/g, " ");
}

/** All that is compared in one call: more would hold the server up. */
const mostSteps = 20_000_000;
const charactersPerStep = 32;
/** Lines, for a hint alone. */
const mostCompared = 500_000;
/** The effort of one call. */
export class SearchEffort {
  #left = mostSteps;

  /** Throws ToolError once it is too much. */
  spend(steps: number): void {
    this.#left -= steps;
    if (this.#left < 0)
      throw new ToolError(
        "The patch is too large for files with so many lines that are alike. Nothing was changed: make it in several patches.",
      );
  }
}

/** The lines of a file, to be searched again and again. */
export class SearchedLines {
  readonly #effort: SearchEffort;
  readonly #read: string[][];

  constructor(lines: string[], effort: SearchEffort) {
    this.#effort = effort;
    this.#read = [lines];
  }

  get count(): number {
    return this.#read[0]!.length;
  }

  /**
   * Where all of `wanted` stand in order, from line `from` on: of the strictest reading that finds any. Empty when none
   * does. Lines are counted from 0.
   */
  places(wanted: string[], from: number): number[] {
    for (const reading of readings.keys()) {
      const found = this.#placesIn(reading, wanted, from);
      if (found.length > 0) return found;
    }
    return [];
  }

  isAt(wanted: string[], place: number): boolean {
    return readings.some((read, reading) => this.#isAt(reading, wanted.map(read), place));
  }

  /** Where a line is `anchor`, else where it has it as whole words: models name the head of a function or a class without its end. */
  heads(anchor: string, from: number): number[] {
    const found = this.places([anchor], from);
    if (found.length > 0) return found;
    const words = withPlainSigns(anchor.trim());
    const lines = this.#linesIn(readings.length - 1);
    return lines.flatMap((line, at) => (at >= from && this.#hasWords(line, words) ? [at] : []));
  }

  /**
   * Where most of `wanted` stands, and the first line that differs there, in white space alone if in nothing else; undefined
   * when less than half of it does. Of a passage the first and the last line may be parts of lines.
   */
  nearest(wanted: string[], isPassage: boolean): Nearest | undefined {
    if (this.count * wanted.length > mostCompared) return undefined;
    const reading = readings.length - 1;
    const lines = this.#linesIn(reading);
    const read = wanted.map(readings[reading]!);
    const isSame = (line: string, other: string | undefined, at: number) => {
      if (!isPassage || other === undefined) return line === other;
      const [isFirst, isLast] = [at === 0, at === wanted.length - 1];
      if (isFirst) return isLast ? other.includes(line) : other.endsWith(line);
      return isLast ? other.startsWith(line) : line === other;
    };
    let best = { place: 0, same: 0 };
    for (let place = 0; place < lines.length; place++) {
      const same = read.filter((line, at) => line !== "" && isSame(line, lines[place + at], at));
      if (same.length > best.same) best = { place, same: same.length };
    }
    if (best.same * 2 < read.filter((line) => line !== "").length || best.same === 0)
      return undefined;
    const differs = (some: string[], others: string[]) =>
      some.findIndex((line, at) => !isSame(line, others[best.place + at], at));
    const other = differs(read, lines);
    const at = other === -1 ? differs(wanted, this.#read[0]!) : other;
    return { place: best.place, at, text: this.#read[0]![best.place + at] };
  }

  #hasWords(line: string, words: string): boolean {
    this.#effort.spend(1 + line.length / charactersPerStep);
    const at = line.indexOf(words);
    return (
      at !== -1 && !/\w$/.test(line.slice(0, at)) && !/^\w/.test(line.slice(at + words.length))
    );
  }

  #placesIn(reading: number, wanted: string[], from: number): number[] {
    const read = wanted.map(readings[reading]!);
    const found: number[] = [];
    for (let at = from; at + read.length <= this.count; at++)
      if (this.#isAt(reading, read, at)) found.push(at);
    return found;
  }

  #isAt(reading: number, wanted: string[], at: number): boolean {
    const lines = this.#linesIn(reading);
    for (const [index, line] of wanted.entries()) {
      const other = lines[at + index]!;
      const isCompared = line.length === other.length;
      this.#effort.spend(isCompared ? 1 + line.length / charactersPerStep : 1);
      if (!isCompared || line !== other) return false;
    }
    return true;
  }

  #linesIn(reading: number): string[] {
    return (this.#read[reading] ??= this.#read[0]!.map(readings[reading]!));
  }
}
