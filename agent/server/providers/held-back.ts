/** Bounds what a wire holds back of an answer until a part of it is whole: AnswerGuard sees only what is passed on. */
import { BadAnswerError } from "./bad-answer";
import { bounds } from "./bounds";

/** One for each answer. */
export class HeldBack {
  #characters = 0;

  /** `piece`: what is kept; an object counts about as its JSON. Throws BadAnswerError beyond the bound of a whole answer. */
  add(piece: string | object): void {
    this.count(sizeOf(piece));
  }

  /** As `add`, of so many characters. */
  count(characters: number): void {
    this.#characters += characters;
    if (this.#characters > bounds.answerCharacters)
      throw new BadAnswerError(`more than ${bounds.answerCharacters / 1e6} million characters`);
  }
}

/** About the characters of its JSON, however deeply it is nested. */
export function sizeOf(value: unknown): number {
  let size = 0;
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === "string") size += one.length;
    else if (typeof one === "object" && one !== null)
      for (const [key, inner] of Object.entries(one)) {
        size += key.length;
        left.push(inner);
      }
    size += 4;
  }
  return size;
}
