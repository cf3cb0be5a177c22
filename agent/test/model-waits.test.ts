/** Every byte of a service is a sign of life, on each wire, although the SDKs keep pings and comments to themselves. */
import { expect, test } from "bun:test";
import { ask, collectFailure, providerCases, stopped } from "./provider-wires";
import { baseUrlsAt } from "./upstream/wire";
import { within } from "./within";

// Ollama's lines have no comments.
const withComments = providerCases.filter(({ wire }) => wire !== "ollama");

test.each(withComments)("a comment is told, on the wire of $wire", async (one) => {
  const controller = new AbortController();
  let send: ReadableStreamDefaultController<string>;
  const stream = new ReadableStream<string>({ start: (own) => void (send = own) });
  using server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: () => new Response(stream, { headers: { "content-type": "text/event-stream" } }),
  });
  const baseUrls = baseUrlsAt(server.url.origin);
  let told = 0;
  // Each comment is sent when the one before it has been told.
  const onBytes = () => {
    if (++told === 5) controller.abort(stopped);
    else send.enqueue(": still here\n\n");
  };
  const request = { ...ask(one.models[0]!), onBytes };
  const events = one.create({ baseUrls }).stream(request, controller.signal);
  queueMicrotask(() => send.enqueue(": begun\n\n"));
  const { error } = await within("the stop after five signs", collectFailure(events));
  expect(error).toEqual(stopped);
  expect(told).toBe(5);
});
