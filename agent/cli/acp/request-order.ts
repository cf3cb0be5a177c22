/** The requests of an editor that are not answered yet: what must wait for them, waits. */
import type { AnyMessage, Stream } from "@agentclientprotocol/sdk";

/**
 * The same stream. What follows `initialize` waits for its answer, before which the SDK refuses it: a script writes all at
 * once. The end comes when the requests before it are answered, or `lateMs` later. `onEnd` is called at the end of the input.
 */
export function inOrder(stream: Stream, onEnd: () => void, lateMs: number): Stream {
  /** By their ids. */
  const open = new Map<unknown, PromiseWithResolvers<void>>();

  function noteAnswer(id: unknown): void {
    // One without an id is for what could not be read as a request.
    for (const one of id === null ? [...open.keys()] : [id]) {
      open.get(one)?.resolve();
      open.delete(one);
    }
  }

  const requests = new TransformStream<AnyMessage, AnyMessage>({
    async transform(message, controller) {
      controller.enqueue(message);
      if (!("method" in message && "id" in message)) return;
      const answer = Promise.withResolvers<void>();
      open.set(message.id, answer);
      if (message.method === "initialize") await answer.promise;
    },
    async flush() {
      onEnd();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, lateMs)));
      const answers = [...open.values()].map(({ promise }) => promise);
      await Promise.race([Promise.all(answers), late]);
      clearTimeout(timer);
    },
  });
  const writer = stream.writable.getWriter();
  const writable = new WritableStream<AnyMessage>({
    async write(message) {
      await writer.write(message);
      if (!("method" in message)) noteAnswer(message.id);
    },
  });
  return { readable: stream.readable.pipeThrough(requests), writable };
}
