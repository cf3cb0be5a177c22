/** Server-sent events: frames, and viewers that are bounded and never slow a run. */
import type { ListEvent, SessionEvent } from "../shared/protocol";

export type Frame = string;

/** One event as a frame. JSON holds no raw line break, so one `data:` line is enough. */
export function encode(event: SessionEvent | ListEvent): Frame {
  const data = `data: ${JSON.stringify(event)}\n\n`;
  return "seq" in event ? `id: ${event.seq}\n${data}` : data;
}

/** A comment. One is sent at once: the headers of an answer travel with its first byte. */
const heartbeat: Frame = ": hb\n\n";
const heartbeatMs = 15_000;
/** A viewer that has this much waiting is let go; it resumes by the last id it saw. */
const maxWaitingCharacters = 8_000_000;

/**
 * One open stream. Frames queue up while the previous write is under way and go out together: one write per event
 * is the limit of throughput. `end` closes after what is queued; `close` at once. `onClose` runs once, whoever closed it.
 */
export class Viewer {
  readonly response: Response;
  readonly #onClose: (viewer: Viewer) => void;
  readonly #timer: Timer;
  #waiting: Frame[] = [];
  #waitingCharacters = 0;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #pulled: (() => void) | undefined;
  #ending = false;
  #closed = false;

  constructor(onClose: (viewer: Viewer) => void, headers: Record<string, string> = {}) {
    this.#onClose = onClose;
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => void (this.#controller = controller),
        pull: () => this.#pull(),
        cancel: () => this.close(),
      },
      { highWaterMark: 0 },
    );
    this.response = new Response(stream, {
      headers: {
        "Content-Type": "text/event-stream; charset=utf-8",
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        ...headers,
      },
    });
    this.send(heartbeat);
    this.#timer = setInterval(() => this.send(heartbeat), heartbeatMs);
  }

  send(frame: Frame): void {
    if (this.#closed || this.#ending) return;
    this.#waiting.push(frame);
    this.#waitingCharacters += frame.length;
    if (this.#waitingCharacters > maxWaitingCharacters) return this.close();
    this.#flush();
  }

  end(): void {
    this.#ending = true;
    this.#flush();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#waiting = [];
    this.#pulled?.();
    try {
      this.#controller?.close();
    } catch {
      // The client hung up first: the stream is closed already.
    }
    this.#onClose(this);
  }

  /** Called when the socket can take more: settles once something was written. */
  #pull(): Promise<void> {
    return new Promise((resolve) => {
      this.#pulled = resolve;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#pulled === undefined) return;
    if (this.#waiting.length > 0) {
      const pulled = this.#pulled;
      this.#pulled = undefined;
      this.#controller?.enqueue(encoder.encode(this.#waiting.join("")));
      this.#waiting = [];
      this.#waitingCharacters = 0;
      pulled();
    } else if (this.#ending) this.close();
  }
}

const encoder = new TextEncoder();
