/** What a terminal has shown, as plain text: no escape sequences, and of each line what was left standing. */

/** Takes a terminal's output in any pieces, and passes on whole lines. */
export class TerminalText {
  readonly #show: (text: string) => void;
  #rest = "";

  constructor(show: (text: string) => void) {
    this.#show = show;
  }

  write(text: string): void {
    const all = this.#rest + text;
    // A line is over at its feed: until then a carriage return may begin it anew.
    const end = all.lastIndexOf("\n") + 1;
    if (end > 0) this.#show(plain(all.slice(0, end)));
    this.#rest = all.slice(end);
    if (this.#rest.length > maxUnfinished) this.end();
  }

  /** Passes on the line that was not finished. */
  end(): void {
    if (this.#rest !== "") this.#show(plain(this.#rest));
    this.#rest = "";
  }
}

/** A line may never end. */
const maxUnfinished = 100_000;

function plain(text: string): string {
  const marked = text.replaceAll(eraseRest, "\u0001").replaceAll(eraseLine, "\u0002");
  return marked.replaceAll(escapes, "").split("\n").map(standing).join("\n");
}

// oxlint-disable no-control-regex -- control characters are what is looked for
const eraseRest = /\u001b\[0?K/g;
const eraseLine = /\u001b\[2K/g;
/**
 * ECMA-48: control sequences (CSI), strings (OSC, DCS, APC, PM, SOS) up to their terminator, and two-character escapes
 * with their intermediate bytes.
 */
const escapes =
  /\u001b\[[0-?]*[ -/]*[@-~]|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\|$)|\u001b[ -/]*[0-~]/g;
// oxlint-enable no-control-regex

/** What carriage returns, backspaces, erasures and the other control characters leave of a line. */
function standing(line: string): string {
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
