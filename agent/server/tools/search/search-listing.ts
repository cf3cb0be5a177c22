/** A list of any length, of which no more is shown than a bound. */
import type { Hit } from "./ripgrep";

const maxLines = 500;
const maxCharacters = 40_000;

/** Shows lines as they arrive, up to a bound. */
export class Listing {
  /** How many are shown. */
  count = 0;
  /** A line was left out: none after it is shown, so that the list has no gap. */
  isFull = false;
  #characters = 0;
  readonly #show: (text: string) => void;

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  add(lines: string[]): void {
    let text = "";
    for (const line of lines) {
      this.isFull ||= this.count >= maxLines || this.#characters + line.length > maxCharacters;
      if (this.isFull) break;
      this.count++;
      this.#characters += line.length;
      text += `${line}\n`;
    }
    if (text !== "") this.#show(text);
  }

  /** Notes below the list: that it is incomplete, or `empty`. */
  notes(empty: string): string[] {
    if (this.isFull)
      return [
        `[only the first ${this.count} lines are shown; narrow the pattern or the path to see others]`,
      ];
    return this.count === 0 ? [empty] : [];
  }
}

/** Whether a file matches a pattern. A pattern without a slash matches the name in any directory, as in .gitignore. */
export function matches(pattern: string): (hit: Hit) => boolean {
  const plain = pattern.replace(/^\.\//, "");
  const glob = new Bun.Glob(plain.includes("/") ? plain : `**/${plain}`);
  return ({ path }) => glob.match(path);
}
