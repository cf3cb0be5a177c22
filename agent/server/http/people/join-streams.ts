/** Two streams of events as one, which ends with the first of them. */

type Bytes = ReadableStream<Uint8Array>;
type Read = Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]>>;

const lineFeed = 0x0a;

/** `besides` comes between the events of `main`, and never in the middle of one; each of its chunks is of whole events. */
export function joinStreams(main: Bytes, besides: Bytes): Bytes {
  const [first, second] = [main.getReader(), besides.getReader()];
  const read = (reader: typeof first, isMain: boolean) =>
    reader.read().then((one: Read) => ({ ...one, isMain }));
  let [ofMain, ofBesides] = [read(first, true), read(second, false)];
  // One that is closed later than the other is not waited for any more.
  for (const one of [ofMain, ofBesides]) one.catch(() => undefined);
  let tail = [lineFeed, lineFeed];
  let hasBesides = true;
  const cancel = async (reason?: unknown): Promise<void> => {
    await Promise.allSettled([first.cancel(reason), second.cancel(reason)]);
  };

  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const isWhole = tail.every((byte) => byte === lineFeed);
          const both = isWhole && hasBesides ? [ofMain, ofBesides] : [ofMain];
          const { isMain, done, value } = await Promise.race(both);
          if (isMain && done) {
            controller.close();
            return void cancel();
          }
          if (isMain) {
            tail = [...tail, ...value!.subarray(-2)].slice(-2);
            ofMain = read(first, true);
            ofMain.catch(() => undefined);
          } else if (done) hasBesides = false;
          else {
            ofBesides = read(second, false);
            ofBesides.catch(() => undefined);
          }
          controller.enqueue(value ?? new Uint8Array());
        } catch (error) {
          controller.error(error);
          await cancel(error);
        }
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}
