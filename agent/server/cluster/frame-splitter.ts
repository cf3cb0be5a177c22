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
  #rest: Uint8Array = new Uint8Array();

  /** The frames that end in this chunk. Throws when what comes is no stream of events. */
  add(chunk: Uint8Array): PassedFrame[] {
    const bytes = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    const found: PassedFrame[] = [];
    // The end of what was there before may be the first half of an end.
    let [from, lookFrom] = [0, Math.max(0, this.#rest.length - 1)];
    for (;;) {
      const end = bytes.indexOf("\n\n", lookFrom);
      if (end === -1) break;
      const frame = passedFrame(bytes.subarray(from, end + 2));
      if (frame) found.push(frame);
      from = lookFrom = end + 2;
    }
    this.#rest = bytes.subarray(from);
    if (this.#rest.length > maxBytes) throw new Error("An event of another node has no end");
    return found;
  }
}

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
