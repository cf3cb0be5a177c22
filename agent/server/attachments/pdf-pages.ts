/** How many pages a PDF has, by the objects in it: services refuse a request with too many. */
import { promisify } from "node:util";
import { inflate } from "node:zlib";

const inflated = promisify(inflate);
const pieceBytes = 1_000_000;
/** What stands around a mark is looked at so far, in bytes. */
const before = 300;
const behind = 8000;
/** What is looked into of a hostile one: nodes of its tree of pages, and bytes of a packed stream and of all. */
const maxNodes = 5000;
const maxPackedBytes = 1_000_000;
const maxUnpackedBytes = 4_000_000;
const maxAllUnpackedBytes = 64_000_000;

/** Resolves with so many bytes from there on, fewer at the end. */
export type ReadAt = (at: number, length: number) => Promise<Buffer>;

/** What the root of the pages says, else those that are found; undefined when there are none to be seen. Throws the signal's reason. */
export async function countPages(read: ReadAt, signal: AbortSignal): Promise<number | undefined> {
  const count = new PageCount();
  let unpacked = 0;
  for (let at = 0; ; at += pieceBytes) {
    // In pieces: a large one holds up nothing else, and is not held whole.
    const bytes = await read(at, pieceBytes + behind);
    signal.throwIfAborted();
    if (bytes.length === 0) return count.pages();
    const piece = bytes.toString("latin1");
    count.add(piece, pieceBytes);
    for (const { index } of piece.matchAll(/\/Type\s{0,9}\/ObjStm\b/g)) {
      if (index >= pieceBytes || unpacked > maxAllUnpackedBytes) break;
      const objects = await unpack(await read(at + index, maxPackedBytes));
      signal.throwIfAborted();
      // One that could not be unpacked may have cost as much as the largest.
      unpacked += objects.length || maxUnpackedBytes;
      count.add(objects, Infinity);
    }
  }
}

class PageCount {
  #said = 0;
  #seen = 0;
  #nodes = 0;

  /** `end`: what begins behind it belongs to the next piece. */
  add(text: string, end: number): void {
    for (const { index, 1: kind } of text.matchAll(/\/Type\s{0,9}\/(Pages?)\b/g)) {
      if (index >= end) return;
      if (kind === "Page") this.#seen++;
      else if (++this.#nodes <= maxNodes) this.#said = Math.max(this.#said, countIn(text, index));
    }
  }

  pages(): number | undefined {
    return this.#said || this.#seen || undefined;
  }
}

/** What the node of this mark says. Its kids may stand before the number. */
function countIn(text: string, mark: number): number {
  const start = text.slice(Math.max(0, mark - before), mark);
  const rest = text.slice(mark, mark + behind);
  const end = rest.search(/endobj|\/Type\s{0,9}\/Page\b/);
  const node = start.slice(start.lastIndexOf("<<") + 1) + (end === -1 ? rest : rest.slice(0, end));
  return Number(/\/Count\s{1,9}(\d{1,7})\b/.exec(node)?.[1] ?? 0);
}

/** The objects of the stream that begins soon behind its mark; "" when it is damaged, encrypted, too large or packed otherwise. */
async function unpack(object: Buffer): Promise<string> {
  const start = object.subarray(0, 1000).indexOf("stream");
  if (start === -1) return "";
  const packed = object.subarray(start + (object[start + 6] === 13 ? 8 : 7));
  try {
    const bytes = await inflated(packed, { maxOutputLength: maxUnpackedBytes });
    return bytes.toString("latin1");
  } catch {
    return ""; // then its pages are not counted
  }
}
