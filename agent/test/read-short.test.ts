/** What another node answers is held while it is short, and is never changed on its way. */
import { describe, expect, test } from "bun:test";
import { readShort } from "../server/cluster/read-short";

describe("an answer of another node", () => {
  const streamOf = (pieces: Uint8Array[], onCancel = () => {}) =>
    new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          const piece = pieces.shift();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
        cancel: onCancel,
      },
      { highWaterMark: 0 },
    );

  test("is held while it is short, and passes as it comes when it is long", async () => {
    const pieces = () => ["{}", "[]", "{}"].map((piece) => Buffer.from(piece));
    expect(await readShort(streamOf(pieces()), 6)).toBe("{}[]{}");
    const left = pieces();
    const long = await readShort(streamOf(left), 3);
    expect(left).toHaveLength(1);
    expect(await new Response(long).text()).toBe("{}[]{}");
  });

  test("comes as it is, with a byte order mark and with bytes that are no text", async () => {
    for (const bytes of [Buffer.from("\ufeff{}"), Buffer.from([0x7b, 0xff, 0xfe, 0x7d])]) {
      const read = await readShort(streamOf([bytes]));
      expect(Buffer.from(await new Response(read).arrayBuffer())).toEqual(bytes);
    }
  });

  test("that is long is closed at its node when nobody reads on", async () => {
    let isCancelled = false;
    const source = streamOf([Buffer.alloc(10), Buffer.alloc(10)], () => (isCancelled = true));
    await ((await readShort(source, 5)) as ReadableStream).cancel();
    expect(isCancelled).toBe(true);
  });
});
