/** The output of a terminal as plain text: without escape sequences, and overwritten lines in their last state. */
import { withoutEscapes } from "../../../shared/escape-sequences";

/** Takes a terminal's output in pieces of any size, and shows complete lines. */
export class TerminalText {
  readonly #show: (text: string) => void;
  #rest = "";

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  write(text: string): void {
    const all = this.#rest + text;
    // Until its line feed, a carriage return can start a line over.
    const end = all.lastIndexOf("\n") + 1;
    if (end > 0) this.#show(plain(all.slice(0, end)));
    this.#rest = all.slice(end);
    if (this.#rest.length > maxUnfinished) this.end();
  }

  /** Shows the unfinished line. */
  end(): void {
    if (this.#rest !== "") this.#show(plain(this.#rest));
    this.#rest = "";
  }
}

/** A line that is longer is shown unfinished: it may never end. */
const maxUnfinished = 100_000;

function plain(text: string): string {
  const marked = text
    .replaceAll(marks, "")
    .replaceAll(eraseRest, "\u0001")
    .replaceAll(eraseLine, "\u0002");
  return withoutEscapes(marked).split("\n").map(render).join("\n");
}

// oxlint-disable no-control-regex -- control characters are what is looked for
/** What stands for an erasure below; a terminal ignores them. */
const marks = /[\u0001\u0002]/g;
const eraseRest = /(?:\u001b\[|\u009b)0?K/g;
const eraseLine = /(?:\u001b\[|\u009b)2K/g;
// oxlint-enable no-control-regex

/** The line after its carriage returns, backspaces, erasures and other control characters have taken effect. */
function render(line: string): string {
  const cells: string[] = [];
  let column = 0;
  for (const character of line) {
    if (character === "\r") column = 0;
    else if (character === "\b") column = Math.max(0, column - 1);
    else if (character === "\u0001") cells.length = Math.min(cells.length, column);
    else if (character === "\u0002") cells.length = 0;
    else if (character === "\t" || (character >= " " && character !== "\u007f")) {
      while (cells.length < column) cells.push(" ");
      cells[column++] = character;
    }
  }
  return cells.join("");
}
