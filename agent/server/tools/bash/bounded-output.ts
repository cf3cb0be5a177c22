/** Output without a bound, shown with one: the beginning as it comes, the end when it is over, the middle counted. */

export interface Bounds {
  headCharacters: number;
  tailCharacters: number;
}

/** Enough to see what a build or a test run said, and not more than a model can hold many times. */
export const outputBounds: Bounds = { headCharacters: 20_000, tailCharacters: 10_000 };

/** Takes everything that is written, so that its writer never waits, and shows what the bounds allow. */
export class BoundedOutput {
  readonly #show: (text: string) => void;
  readonly #bounds: Bounds;
  #shown = 0;
  #tail = "";
  #omitted = 0;
  #last = "";

  constructor(show: (text: string) => void, bounds: Bounds = outputBounds) {
    this.#show = show;
    this.#bounds = bounds;
  }

  get isEmpty(): boolean {
    return this.#last === "";
  }

  /** Whether what comes next begins a line. */
  get isAtLineStart(): boolean {
    return this.isEmpty || this.#last === "\n";
  }

  write(text: string): void {
    this.#last = text.at(-1) ?? this.#last;
    const head = cut(text, this.#bounds.headCharacters - this.#shown);
    if (head !== "") {
      this.#show(head);
      this.#shown += head.length;
    }
    const rest = text.slice(head.length);
    if (rest === "") return;
    // From the first omission on nothing is head any more, or a later piece would be shown before an earlier one.
    this.#shown = this.#bounds.headCharacters;
    this.#tail += rest;
    if (this.#tail.length > 2 * this.#bounds.tailCharacters) this.#trim();
  }

  /** Shows the end. To be called once, however the writing ended. */
  end(): void {
    this.#trim();
    if (this.#omitted > 0)
      this.#show(`\n[… ${this.#omitted.toLocaleString("en")} characters left out here …]\n`);
    if (this.#tail !== "") this.#show(this.#tail);
    this.#tail = "";
  }

  #trim(): void {
    const kept = cutStart(this.#tail, this.#bounds.tailCharacters);
    this.#omitted += this.#tail.length - kept.length;
    this.#tail = kept;
  }
}

/** At most the first `length` characters, never half of a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = isLowSurrogate(text, length) ? length - 1 : length;
  return text.slice(0, Math.max(0, end));
}

function cutStart(text: string, length: number): string {
  if (text.length <= length) return text;
  const start = text.length - length;
  return text.slice(isLowSurrogate(text, start) ? start + 1 : start);
}

function isLowSurrogate(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}
