/** The demo provider: an openly scripted model, with no key and no network, so that every Stop can be tried at once. */
import type { ModelInfo } from "../../../shared/protocol";
import { type Line, nextTurn } from "./demo-script";
import type { ModelEvent, ModelRequest, Provider } from "../provider";

export interface DemoOptions {
  /** Between two pieces of text, in milliseconds: 20 reads like a fast model. */
  pieceMs?: number;
}

/** Plays what demo-script.ts says comes next. An abort ends the stream within the tick, in a pause as in a burst. */
export function createDemo({ pieceMs = 20 }: DemoOptions = {}): Provider {
  return {
    id: "demo",
    async *stream(request, signal) {
      const pace = new Pace(pieceMs);
      const lines = nextTurn(request);
      let outputTokens = 0;
      for (const event of play(lines)) {
        if (event.type === "part-delta") {
          await pace.next(signal);
          outputTokens++;
        }
        signal.throwIfAborted();
        yield event;
      }
      signal.throwIfAborted();
      yield { type: "usage", inputTokens: estimateInput(request), outputTokens };
      signal.throwIfAborted();
      yield { type: "finish", reason: lines.some(isCall) ? "tool-calls" : "stop" };
    },
    async models(signal) {
      signal.throwIfAborted();
      return [scripted];
    },
  };
}

const scripted: ModelInfo = { provider: "demo", id: "scripted", name: "Scripted demo" };

function* play(lines: Line[]): Generator<ModelEvent> {
  for (const [index, line] of lines.entries()) {
    const key = String(index);
    if (line.type === "tool-call") {
      const { name, input } = line;
      yield {
        type: "part-start",
        key,
        part: "tool-call",
        callId: `demo-${crypto.randomUUID()}`,
        name,
      };
      yield* deltas(key, JSON.stringify(input));
      yield { type: "part-end", key, input };
    } else {
      yield { type: "part-start", key, part: line.type };
      yield* deltas(key, line.text);
      yield { type: "part-end", key };
    }
  }
}

/** Pieces a little smaller than tokens: white space goes with what follows it, and no character is split. */
function* deltas(key: string, text: string): Generator<ModelEvent> {
  for (const [delta] of text.matchAll(/\s*\S{1,3}|\s+$/gu))
    yield { type: "part-delta", key, delta };
}

function isCall(line: Line): boolean {
  return line.type === "tool-call";
}

function estimateInput({ system, messages, tools }: ModelRequest): number {
  return Math.ceil(JSON.stringify([system, messages, tools]).length / 4);
}

/** A steady rhythm: each piece has its time on a clock, so that a slow timer is caught up with. */
class Pace {
  readonly #pieceMs: number;
  #due = performance.now();

  constructor(pieceMs: number) {
    this.#pieceMs = pieceMs;
  }

  async next(signal: AbortSignal): Promise<void> {
    this.#due += this.#pieceMs;
    const delayMs = this.#due - performance.now();
    if (delayMs > 0) await pause(delayMs, signal);
  }
}

function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const end = (): void => {
      signal.removeEventListener("abort", abort);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", abort, { once: true });
  });
}
