/** Finds where lines of a patch stand in a file: exactly, else with more and more tolerance (openai/codex, `seek_sequence.rs`). */
import { ToolError } from "../../tool";

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
/** How many places are named. */
const mostFound = 10;

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

  /**
   * Where all of `wanted` stand in order, from line `from` on, the first places in their order: of the strictest reading that
   * finds any. Empty when none does. Lines are counted from 0.
   */
  places(wanted: string[], from: number): number[] {
    for (const reading of readings.keys()) {
      const found = this.#placesIn(reading, wanted, from);
      if (found.length > 0) return found;
    }
    return [];
  }

  #placesIn(reading: number, wanted: string[], from: number): number[] {
    const lines = this.#linesIn(reading);
    const read = wanted.map(readings[reading]!);
    const found: number[] = [];
    for (let at = from; at + read.length <= lines.length && found.length < mostFound; at++)
      if (this.#isAt(lines, read, at)) found.push(at);
    return found;
  }

  #isAt(lines: string[], wanted: string[], at: number): boolean {
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
