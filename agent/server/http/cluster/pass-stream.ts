/** A stream of another node, given on as it comes. */

/** `onClosed` runs once, when it has ended, broke, or is wanted no more. `lastWords` end it where it broke. */
export function passStream(
  source: ReadableStream<Uint8Array>,
  onClosed: () => void,
  lastWords?: Uint8Array,
): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (!done) return controller.enqueue(value);
          onClosed();
          controller.close();
        } catch (error) {
          onClosed();
          // Without them the client sees a connection that breaks, and not an end.
          if (lastWords === undefined) return controller.error(error);
          controller.enqueue(lastWords);
          controller.close();
        }
      },
      async cancel(reason) {
        onClosed();
        await reader.cancel(reason).catch(() => undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
