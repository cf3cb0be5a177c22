/** Output of any length, shown with a bound: the head as it arrives, the tail at the end, what lies between counted. */
import { truncate, truncateStart } from "../../../shared/truncate";
import { outputBounds, type OutputBounds } from "../tool";

/** Takes all output, so that the job never blocks, and shows what the bounds allow. */
export class BoundedOutput {
  readonly #show: (text: string) => void;
  readonly #bounds: OutputBounds;
  #shown = 0;
  #tail = "";
  #omitted = 0;
  #last = "";

  constructor(show: (text: string) => void, bounds: OutputBounds = outputBounds) {
    this.#show = show;
    this.#bounds = bounds;
  }

  get isEmpty(): boolean {
    return this.#last === "";
  }

  get isAtLineStart(): boolean {
    return this.isEmpty || this.#last === "\n";
  }

  write(text: string): void {
    this.#last = text.at(-1) ?? this.#last;
    const head = truncate(text, this.#bounds.headCharacters - this.#shown);
    if (head !== "") {
      this.#show(head);
      this.#shown += head.length;
    }
    const rest = text.slice(head.length);
    if (rest === "") return;
    // The head is complete with the first omission: otherwise a later short piece would be shown before an earlier one.
    this.#shown = this.#bounds.headCharacters;
    this.#tail += rest;
    if (this.#tail.length > 2 * this.#bounds.tailCharacters) this.#trim();
  }

  /** Shows the tail. Call it once, however the output ended. */
  end(): void {
    this.#trim();
    if (this.#omitted > 0)
      this.#show(`\n[… ${this.#omitted.toLocaleString("en")} characters left out here …]\n`);
    if (this.#tail !== "") this.#show(this.#tail);
    this.#tail = "";
  }

  #trim(): void {
    const tail = truncateStart(this.#tail, this.#bounds.tailCharacters);
    this.#omitted += this.#tail.length - tail.length;
    this.#tail = tail;
  }
}
