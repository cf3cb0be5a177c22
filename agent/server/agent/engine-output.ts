/** The output of an engine's call, in pieces or anew as a whole, shown within the bounds that commands of Rein's own have. */
import { truncate, truncateStart } from "../../shared/truncate";
import { outputBounds } from "../tools/tool";

const { headCharacters, tailCharacters } = outputBounds;

/** What the page is told. */
export type OutputChange = { delta: string } | { whole: string };

export class EngineOutput {
  #shown = "";
  /** The output from its beginning, as far as the head goes. */
  #head = "";
  #tail = "";
  #omitted = 0;

  /** Returns what the page has to be told; undefined: nothing. */
  add(delta: string): OutputChange | undefined {
    // Once something is in the tail, so is all that follows.
    const room = this.#tail === "" ? headCharacters - this.#head.length : 0;
    const head = truncate(delta, room);
    this.#head += head;
    this.#keepTail(delta.slice(head.length));
    return this.#show(this.#head);
  }

  /** Whether this is what is shown and more, and not other words in its place. */
  isGrown(whole: string): boolean {
    return this.#shown !== "" && whole.startsWith(this.#shown);
  }

  /** In the place of what came before. */
  replace(whole: string): OutputChange | undefined {
    this.#head = truncate(whole, headCharacters);
    this.#tail = "";
    this.#omitted = 0;
    this.#keepTail(whole.slice(this.#head.length));
    return this.#show(this.#head);
  }

  /** The tail too: to be called when no more comes. */
  end(): OutputChange | undefined {
    const gap = `\n[… ${this.#omitted.toLocaleString("en")} characters left out here …]\n`;
    return this.#show(this.#head + (this.#omitted > 0 ? gap : "") + this.#tail);
  }

  #keepTail(rest: string): void {
    const all = this.#tail + rest;
    this.#tail = truncateStart(all, tailCharacters);
    this.#omitted += all.length - this.#tail.length;
  }

  #show(text: string): OutputChange | undefined {
    const shown = this.#shown;
    if (text === shown) return undefined;
    this.#shown = text;
    return text.startsWith(shown) ? { delta: text.slice(shown.length) } : { whole: text };
  }
}
