/** A stream of another node, given on as it comes. */

/** `onClosed` runs once, when it has ended, broke, or is wanted no more. */
export function passStream(
  source: ReadableStream<Uint8Array>,
  onClosed: () => void,
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
          // The client sees a connection that breaks, and not an end.
          controller.error(error);
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
