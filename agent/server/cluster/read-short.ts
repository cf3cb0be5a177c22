/** An answer that is short enough to be held is read whole before anything of it is believed; a longer one passes as it comes. */

import { isUtf8 } from "node:buffer";

/** Many are held at once, and sessions have answers of many megabytes. */
export const mostHeld = 4_000_000;

/** A text when it is one, and at most `most` bytes; else a stream of the same bytes. Rejects when the stream breaks before. */
export async function readShort(
  source: ReadableStream<Uint8Array> | null,
  most = mostHeld,
): Promise<string | ReadableStream<Uint8Array>> {
  if (source === null) return "";
  const reader = source.getReader();
  const held: Uint8Array[] = [];
  let bytes = 0;
  while (bytes <= most) {
    const { done, value } = await reader.read();
    if (done) {
      const all = Buffer.concat(held);
      // An uploaded file may call itself JSON, and must come as it is.
      return isUtf8(all) ? all.toString() : continued([all], reader);
    }
    held.push(value);
    bytes += value.byteLength;
  }
  return continued(held, reader);
}

/** The body of an answer: JSON is held as `readShort` does, unless it is a file; anything else is left as it is. */
export function heldBody(
  headers: Headers,
  body: ReadableStream<Uint8Array> | null,
): Promise<string | ReadableStream<Uint8Array>> | ReadableStream<Uint8Array> | null {
  const isJson = headers.get("content-type")?.startsWith("application/json") === true;
  return isJson && !headers.has("content-disposition") ? readShort(body) : body;
}

function continued(
  held: Uint8Array[],
  reader: ReadableStreamDefaultReader<Uint8Array>,
): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const first = held.shift();
        if (first !== undefined) return controller.enqueue(first);
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
