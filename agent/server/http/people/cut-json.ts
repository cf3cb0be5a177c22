/** The JSON of an object in its pieces, so that a long one need not be parsed at once. It is only cut here: what is none, the parser of the pieces says. */

export interface Piece {
  /** Of the member. */
  name: string;
  /** A list is a piece without JSON, before those of its elements. */
  kind: "value" | "list" | "element";
  json: string;
}

/** Throws a SyntaxError where it is no object, or where a piece is longer than `longest`, in characters. */
export function* cutJson(text: string, longest: number): Generator<Piece> {
  const cut = new Cut(text, longest);
  cut.take("{");
  if (cut.has("}")) return;
  do {
    const name = String(JSON.parse(cut.value()));
    cut.take(":");
    if (cut.has("[")) yield* elements(cut, name);
    else yield { name, kind: "value", json: cut.value() };
  } while (cut.has(","));
  cut.take("}");
}

function* elements(cut: Cut, name: string): Generator<Piece> {
  yield { name, kind: "list", json: "" };
  if (cut.has("]")) return;
  do yield { name, kind: "element", json: cut.value() };
  while (cut.has(","));
  cut.take("]");
}

const [quote, escape, comma, colon] = [0x22, 0x5c, 0x2c, 0x3a];

class Cut {
  readonly #text: string;
  readonly #longest: number;
  #at = 0;

  constructor(text: string, longest: number) {
    this.#text = text;
    this.#longest = longest;
  }

  /** Whether it comes next; then it is behind. */
  has(character: string): boolean {
    this.#skipSpace();
    const isNext = this.#text[this.#at] === character;
    if (isNext) this.#at++;
    return isNext;
  }

  take(character: string): void {
    if (!this.has(character)) throw new SyntaxError(`Not JSON: no ${character} at ${this.#at}`);
  }

  /** What comes next, up to its end. */
  value(): string {
    this.#skipSpace();
    const begin = this.#at;
    const last = Math.min(begin + this.#longest, this.#text.length);
    for (let depth = 0; this.#at <= last; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === quote) this.#skipString(last);
      else if (isOpening(code)) depth++;
      else if (depth === 0 && (code === comma || code === colon || isClosing(code))) break;
      else if (isClosing(code)) depth--;
    }
    if (this.#at > last)
      throw new SyntaxError(`Not JSON, or a part of more than ${this.#longest} characters`);
    return this.#text.slice(begin, this.#at);
  }

  /** To its last quotation mark. */
  #skipString(last: number): void {
    for (this.#at++; this.#at <= last; this.#at++) {
      const code = this.#text.charCodeAt(this.#at);
      if (code === quote) return;
      if (code === escape) this.#at++;
    }
  }

  #skipSpace(): void {
    const last = this.#at + this.#longest;
    while (this.#at <= last && " \n\r\t".includes(this.#text[this.#at] ?? "end")) this.#at++;
  }
}

function isOpening(code: number): boolean {
  return code === 0x7b || code === 0x5b;
}

function isClosing(code: number): boolean {
  return code === 0x7d || code === 0x5d;
}
