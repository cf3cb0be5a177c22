/** Reads server-sent events from an answer, frame by frame, and notices a connection that is dead and was never closed. */
import { createParser } from "eventsource-parser";
import type { ListEvent, SessionEvent } from "../shared/protocol";

export type Frame = SessionEvent | ListEvent;

/** The server sends a heartbeat every 15 s: after this much silence the connection is dead. */
export const silenceMs = 40_000;

/** The connection broke or fell silent: a reason to connect again, not a bug. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}

/**
 * Hands every frame to `onFrame` in order and resolves when the server has ended the stream.
 * Throws the signal's reason once it aborts, and ConnectionLost when the connection is dead.
 */
export async function readFrames(
  response: Response,
  onFrame: (frame: Frame) => void,
  signal: AbortSignal,
): Promise<void> {
  for await (const frames of readChunks(response, signal)) for (const one of frames) onFrame(one);
}

/** The frames of each piece that the network brings. Ends and throws as `readFrames` does; leaving the loop closes the connection. */
export async function* readChunks(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<Frame[], void, void> {
  const type = response.headers.get("Content-Type") ?? "nothing";
  // What stands between, such as a proxy's page to sign in, answers in the server's place.
  if (response.body === null || !type.startsWith("text/event-stream"))
    throw new ConnectionLost(`What answers is not Rein: expected a stream of events, got ${type}.`);
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let frames: Frame[] = [];
  const parser = createParser({
    onEvent: ({ data }) => frames.push(parseFrame(data)),
  });
  try {
    for (;;) {
      const { done, value } = await readOrSilence(reader, signal);
      if (done) return;
      frames = [];
      parser.feed(decoder.decode(value, { stream: true }));
      yield frames;
    }
  } finally {
    close(reader);
  }
}

function parseFrame(data: string): Frame {
  let frame: unknown;
  try {
    frame = JSON.parse(data);
  } catch (error) {
    throw new ConnectionLost("What came over the connection is no event.", { cause: error });
  }
  if (typeof frame === "object" && frame !== null && "type" in frame) return frame as Frame;
  throw new ConnectionLost("What came over the connection is no event.");
}

type Bytes = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

async function readOrSilence(reader: Bytes, signal: AbortSignal): ReturnType<Bytes["read"]> {
  let silent = false;
  const timer = setTimeout(() => {
    silent = true;
    // The pending read ends with this.
    close(reader);
  }, silenceMs);
  try {
    const result = await reader.read();
    signal.throwIfAborted();
    if (!silent) return result;
  } catch (error) {
    signal.throwIfAborted();
    throw new ConnectionLost("The connection to Rein’s server broke.", { cause: error });
  } finally {
    clearTimeout(timer);
  }
  throw new ConnectionLost("Nothing has come from Rein’s server for 40 seconds.");
}

function close(reader: Bytes): void {
  // It rejects with what has broken the connection, which the reading has thrown already.
  reader.cancel().catch(() => undefined);
}
