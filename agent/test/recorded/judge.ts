/** Judges the request that follows an answer, by what the strict upstream refuses. */
import type { Message } from "../../shared/protocol";
import { type ModelEvent, type Provider, ProviderError } from "../../server/providers/provider";
import { ask, collect, messageOf, stopped, userMessage } from "../provider-wires";
import { startUpstream, text } from "../upstream/upstream";
import type { RecordedAnswer } from "./recordings";
import { createProvider } from "./replay";

const live = new AbortController().signal;

export type Reader = Pick<RecordedAnswer, "wire" | "service" | "model">;

export interface Judge extends AsyncDisposable {
  /** Why the service of this model refuses the conversation; undefined when it answers. */
  refusal(reader: Reader, ...messages: Message[]): Promise<string | undefined>;
  /** The body of the request that holds these messages, as JSON. */
  sent(reader: Reader, ...messages: Message[]): Promise<string>;
  /** The message that the loop makes of these events. */
  message(writer: Reader, events: ModelEvent[]): Message;
}

export function startJudge(): Judge {
  const upstream = startUpstream();
  upstream.route(() => [text("Here I am.")]);
  return {
    async refusal(reader, ...messages) {
      const request = ask(reader.model, userMessage("Hello."), ...messages);
      try {
        await collect(createProvider(reader, upstream.baseUrls).stream(request, live));
        return undefined;
      } catch (error) {
        if (error instanceof ProviderError) return `${reader.wire}: ${error.message}`;
        throw error;
      }
    },
    async sent(reader, ...messages) {
      const mark = crypto.randomUUID();
      const request = ask(reader.model, userMessage(mark), ...messages);
      await collect(createProvider(reader, upstream.baseUrls).stream(request, live));
      const bodies = upstream.requests.map(({ body }) => JSON.stringify(body));
      return bodies.find((body) => body.includes(mark))!;
    },
    message: (writer, events) =>
      messageOf(events, createProvider(writer, upstream.baseUrls).id, writer.model),
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
