/** Server-sent events as bytes. */
import type { ListEvent, SessionEvent } from "../../shared/protocol";

/** The bytes of an event, or of many: all viewers are given the same ones. */
export type Frame = Uint8Array;

/** One event as a frame. JSON holds no raw line break, so one `data:` line is enough. */
export function encode(event: SessionEvent | ListEvent): Frame {
  const data = `data: ${JSON.stringify(event)}\n\n`;
  return encoder.encode("seq" in event ? `id: ${event.seq}\n${data}` : data);
}

/** A frame of other text than an event's; it holds no line break. */
export function dataFrame(data: string): Frame {
  return encoder.encode(`data: ${data}\n\n`);
}

export function joined(frames: Frame[]): Frame {
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
}

/** A line that readers ignore. */
export function comment(text: string): Frame {
  return encoder.encode(`: ${text}\n\n`);
}

const encoder = new TextEncoder();
