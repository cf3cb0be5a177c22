/**
 * Cuts a stream of server-sent events into its frames, as bytes. Of what passes through a node only that is read there which
 * says who may see the session.
 */
import type { Owned } from "../../shared/session-roles";
import type { Frame } from "../stream/sse-frame";

export interface PassedFrame {
  /** Of its `id:` line. */
  seq: number;
  isSnapshot: boolean;
  frame: Frame;
  /** What it says of who may see the session; all of it where it is a snapshot. */
  owned?: Pick<Owned, "user" | "people">;
}

/** A snapshot of a long session, and room. */
const maxBytes = 64_000_000;

/** For one stream. Frames without an id are left out: they are the owner's own news, and heartbeats. */
export class FrameSplitter {
  /** What has come of a frame that has not ended: put together once, in however many chunks it comes. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  /** The frames that end in this chunk. Throws when what comes is no stream of events. */
  add(chunk: Uint8Array): PassedFrame[] {
    if (chunk.length === 0) return [];
    const hasEnd = this.#hasEnd(chunk);
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    const found = hasEnd ? this.#take() : [];
    if (this.#heldBytes > maxBytes) throw new Error("An event of another node has no end");
    return found;
  }

  /** The end of what was there before may be the first half of an end. */
  #hasEnd(chunk: Uint8Array): boolean {
    const isHalf = this.#held.at(-1)?.at(-1) === lineFeed;
    return (
      (isHalf && chunk[0] === lineFeed) ||
      Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).includes(frameEnd)
    );
  }

  #take(): PassedFrame[] {
    const bytes = Buffer.concat(this.#held);
    const found: PassedFrame[] = [];
    let from = 0;
    for (let end = bytes.indexOf(frameEnd); end !== -1; end = bytes.indexOf(frameEnd, from)) {
      const frame = passedFrame(bytes.subarray(from, end + frameEnd.length));
      if (frame) found.push(frame);
      from = end + frameEnd.length;
    }
    const rest = bytes.subarray(from);
    this.#held = rest.length > 0 ? [rest] : [];
    this.#heldBytes = rest.length;
    return found;
  }
}

const frameEnd = "\n\n";
const idField = Buffer.from("id: ");
const snapshotStart = Buffer.from('data: {"type":"snapshot"');
const updateStart = Buffer.from('data: {"type":"session-update"');
const lineFeed = 0x0a;

function passedFrame(frame: Buffer): PassedFrame | undefined {
  if (!startsWith(frame, idField, 0)) return undefined;
  const lineEnd = frame.indexOf(lineFeed);
  const seq = Number(frame.toString("latin1", idField.length, lineEnd));
  if (!Number.isSafeInteger(seq)) throw new Error("An event of another node has no number");
  const dataAt = lineEnd + 1;
  if (startsWith(frame, snapshotStart, dataAt)) {
    const { user, people } = (dataOf(frame, dataAt) as { session: Owned }).session;
    return { seq, isSnapshot: true, frame, owned: { user, people } };
  }
  const passed = { seq, isSnapshot: false, frame };
  if (!startsWith(frame, updateStart, dataAt)) return passed;
  const { patch } = dataOf(frame, dataAt) as { patch: Owned };
  return "people" in patch ? { ...passed, owned: { people: patch.people } } : passed;
}

function dataOf(frame: Buffer, at: number): unknown {
  return JSON.parse(frame.toString("utf8", at + "data: ".length));
}

function startsWith(frame: Buffer, start: Buffer, at: number): boolean {
  return frame.compare(start, 0, start.length, at, Math.min(frame.length, at + start.length)) === 0;
}
