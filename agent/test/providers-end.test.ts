/** The end of an answer is what the service says, not the close of its socket. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { enforceContract } from "../server/providers/contract";
import type { ModelEvent, Provider } from "../server/providers/provider";
import { spoken } from "./attacks/service-scene";
import { ask, collect, type ProviderCase, providerCases } from "./provider-wires";
import { http, type RawRequest, type RawUpstream, startRawUpstream } from "./upstream/raw-upstream";
import { text, usage } from "./upstream/script";
import { baseUrlsAt, unnamed, type WireName } from "./upstream/wire";

const live = new AbortController().signal;

let raw: RawUpstream;
/** What each wire is answered. The upstream closes no connection. */
const bodies = new Map<WireName, string>();
beforeAll(() => {
  raw = startRawUpstream();
  raw.answer((request) =>
    /api\/(show|ps)/.test(request.line)
      ? http("{}")
      : http(bodies.get(wireOf(request))!, { keepsOpen: true }),
  );
});
afterAll(() => raw[Symbol.dispose]());

const answered = ({ wire, models, create }: ProviderCase, body: string, signal = live) => {
  bodies.set(wire, body);
  return connect(create).stream(ask(models[0]!), signal);
};
const whole = (wire: WireName) => spoken(wire, text("All."), usage(5, 6));
const end = { type: "finish", reason: "stop" } as const;

test("a whole answer has ended before its open socket is closed, which is closed soon", async () => {
  const ends = providerCases.map(async (one) => {
    // It would never come if it were the close of the socket: this server leaves that open.
    const events = await collect(answered(one, whole(one.wire)));
    expect(events.at(-1)).toEqual(end);
  });
  await Promise.all(ends);
  await Promise.all(raw.requests.map(({ closed }) => closed));
});

test("an answer that is whole, its usage too, is waited for no longer", async () => {
  const aborted = Promise.withResolvers<void>();
  const counts = { type: "usage", inputTokens: 5, outputTokens: 6 } as const;
  let isAborted = false;
  const provider = enforceContract("endless", service(), {
    async *answer(_request, signal) {
      yield counts;
      yield end;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      isAborted = true;
      aborted.resolve();
    },
    models: () => Promise.resolve([]),
  });
  const events: ModelEvent[] = [];
  for await (const event of provider.stream(ask("m"), live)) {
    expect(isAborted).toBe(false);
    events.push(event);
  }
  expect(events).toEqual([counts, end]);
  await aborted.promise;
});

test("a stop while the counts of a whole answer are waited for leaves it whole", async () => {
  const controller = new AbortController();
  const provider = enforceContract("uncounted", service(), {
    async *answer(_request, signal) {
      yield end;
      // Its end has been taken, and what follows it is asked for.
      controller.abort(new Error("stopped"));
      signal.throwIfAborted();
    },
    models: () => Promise.resolve([]),
  });
  expect(await collect(provider.stream(ask("m"), controller.signal))).toEqual([end]);
});

test.each(providerCases)(
  "a stop after the end of an answer of $wire leaves it whole",
  async (one) => {
    const controller = new AbortController();
    const events: ModelEvent[] = [];
    for await (const event of answered(one, whole(one.wire), controller.signal)) {
      events.push(event);
      if (event.type === "finish") controller.abort(new Error("stopped"));
    }
    expect(events.at(-1)).toEqual(end);
    await raw.requests.at(-1)!.closed;
  },
);

test.each(providerCases)(
  "the connection of an answer of $wire that ended is used again",
  async ({ wire, models, create }) => {
    const ports = new Set<number>();
    using server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch(request, self) {
        const { port } = self.requestIP(request)!;
        if (/api\/(show|ps)/.test(request.url)) return Response.json({});
        ports.add(port);
        let closing: Timer;
        const body = new ReadableStream({
          start(controller) {
            controller.enqueue(whole(wire));
            // Its end comes later, as it does from a service.
            closing = setTimeout(() => controller.close(), 10);
          },
          cancel: () => clearTimeout(closing),
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
      },
    });
    const provider = create({ baseUrls: baseUrlsAt(server.url.origin) });
    let asked = 0;
    // A connection can be used again only once the rest of its answer has come, which no event says.
    for (; asked < 200 && ports.size === asked; asked++)
      await collect(provider.stream(ask(models[0]!), live));
    expect(ports.size).toBeLessThan(asked);
  },
);

describe("an answer of Gemini whose counts are not with its end", () => {
  const gemini = providerCases[3];
  const words = unnamed({
    candidates: [{ content: { parts: [{ text: "All." }] }, finishReason: "STOP" }],
  });
  const counts = unnamed({ usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 8 } });

  test("takes those of the next chunk", async () => {
    const events = await collect(answered(gemini, words + counts));
    expect(events.slice(-2)).toEqual([{ type: "usage", inputTokens: 7, outputTokens: 8 }, end]);
  });

  test("ends without them when none come", async () => {
    const events = await collect(answered(gemini, words));
    expect(events.at(-1)).toEqual(end);
    expect(events.filter(({ type }) => type === "usage")).toEqual([]);
  });
});

const service = () => ({ name: "The service", baseUrl: raw.url });

function connect(create: ProviderCase["create"]): Provider {
  return create({ baseUrls: baseUrlsAt(raw.url) });
}

function wireOf({ line }: RawRequest): WireName {
  if (line.includes("messages")) return "anthropic";
  if (line.includes("/api/chat")) return "ollama";
  if (line.includes("responses")) return "openai";
  return line.includes("completions") ? "openai-chat" : "gemini";
}
