/**
 * Reads what the gate needs of a request's JSON while it arrives, piece by piece: a parser would hold the server for a second
 * when a command sends 32 MB of small values.
 */
import { charactersPerToken } from "../../shared/estimate-tokens";
import { gateBounds } from "./gate-bounds";

/** Of the fields of the body's own object. */
export interface RequestFacts {
  model?: string;
  serviceTier?: string;
  /** The service is to go on by itself after the connection is closed. */
  isBackground: boolean;
  /** About how many tokens it has. */
  tokens: number;
}

export class RequestScan {
  /** What closes the objects and lists that are open, the innermost last. */
  readonly #closers: number[] = [];
  /** Of those fields that are read, the ones that were. */
  readonly #seen = new Set<string>();
  #isBegun = false;
  #isOver = false;
  #isBroken = false;
  #inString = false;
  #isEscaped = false;
  #isKey = false;
  /** Of the text that is read. */
  #length = 0;
  #isText = false;
  /** The name or value that is read, of the outer object. */
  #kept: number[] = [];
  #name = "";
  #characters = 0;
  #pictures = 0;
  readonly #facts: Omit<RequestFacts, "tokens"> = { isBackground: false };

  /** The next piece of the body, cut anywhere. Never throws. */
  add(chunk: Uint8Array): void {
    let nextBackslash = -1;
    for (let at = 0; at < chunk.length && !this.#isBroken; at++) {
      if (this.#inString && !this.#isEscaped && this.#isSkipped) {
        if (nextBackslash < at) nextBackslash = indexIn(chunk, backslash, at);
        const end = Math.min(indexIn(chunk, quote, at), nextBackslash);
        this.#skip(chunk.subarray(at, end));
        at = end;
        if (at === chunk.length) return;
      }
      const byte = chunk[at]!;
      if (this.#inString) this.#text(byte);
      else this.#structure(byte);
    }
  }

  /** Undefined: it is no JSON object, or not a whole one, or which model it is for depends on who reads it. */
  end(): RequestFacts | undefined {
    if (!this.#isOver || this.#isBroken) return undefined;
    const tokens =
      Math.ceil(this.#characters / charactersPerToken) + this.#pictures * pictureTokens;
    return { ...this.#facts, tokens };
  }

  get #isOuter(): boolean {
    return this.#closers.length === 1;
  }

  /** Nothing of the text is kept. */
  get #isSkipped(): boolean {
    return !this.#isOuter || this.#kept.length >= gateBounds.nameBytes;
  }

  #skip(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > pictureBytes && piece.includes(space)) this.#isText = true;
  }

  #text(byte: number): void {
    this.#length++;
    if (byte === space) this.#isText = true;
    if (this.#isEscaped) this.#isEscaped = false;
    else if (byte === backslash) this.#isEscaped = this.#isText = true;
    else if (byte === quote) return this.#endText();
    this.#keep(byte);
  }

  #structure(byte: number): void {
    if (byte <= space) return;
    if (this.#isOver || (!this.#isBegun && byte !== openBrace)) this.#isBroken = true;
    this.#isBegun = true;
    this.#characters++;
    switch (byte) {
      case quote:
        this.#inString = true;
        this.#isText = false;
        this.#length = 0;
        return this.#keep(byte);
      case openBrace:
      case openBracket:
        this.#closers.push(byte === openBrace ? closeBrace : closeBracket);
        if (this.#closers.length > gateBounds.depth) this.#isBroken = true;
        if (this.#isOuter) this.#isKey = true;
        return;
      case closeBrace:
      case closeBracket:
        if (this.#isOuter) this.#endValue();
        if (this.#closers.pop() !== byte) this.#isBroken = true;
        if (this.#closers.length === 0) this.#isOver = true;
        return;
      case colon:
        return;
      case comma:
        if (this.#isOuter) this.#endValue();
        return;
      default:
        this.#keep(byte);
    }
  }

  #endText(): void {
    this.#keep(quote);
    this.#inString = false;
    // A picture is about 1,500 tokens, however long it is in base64.
    if (this.#length > pictureBytes && !this.#isText) this.#pictures++;
    else this.#characters += this.#length;
    if (!this.#isOuter || !this.#isKey) return;
    const name = this.#take();
    this.#name = typeof name === "string" ? name.toLowerCase() : "";
    this.#isKey = false;
    // Services differ in which of two they take, and in whether MODEL is one.
    if (this.#seen.has(this.#name)) this.#isBroken = true;
    if (readFields.has(this.#name)) this.#seen.add(this.#name);
  }

  #endValue(): void {
    const value = this.#take();
    if (this.#name === "model") {
      if (typeof value === "string") this.#facts.model = value;
      else this.#isBroken = true;
    }
    if (this.#name === "service_tier" && typeof value === "string") this.#facts.serviceTier = value;
    if (this.#name === "background" && value !== false && value !== null)
      this.#facts.isBackground = true;
    this.#isKey = true;
  }

  #keep(byte: number): void {
    if (this.#isOuter && this.#kept.length < gateBounds.nameBytes) this.#kept.push(byte);
  }

  /** The value that was kept; undefined for a longer one, and for what is no JSON. */
  #take(): unknown {
    const text = Buffer.from(this.#kept).toString();
    this.#kept = [];
    try {
      return JSON.parse(text);
    } catch {
      return undefined; // longer than a name is, or an object: nothing that is looked for
    }
  }
}

/** Of the next such byte; the length where there is none. */
function indexIn(chunk: Uint8Array, byte: number, from: number): number {
  const found = chunk.indexOf(byte, from);
  return found === -1 ? chunk.length : found;
}

const readFields = new Set(["model", "service_tier", "background"]);

const pictureBytes = 2_000;
const pictureTokens = 1_500;

const [quote, backslash, space, colon, comma] = [0x22, 0x5c, 0x20, 0x3a, 0x2c];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
