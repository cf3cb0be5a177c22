/** Judges the request that follows an answer, by what the strict upstream refuses. */
import type { Message } from "../../shared/protocol";
import { type ModelEvent, type Provider, ProviderError } from "../../server/providers/provider";
import { ask, collect, messageOf, stopped, userMessage } from "../provider-wires";
import { startUpstream, text } from "../upstream/upstream";
import type { RecordedWire } from "./recordings";
import { caseOf } from "./replay";

const live = new AbortController().signal;

export interface Judge extends AsyncDisposable {
  /** Why the service of this wire refuses the conversation; undefined when it answers. */
  refusal(wire: RecordedWire, model: string, ...messages: Message[]): Promise<string | undefined>;
  /** The message that the loop makes of these events. */
  message(wire: RecordedWire, model: string, events: ModelEvent[]): Message;
}

export function startJudge(): Judge {
  const upstream = startUpstream();
  upstream.route(() => [text("Here I am.")]);
  return {
    async refusal(wire, model, ...messages) {
      const request = ask(model, userMessage("Hello."), ...messages);
      try {
        await collect(caseOf(wire).create(upstream).stream(request, live));
        return undefined;
      } catch (error) {
        if (error instanceof ProviderError) return `${wire}: ${error.message}`;
        throw error;
      }
    },
    message: (wire, model, events) => messageOf(events, caseOf(wire).create(upstream).id, model),
    [Symbol.asyncDispose]: () => upstream.close(),
  };
}

/** What came before the answer's end or failure, or before the stop that the event of this number causes. */
export async function readEvents(
  provider: Provider,
  model: string,
  stopAt?: number,
): Promise<{ events: ModelEvent[]; hasFailed: boolean }> {
  const controller = new AbortController();
  const events: ModelEvent[] = [];
  try {
    for await (const event of provider.stream(ask(model), controller.signal)) {
      events.push(event);
      if (events.length - 1 === stopAt) controller.abort(stopped);
    }
  } catch (error) {
    if (error !== stopped && !(error instanceof ProviderError)) throw error;
    return { events, hasFailed: error !== stopped };
  }
  return { events, hasFailed: false };
}
