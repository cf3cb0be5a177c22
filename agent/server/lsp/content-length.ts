/** The messages of a language server: each behind a header that says its length in bytes. */
import type { Framing } from "../engines/engine-child";

const maxHeaderBytes = 4_096;
const maxBodyBytes = 20_000_000;
const headerEnd = "\r\n\r\n";

/** Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/#baseProtocol */
export class ContentLength implements Framing {
  /** Doubled when it is full; what was taken is dropped then. */
  #buffer = Buffer.alloc(65_536);
  #start = 0;
  #end = 0;
  /** Of the body that has not come whole; undefined in a header. */
  #bodyBytes: number | undefined;

  read(text: string): string | undefined {
    this.#add(Buffer.from(text));
    let lines = "";
    for (;;) {
      if (this.#bodyBytes === undefined) {
        const header = this.#header();
        if (header === undefined) return this.#size > maxHeaderBytes ? undefined : lines;
        this.#bodyBytes = lengthIn(header);
        if (this.#bodyBytes === undefined) return undefined;
      }
      if (this.#size < this.#bodyBytes) return lines;
      // In JSON a line feed is white space.
      lines += `${this.#take(this.#bodyBytes).replaceAll("\n", " ")}\n`;
      this.#bodyBytes = undefined;
    }
  }

  frame(message: string): string {
    return `Content-Length: ${Buffer.byteLength(message)}${headerEnd}${message}`;
  }

  get #size(): number {
    return this.#end - this.#start;
  }

  #header(): string | undefined {
    const near = this.#buffer.subarray(
      this.#start,
      Math.min(this.#end, this.#start + maxHeaderBytes),
    );
    const length = near.indexOf(headerEnd);
    if (length === -1) return undefined;
    const header = near.toString("latin1", 0, length);
    this.#start += length + headerEnd.length;
    return header;
  }

  #take(bytes: number): string {
    const text = this.#buffer.toString("utf8", this.#start, this.#start + bytes);
    this.#start += bytes;
    return text;
  }

  #add(more: Buffer): void {
    if (this.#end + more.length > this.#buffer.length) {
      const held = this.#buffer.subarray(this.#start, this.#end);
      const next = Buffer.alloc(Math.max(65_536, 2 * (held.length + more.length)));
      held.copy(next);
      this.#buffer = next;
      this.#end = held.length;
      this.#start = 0;
    }
    more.copy(this.#buffer, this.#end);
    this.#end += more.length;
  }
}

/** Undefined when it says none that Rein takes. */
function lengthIn(header: string): number | undefined {
  const [, digits] = /^content-length:[ \t]*(\d{1,9})[ \t]*\r?$/im.exec(header) ?? [];
  const length = Number(digits);
  return digits !== undefined && length <= maxBodyBytes ? length : undefined;
}
