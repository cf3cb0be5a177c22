/** How many pages a PDF has, by the objects in it: services refuse a request with too many. */
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { inflate } from "node:zlib";

const inflated = promisify(inflate);
const pieceBytes = 1_000_000;
/** A mark, and what stands in its object, is found across two pieces. */
const overlap = 16_000;
/** What is unpacked of a hostile one, in bytes and streams. */
const maxStreamBytes = 8_000_000;
const maxStreams = 2000;

/** What the root of the pages says, else those that are found; undefined when there are none to be seen. Throws the signal's reason. */
export async function countPages(pdf: Buffer, signal: AbortSignal): Promise<number | undefined> {
  const found = { said: 0, seen: 0 };
  let streams = 0;
  for (let at = 0; at < pdf.length; at += pieceBytes) {
    // A large one holds up nothing else.
    await setImmediate();
    signal.throwIfAborted();
    const piece = pdf.toString("latin1", at, at + pieceBytes + overlap);
    count(piece, pieceBytes, found);
    for (const { index } of piece.matchAll(/\/Type\s{0,9}\/ObjStm\b/g)) {
      if (index >= pieceBytes || ++streams > maxStreams) break;
      count(await unpack(pdf, at + index), Infinity, found);
    }
  }
  return found.said || found.seen || undefined;
}

/** `end`: what begins behind it belongs to the next piece. */
function count(text: string, end: number, found: { said: number; seen: number }): void {
  for (const { index, 1: kind } of text.matchAll(/\/Type\s{0,9}\/(Pages?)\b/g)) {
    if (index >= end) return;
    if (kind === "Page") found.seen++;
    else found.said = Math.max(found.said, countIn(text, index));
  }
}

/** Of the object that holds the mark. Its kids may stand before the number. */
function countIn(text: string, mark: number): number {
  const begin = Math.max(0, text.lastIndexOf("<<", mark), mark - 300);
  const rest = text.slice(begin, mark + overlap / 2);
  const object = rest.slice(0, rest.search(/endobj|\/Type\s{0,9}\/Page\b/) >>> 0);
  return Number(/\/Count\s{1,9}(\d{1,7})\b/.exec(object)?.[1] ?? 0);
}

/** The objects of a stream; "" when it is damaged, encrypted, too large or packed otherwise. */
async function unpack(pdf: Buffer, mark: number): Promise<string> {
  const start = pdf.indexOf("stream", mark);
  if (start === -1 || start > mark + 1000) return "";
  const data = start + (pdf[start + 6] === 13 ? 8 : 7);
  try {
    const packed = pdf.subarray(data, data + maxStreamBytes);
    const bytes = await inflated(packed, { maxOutputLength: maxStreamBytes });
    return bytes.toString("latin1");
  } catch {
    return ""; // then its pages are not counted
  }
}
