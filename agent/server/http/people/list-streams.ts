/** Streams of the changes of a person's list, which the front has from their server. */
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { ListEvent } from "../../../shared/protocol";
import type { PersonServer } from "../../unix-users/person-server";
import { signInHeader } from "../who-asks";
import { listsSlice } from "./read-rows";
import { readListEvent } from "./person-rows";

/** In characters, of what has come at once and is not read yet. */
const maxBuffered = 1_000_000;

/** Until what is returned is called: else the server would end as idle, and tell the browser as one whose pages are closed. */
export function holdServer(own: PersonServer, signInId: string | undefined): () => void {
  const closing = new AbortController();
  const free = own.use();
  const headers = new Headers();
  if (signInId !== undefined) headers.set(signInHeader, signInId);
  const drained = own
    .fetch("/api/events", { headers }, closing.signal)
    .then((answer) => answer.body?.pipeTo(new WritableStream(), { signal: closing.signal }));
  drained.catch(() => undefined).finally(free);
  return () => closing.abort();
}

/** Resolves at the end of the stream, and rejects when it breaks; what is no event of a list is left out. */
export async function readEvents(
  answer: Response,
  onEvent: (event: ListEvent) => void,
): Promise<void> {
  if (answer.body === null) return;
  const texts = answer.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream({ maxBufferSize: maxBuffered, onError: "terminate" }));
  for await (const { data } of texts) {
    await listsSlice.take(texts);
    const event = readListEvent(data);
    if (event !== undefined) onEvent(event);
  }
}
