/**
 * Every byte of a service is a sign of life, on each wire, although the SDKs keep pings and comments to themselves; and
 * only what waits is asked again.
 */
import { expect, test } from "bun:test";
import { ModelWaits } from "../server/agent/model-waits";
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

test("asking again cuts the requests that have stalled and ends countdowns, and cuts no request that is flowing", async () => {
  const stalled = Promise.withResolvers<void>();
  let stallMs: number | undefined = 1;
  const waits = new ModelWaits({
    stallMs: () => stallMs,
    onStall: () => stalled.resolve(),
    onConnecting: () => {},
  });
  const again: string[] = [];
  using silent = waits.request(() => again.push("silent"));
  await within("the stall", stalled.promise);
  stallMs = 600_000;
  using flowing = waits.request(() => again.push("flowing"));
  flowing.onBytes();
  {
    using _countdown = waits.countdown(() => again.push("countdown"));
    expect(waits.askAgain()).toBe(true);
    expect(again.toSorted()).toEqual(["countdown", "silent"]);
  }
  silent.onBytes();
  expect(waits.askAgain()).toBe(false);
  expect(again).toHaveLength(2);
});
