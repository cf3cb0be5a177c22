/** A list without a bound, shown with one, and counted to its end. */
import type { Hit } from "./ripgrep";

const maxLines = 500;
const maxCharacters = 40_000;

/** Shows lines as they come until there are enough, and counts the others. */
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
      // After the first line left out none is shown, so that the list has no gap.
      if (this.#shown < this.count - 1) continue;
      if (this.#shown >= maxLines || this.#characters + line.length > maxCharacters) continue;
      this.#shown++;
      this.#characters += line.length;
      text += `${line}\n`;
    }
    if (text !== "") this.#show(text);
  }

  /** What has to be said below the list: that it is not all of it, or that it is empty. */
  notes(empty: string): string[] {
    if (this.count === 0) return [empty];
    if (this.#shown === this.count) return [];
    const counts = `${this.#shown} of ${this.count} lines are shown`;
    return [`[${counts}; make the pattern or the place narrower to see the others]`];
  }
}

/** Whether a file fits a pattern. One without a slash is about the name, in whatever directory, as in a .gitignore. */
export function fits(pattern: string): (hit: Hit) => boolean {
  const plain = pattern.replace(/^\.\//, "");
  const glob = new Bun.Glob(plain.includes("/") ? plain : `**/${plain}`);
  return ({ path }) => glob.match(path);
}
