/** A line of an engine as JSON, if reading it cannot hold the server. */

/** Below it, a line is parsed within some milliseconds, whatever it holds. */
const shortLine = 65_536;

/** Of one line: so many fields with different names take the parser about a tenth of a second. */
const mostValues = 300_000;

const deepest = 500;

/**
 * Throws when it is no JSON, or is nested too deep or holds too many values: a line of 30 million brackets took 8 s and
 * 2 GB, one of a million and a half different strings or names three to five (measured with Bun 1.4.5).
 */
export function parseLine(line: string): unknown {
  if (line.length > shortLine) {
    const shape = new JsonShape();
    for (let at = 0; at < line.length; at++) if (!shape.take(line.charCodeAt(at))) throw tooMuch();
  }
  return JSON.parse(line);
}

function tooMuch(): SyntaxError {
  return new SyntaxError("It holds more values than can be read.");
}

const quote = 34;
const backslash = 92;
const comma = 44;
/** What opens; what closes comes two places after it. */
const bracket = 91;
const brace = 123;

/** Of a JSON text that comes character by character, in UTF-16 or UTF-8: whether parsing it can hold the server. */
export class JsonShape {
  #depth = 0;
  #values = 0;
  #isInString = false;
  #isEscaped = false;

  /** False once it is nested too deep, or holds too many values. */
  take(code: number): boolean {
    if (this.#isInString) this.#takeOfString(code);
    else if (code === quote) this.#isInString = true;
    else if (code === comma) this.#values++;
    else if (code === bracket || code === brace) {
      this.#values++;
      this.#depth++;
    } else if (code === bracket + 2 || code === brace + 2) this.#depth--;
    return this.#depth <= deepest && this.#values <= mostValues;
  }

  #takeOfString(code: number): void {
    if (this.#isEscaped) this.#isEscaped = false;
    else if (code === backslash) this.#isEscaped = true;
    else if (code === quote) this.#isInString = false;
  }
}
