/** The end of an editor's input: what it has asked before is answered first. */
import type { AnyMessage, Stream } from "@agentclientprotocol/sdk";

/**
 * The same stream, whose end comes when the requests before it are answered, or `lateMs` later. `onEnd` is called at the end of
 * the input.
 */
export function answerBeforeEnd(stream: Stream, onEnd: () => void, lateMs: number): Stream {
  const open = new Set<unknown>();
  const allAnswered = Promise.withResolvers<void>();
  let isEnded = false;
  const look = () => {
    if (isEnded && open.size === 0) allAnswered.resolve();
  };
  const noteRequests = new TransformStream<AnyMessage, AnyMessage>({
    transform(message, controller) {
      if ("method" in message && "id" in message) open.add(message.id);
      controller.enqueue(message);
    },
    async flush() {
      isEnded = true;
      look();
      onEnd();
      const timer = setTimeout(allAnswered.resolve, lateMs);
      await allAnswered.promise;
      clearTimeout(timer);
    },
  });
  const writer = stream.writable.getWriter();
  const writable = new WritableStream<AnyMessage>({
    async write(message) {
      await writer.write(message);
      if (!("method" in message)) open.delete(message.id);
      look();
    },
  });
  return { readable: stream.readable.pipeThrough(noteRequests), writable };
}
