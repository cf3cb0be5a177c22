/** Reads server-sent events from an answer, frame by frame, and notices a connection that is dead and was never closed. */
import { createParser } from "eventsource-parser";
import type { ListEvent, SessionEvent } from "../shared/protocol";

export type Frame = SessionEvent | ListEvent;

/** The server sends a heartbeat every 15 s: after this much silence the connection is dead. */
const silenceMs = 40_000;

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
  if (response.body === null) throw new ConnectionLost("expected a stream, got an empty answer");
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let frames: Frame[] = [];
  const parser = createParser({
    onEvent: (event) => frames.push(JSON.parse(event.data) as Frame),
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
    throw new ConnectionLost("the connection broke", { cause: error });
  } finally {
    clearTimeout(timer);
  }
  throw new ConnectionLost("the connection fell silent");
}

function close(reader: Bytes): void {
  // It rejects with what has broken the connection, which the reading has thrown already.
  reader.cancel().catch(() => undefined);
}
