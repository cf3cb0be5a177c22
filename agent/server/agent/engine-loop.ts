/** The loop of every engine: its turns, until nothing waits for it; each ends by its own word, or by a stop that is proven. */
import { filesOf } from "../../shared/message-parts";
import { saidText } from "../../shared/said-text";
import type { EventBody } from "../../shared/protocol";
import { Channel } from "./event-channel";
import { driveTurn } from "./engine-turn";
import type { EngineLoopRequest } from "./engine-turn-types";
import type { LoopEnd } from "./turn-types";

/**
 * As `agentLoop`: yields everything that happens, and does not throw. When `signal` aborts, the engine is interrupted, given
 * a second to say that it is idle, and its job is ended; when `hardSignal` aborts too, at once. Nothing of the run lives
 * when this ends: read it to the end.
 */
export async function* engineLoop(
  request: EngineLoopRequest,
  signal: AbortSignal,
  hardSignal: AbortSignal,
): AsyncGenerator<EventBody, LoopEnd> {
  let { said } = request;
  for (;;) {
    const channel = new Channel<EventBody>();
    const send = (event: EventBody) => channel.send(event);
    const driven = driveTurn(request, said, send, signal, hardSignal).finally(() =>
      channel.close(),
    );
    yield* channel;
    const end = await driven;
    if (end.outcome !== "done" || signal.aborted || request.sumsUp) return end;
    const next = request.takeQueued();
    if (next.length === 0) return end;
    said = {
      text: next.map((message) => saidText(message, "\n")).join("\n\n"),
      files: next.flatMap(filesOf),
    };
  }
}
