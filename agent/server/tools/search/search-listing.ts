/** A list of any length, shown with a bound and counted to its end. */
import type { Hit } from "./ripgrep";

const maxLines = 500;
const maxCharacters = 40_000;

/** Shows lines as they arrive up to a bound, and counts the others. */
export class Listing {
  count = 0;
  #shown = 0;
  #characters = 0;
  readonly #show: (text: string) => void;

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  add(lines: string[]): void {
    let text = "";
    for (const line of lines) {
      this.count++;
      // Once a line was left out none is shown, so that the list has no gap.
      if (this.#shown < this.count - 1) continue;
      if (this.#shown >= maxLines || this.#characters + line.length > maxCharacters) continue;
      this.#shown++;
      this.#characters += line.length;
      text += `${line}\n`;
    }
    if (text !== "") this.#show(text);
  }

  /** Notes below the list: that it is incomplete, or `empty`. */
  notes(empty: string): string[] {
    if (this.count === 0) return [empty];
    if (this.#shown === this.count) return [];
    const counts = `${this.#shown} of ${this.count} lines shown`;
    return [`[${counts}; narrow the pattern or the path to see the others]`];
  }
}

/** Whether a file matches a pattern. A pattern without a slash matches the name in any directory, as in .gitignore. */
export function matches(pattern: string): (hit: Hit) => boolean {
  const plain = pattern.replace(/^\.\//, "");
  const glob = new Bun.Glob(plain.includes("/") ? plain : `**/${plain}`);
  return ({ path }) => glob.match(path);
}
