/** Every provider keeps the contract of Provider, whichever wire it speaks. */
import { describe, expect, test } from "bun:test";
import { type FinishReason, type ModelEvent, ProviderError } from "../server/providers/provider";
import {
  apiKey,
  ask,
  collect,
  collectFailure,
  providerCases,
  rejectionOf,
  stopped,
} from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import {
  cut,
  failure,
  type FailureKind,
  finish,
  hang,
  makeGate,
  reasoning,
  reset,
  startUpstream,
  type Step,
  text,
  toolCall,
  usage,
  type WireName,
} from "./upstream/upstream";

const live = new AbortController().signal;

/** An answer with one part of every kind. */
const rich: Step[] = [
  reasoning("Let me ", "look."),
  text("Two ", "files."),
  toolCall("bash", { command: "ls -l" }),
  toolCall("bash", { command: "pwd" }),
];

/** The early ends that each service has. */
const ends: Record<WireName, FinishReason[]> = {
  anthropic: ["length", "refusal", "pause", "context-full"],
  openai: ["length", "content-filter"],
  "openai-chat": ["length"],
  gemini: ["length", "content-filter"],
  ollama: ["length"],
};

describe.each(providerCases)("a provider on the wire of $wire", ({ wire, models, create }) => {
  const model = models[0]!;
  const upstream = upstreamScene();
  const answer = (steps: Step[], signal = live) => {
    upstream.script(steps);
    return create(upstream).stream(ask(model), signal);
  };
  const lastRequest = () => upstream.requests.at(-1)!;

  test.each(models)("%s streams reasoning and text piece by piece", async (model) => {
    upstream.script([reasoning("Let me ", "look."), text("Two ", "files.")]);
    const events = await collect(create(upstream).stream(ask(model), live));
    expect(pieces(events, "reasoning")).toEqual([["Let me ", "look."]]);
    expect(pieces(events, "text")).toEqual([["Two ", "files."]]);
    expect(events.at(-1)).toEqual({ type: "finish", reason: "stop" });
    expect(lastRequest()).toMatchObject({ wire, model, key: apiKey });
  });

  test("a piece is passed on before the next one has been sent", async () => {
    const gate = makeGate();
    for await (const event of answer([text("Two ", gate, "files.")]))
      if (event.type === "part-delta" && event.delta === "Two ") gate.open();
    expect(await lastRequest().ended).toBe("server");
  });

  test("parallel tool calls keep their inputs separate and end with parsed inputs", async () => {
    const events = await collect(answer(rich));
    const calls = events.filter((event) => event.type === "part-start").slice(-2);
    expect(calls).toMatchObject([
      { part: "tool-call", name: "bash" },
      { part: "tool-call", name: "bash" },
    ]);
    const inputs = calls.map(({ key }) => inputOf(events, key));
    expect(inputs).toEqual([{ command: "ls -l" }, { command: "pwd" }]);
    expect(pieces(events, "tool-call").map((all) => JSON.parse(all.join("")))).toEqual(inputs);
    expect(events.at(-1)).toEqual({ type: "finish", reason: "tool-calls" });
  });

  test("every part that starts ends once, before the finish", async () => {
    const events = await collect(answer(rich));
    const keys = (type: string) =>
      events.flatMap((event) => (event.type === type && "key" in event ? [event.key] : []));
    expect(keys("part-end").toSorted()).toEqual(keys("part-start").toSorted());
    expect(new Set(keys("part-start")).size).toBe(4);
    expect(events.at(-1)!.type).toBe("finish");
  });

  test("a call without an input gets an empty input", async () => {
    const events = await collect(answer([toolCall("bash", [])]));
    expect(events.find((event) => event.type === "part-end")).toMatchObject({ input: {} });
  });

  // Gemini and Ollama send inputs as complete objects.
  if (wire !== "gemini" && wire !== "ollama")
    test("a call whose input is not JSON ends without an input", async () => {
      const events = await collect(answer([toolCall("bash", ['{"command": ', "ls"])]));
      const end = events.find((event) => event.type === "part-end")!;
      expect(end.input).toBeUndefined();
      expect(events.at(-1)).toEqual({ type: "finish", reason: "tool-calls" });
    });

  test("the last usage event has the service's own counts", async () => {
    const events = await collect(answer([text("Hi."), usage(120, 14)]));
    expect(events.findLast((event) => event.type === "usage")).toMatchObject({
      type: "usage",
      inputTokens: 120,
      outputTokens: 14,
    });
  });

  test.each(ends[wire])("the finish reason tells that an answer ended by %s", async (reason) => {
    const events = await collect(answer([text("I "), finish(reason)]));
    expect(events.at(-1)).toMatchObject({ type: "finish", reason });
  });

  test.each<[FailureKind, { code: string; retryable: boolean; says: RegExp }]>([
    ["authentication", { code: "authentication", retryable: false, says: /settings/ }],
    ["model-not-found", { code: "model-not-found", retryable: false, says: /another model/ }],
    ["rate-limit", { code: "rate-limit", retryable: true, says: /wait 7 s/ }],
    ["overloaded", { code: "overloaded", retryable: true, says: /overloaded/ }],
    ["context-length", { code: "context-length", retryable: false, says: /new session/ }],
    [
      "invalid-request",
      { code: "invalid-request", retryable: false, says: /rejected the request/ },
    ],
    ["server", { code: "server", retryable: true, says: /internal error/ }],
  ])(
    "the failure %s gives an explanation, and the request is sent once",
    async (kind, { code, retryable, says }) => {
      const before = upstream.requests.length;
      const events = answer([failure(kind, { headers: { "retry-after": "7" } })]);
      const { error } = await collectFailure(events);
      expect(error).toBeInstanceOf(ProviderError);
      const { message } = error as ProviderError;
      expect(error).toMatchObject({ code, retryable });
      expect(message).toMatch(says);
      expect(Bun.inspect(error)).not.toContain(apiKey);
      expect(upstream.requests.length).toBe(before + 1);
      if (kind === "rate-limit") expect(error).toMatchObject({ status: 429, retryAfterMs: 7000 });
    },
  );

  test("a failure in the middle of an answer keeps what was written before it", async () => {
    const { events, error } = await collectFailure(
      answer([text("Two "), failure("overloaded"), text("files.")]),
    );
    expect(pieces(events, "text")).toEqual([["Two "]]);
    expect(error).toMatchObject({ name: "ProviderError", code: "overloaded", retryable: true });
  });

  test("an answer that ends early and cleanly counts as cut", async () => {
    for (const steps of [[cut], [text("Two "), cut], [...rich, cut]]) {
      const { events, error } = await collectFailure(answer(steps));
      expect(events.some((event) => event.type === "finish")).toBe(false);
      expect(error).toMatchObject({ name: "ProviderError", code: "cut", retryable: true });
    }
  });

  test("an answer whose connection breaks counts as cut", async () => {
    const gate = makeGate();
    const events: ModelEvent[] = [];
    const read = async () => {
      for await (const event of answer([text("Two "), gate, reset])) {
        events.push(event);
        if (event.type === "part-delta") gate.open();
      }
    };
    const cut = { name: "ProviderError", code: "cut", retryable: true };
    expect(await rejectionOf(read())).toMatchObject(cut);
    expect(pieces(events, "text")).toEqual([["Two "]]);
  });

  test("an unreachable server is named with its address", async () => {
    const gone = startUpstream();
    const provider = create(gone);
    await gone.close();
    const { error } = await collectFailure(provider.stream(ask(model), live));
    expect(error).toMatchObject({ name: "ProviderError", code: "network", retryable: true });
    expect((error as ProviderError).message).toContain(gone.url);
    expect((error as ProviderError).message).toContain("is the server running?");
  });

  test("a request that is aborted before it starts sends nothing", async () => {
    const before = upstream.requests.length;
    const provider = create(upstream);
    const { events, error } = await collectFailure(
      provider.stream(ask(model), AbortSignal.abort(stopped)),
    );
    expect(error).toBe(stopped);
    expect(events).toEqual([]);
    expect(upstream.requests.length).toBe(before);
  });

  test("an abort before the first byte closes the socket and throws the reason", async () => {
    const controller = new AbortController();
    const index = upstream.requests.length;
    const failing = collectFailure(answer([hang], controller.signal));
    const request = await upstream.request(index);
    controller.abort(stopped);
    expect(await failing).toEqual({ events: [], error: stopped });
    expect(await request.ended).toBe("client");
  });

  test("an abort at any event closes the socket, throws the reason, and yields nothing more", async () => {
    const { events } = await collectFailure(answer([...rich, cut]));
    expect(events.length).toBeGreaterThan(10);
    for (const index of events.keys()) {
      const { seen, error } = await abortAt(index, [...rich, hang]);
      expect(error).toBe(stopped);
      expect(seen).toEqual(events.slice(0, index + 1).map(({ type }) => type));
      expect(await lastRequest().ended).toBe("client");
    }
  });

  test("an abort at any event before the end of an answer throws the reason, though all of it has arrived", async () => {
    const events = await collect(answer(rich));
    // Chat Completions counts the tokens of an answer after its end.
    for (const index of events.slice(0, wire === "openai-chat" ? -2 : -1).keys()) {
      const { seen, error } = await abortAt(index, rich);
      expect(error).toBe(stopped);
      expect(seen.length).toBe(index + 1);
    }
  });

  test("an abort while the service is silent, at any step, closes the socket and throws the reason", async () => {
    for (let index = 0; index <= rich.length; index++) {
      const controller = new AbortController();
      const gate = makeGate();
      const steps = [text("First."), ...rich.slice(0, index), gate, ...rich.slice(index)];
      const failing = collectFailure(answer(steps, controller.signal));
      await gate.reached;
      controller.abort(stopped);
      expect((await failing).error).toBe(stopped);
      expect(await lastRequest().ended).toBe("client");
    }
  });

  test("the list of models has their names, can be aborted, and fails with the same explanations", async () => {
    const provider = create(upstream);
    const models = await provider.models(live);
    expect(models.length).toBeGreaterThan(0);
    expect(models.every((model) => model.provider === provider.id && model.name)).toBe(true);
    expect(models.some(({ id }) => id.includes("embedding"))).toBe(false);
    expect(await rejectionOf(provider.models(AbortSignal.abort(stopped)))).toBe(stopped);
    const gone = startUpstream();
    const unreachable = create(gone);
    await gone.close();
    expect(await rejectionOf(unreachable.models(live))).toMatchObject({ code: "network" });
  });

  /** Aborts in the tick in which the event of this index was read, and continues reading. */
  async function abortAt(index: number, steps: Step[]) {
    const controller = new AbortController();
    const seen: string[] = [];
    try {
      for await (const event of answer(steps, controller.signal)) {
        seen.push(event.type);
        if (seen.length === index + 1) controller.abort(stopped);
      }
    } catch (error) {
      return { seen, error };
    }
    return { seen, error: undefined };
  }
});

/** The deltas of each part of this kind, in order. */
function pieces(events: ModelEvent[], kind: string): string[][] {
  const starts = events.filter((event) => event.type === "part-start" && event.part === kind);
  return starts.map((start) =>
    events.flatMap((event) =>
      event.type === "part-delta" && "key" in start && event.key === start.key ? [event.delta] : [],
    ),
  );
}

function inputOf(events: ModelEvent[], key: string): unknown {
  return events.filter((event) => event.type === "part-end").find((end) => end.key === key)?.input;
}
