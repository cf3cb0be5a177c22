/** An answer that comes all at once is read in pieces, so that a stop is answered meanwhile, whatever an SDK does with them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { bounds } from "../../server/providers/bounds";
import { fetchFromService } from "../../server/providers/service-fetch";

const floods = {
  "/empty": "data: {}\n\n".repeat(20_000),
  "/lines": "\n".repeat(400_000),
  "/returns": "\r".repeat(400_000),
  "/one": `data: ${"x".repeat(400_000)}\n\n`,
};

let server: Bun.Server<undefined>;
beforeAll(() => {
  server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    fetch: ({ url }) =>
      new Response(floods[new URL(url).pathname as keyof typeof floods], {
        headers: { "content-type": "text/event-stream" },
      }),
  });
});
afterAll(() => server.stop(true));

test.each(["/empty", "/lines", "/returns"] as const)(
  "%s: no piece has more line ends than the bound, nothing is lost, and an abort ends it between two",
  async (path) => {
    const signal = new AbortController();
    const pieces = [];
    for await (const piece of await read(path, signal.signal)) pieces.push(Buffer.from(piece));
    const linesIn = (piece: Buffer) => piece.toString().match(/[\r\n]/g)?.length ?? 0;
    expect(Math.max(...pieces.map(linesIn))).toBeLessThanOrEqual(bounds.pieceLines);
    expect(Buffer.concat(pieces).toString()).toBe(`${floods[path]}\n\n`);

    const reader = (await read(path, signal.signal)).getReader();
    await reader.read();
    signal.abort(new Error("stopped"));
    expect(await reader.read().catch((error: unknown) => error)).toMatchObject({
      message: "stopped",
    });
  },
);

test("all else gets its turn while an answer is read", async () => {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const reader = (await read("/lines", new AbortController().signal)).getReader();
  let pieces = 0;
  for (let piece = await reader.read(); !piece.done && ++pieces < 300; piece = await reader.read())
    // As an SDK that works on each piece.
    for (const end = performance.now() + 1; performance.now() < end;);
  isOver = true;
  await reader.cancel();
  expect(pieces).toBe(300);
  expect(turns).toBeGreaterThan(pieces / (4 * bounds.readMs));
});

test("a large event is handed on as it comes", async () => {
  const pieces = [];
  for await (const piece of await read("/one", new AbortController().signal)) pieces.push(piece);
  expect(pieces.length).toBeLessThan(floods["/one"].length / bounds.pieceLines);
  expect(Buffer.concat(pieces).toString()).toBe(`${floods["/one"]}\n\n`);
});

async function read(path: keyof typeof floods, signal: AbortSignal) {
  const response = await fetchFromService(new URL(path, server.url), { method: "POST", signal });
  return response.body!;
}
