/** Counts what one turn of an engine shows, and fails it when that is more than a page can show. */
import { EngineError } from "../engines/engine";

/** Texts, reasoning, calls, notices: an answer that changes between them has some hundreds. */
const maxParts = 2_000;
/** Text and reasoning together: five times the longest answer of any model, for each of its requests. */
const maxCharacters = 20_000_000;
/** What takes the place of something shown: inputs, plans, outputs. */
const maxChanged = 50_000_000;
const maxOpenCalls = 200;
const maxNotices = 50;

/** Its methods throw EngineError where the turn has too much of something. */
export class TurnSize {
  #parts = 0;
  #characters = 0;
  #changed = 0;
  #notices = 0;

  addPart(): void {
    if (++this.#parts > maxParts) throw tooMuch("parts");
  }

  addText(delta: string): void {
    this.#characters += delta.length;
    if (this.#characters > maxCharacters) throw tooMuch("characters of text");
  }

  addChange(change: unknown): void {
    this.#changed += JSON.stringify(change).length;
    if (this.#changed > maxChanged) throw tooMuch("changes of what it has shown");
  }

  /** False: there were enough. */
  addNotice(): boolean {
    return ++this.#notices <= maxNotices;
  }

  /** Before one more call: so many are open. */
  checkCalls(open: number): void {
    if (open >= maxOpenCalls) throw tooMuch("calls at once");
  }
}

function tooMuch(what: string): EngineError {
  return new EngineError(
    "engine-flood",
    `The engine sent more ${what} in one turn than can be shown.`,
  );
}
