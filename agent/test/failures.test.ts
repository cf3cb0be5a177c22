/** A request that fails in the middle of its answer is continued, visibly, and a stop ends every wait between two attempts. */
import { describe, expect, test } from "bun:test";
import { nextRequestTokens } from "../server/agent/compaction";
import { Retries } from "../server/agent/retry";
import { createOpenAIChat } from "../server/providers/openai/openai-chat";
import { ProviderError } from "../server/providers/provider";
import type { Session, Usage } from "../shared/protocol";
import { limitsRequest } from "../shared/requests";
import { told } from "./control-api";
import { loopScene } from "./loop-scene";
import { type ProviderCase, providerCases, stopped } from "./provider-wires";
import { http, type RawAnswer, startRawUpstream } from "./upstream/raw-upstream";
import { upstreamScene } from "./upstream-scene";
import {
  cut,
  failure,
  makeGate,
  other,
  reasoning,
  reset,
  type Step,
  text,
  toolCall,
  usage,
} from "./upstream/upstream";
import { baseUrlsAt } from "./upstream/wire";

const [anthropic] = providerCases;

const upstream = upstreamScene();

describe.each(providerCases)("an answer that fails in the middle, on the wire of $wire", (one) => {
  test.each<[what: string, end: Step]>([
    ["an overload", failure("overloaded")],
    ["an internal error", failure("server")],
    ["a rate limit", failure("rate-limit")],
    ["a closed connection", cut],
    ["a broken connection", reset],
  ])("by %s keeps its text with a mark, and is continued", async (_what, end) => {
    const scene = loopScene(one, upstream);
    const gate = makeGate();
    const half = text("The answer ", "is ", gate);
    upstream.script([half, end], [text("forty-two.")], [text("Fine.")]);
    const ended = await scene.run("Hi", (event) => {
      if (event.type === "part-delta" && event.delta.includes("is")) gate.open();
    });
    expect(ended).toEqual({ outcome: "done" });
    expect(scene.answers()).toMatchObject([
      { outcome: "failed", parts: [{ text: "The answer is " }, { type: "interruption" }] },
      { outcome: "done", parts: [{ text: "forty-two." }] },
    ]);
    const { error } = scene.answers()[0]!.parts[1] as { error?: { message: string } };
    expect(error!.message).not.toBe("");
    expect(scene.events.map(({ type }) => type)).toContain("retry-start");
    await scene.run("Next");
    const [, second, third] = upstream.requests;
    for (const request of [second, third]) {
      expect(request!.refusal).toBeUndefined();
      expect(told(request)).toContain("The answer is");
      expect(told(request)).toContain("Continue exactly where");
    }
  });

  test("again and again is continued as often as the settings say, and fails then", async () => {
    const scene = loopScene(one, upstream);
    upstream.route(() => [text("Piece. "), failure("overloaded")]);
    const end = await scene.run("Hi");
    expect(end).toMatchObject({ outcome: "failed", error: { code: "overloaded" } });
    expect(upstream.requests.length).toBe(5);
    expect(upstream.requests.every(({ refusal }) => refusal === undefined)).toBe(true);
    expect(scene.answers().map(({ outcome }) => outcome)).toEqual(Array(5).fill("failed"));
  });

  test.each<[what: string, steps: Step[], requests: number]>([
    ["with a long text each time is continued as many times more", [text("x".repeat(2100))], 10],
    [
      "with nothing but long thoughts gives up as early as one with nothing",
      [reasoning("x".repeat(2100))],
      5,
    ],
  ])("again and again %s", async (_what, steps, requests) => {
    const scene = loopScene(one, upstream);
    upstream.route(() => [...steps, cut]);
    expect(await scene.run("Hi")).toMatchObject({ outcome: "failed" });
    expect(upstream.requests.length).toBe(requests);
  });

  test("and is stopped in the countdown ends at once, and the next message works", async () => {
    const scene = loopScene(one, upstream);
    upstream.script([text("The answer "), failure("overloaded")], [text("Fine.")]);
    const end = await scene.runStoppedAt("Hi", ({ type }) => type === "retry-start");
    expect(end).toEqual({ outcome: "stopped" });
    expect(scene.events.at(-1)).toMatchObject({ type: "message-end", outcome: "stopped" });
    expect(upstream.requests.length).toBe(1);
    await scene.run("Next");
    expect(upstream.requests[1]!.refusal).toBeUndefined();
    expect(told(upstream.requests[1])).toContain("[interrupted by user]");
  });

  test("and is stopped between its cut and the countdown sends nothing more", async () => {
    const scene = loopScene(one, upstream);
    upstream.script([text("The answer "), failure("overloaded")]);
    const end = await scene.runStoppedAt(
      "Hi",
      (event) => event.type === "part-start" && event.part.type === "interruption",
    );
    expect(end).toEqual({ outcome: "stopped" });
    expect(upstream.requests.length).toBe(1);
  });

  test("and is paused in the countdown waits, and is continued when it is resumed", async () => {
    const scene = loopScene(one, upstream);
    upstream.script([text("The answer "), failure("overloaded")], [text("is forty-two.")]);
    const end = await scene.run("Hi", ({ type }) => {
      if (type === "retry-start") scene.pauseGate.close({ ...stopped, by: "pause" }, false);
      if (type === "message-end" && scene.pauseGate.isClosed)
        queueMicrotask(() => scene.pauseGate.open());
    });
    expect(end).toEqual({ outcome: "done" });
    expect(scene.answers()[0]!.parts.map(({ type }) => type)).toEqual(["text", "interruption"]);
    expect(upstream.requests[1]!.refusal).toBeUndefined();
  });
});

test.each<[what: string, answer: () => RawAnswer]>([
  ["a web page", () => http("<html>Welcome</html>", { headers: { "content-type": "text/html" } })],
  ["nothing", () => http("", { status: "204 No Content" })],
])(
  "an address that answers with %s is left after four tries, with words",
  async (_what, answer) => {
    using raw = startRawUpstream();
    raw.answer(answer);
    for (const one of providerCases) {
      raw.requests.length = 0;
      const create = () => one.create({ baseUrls: baseUrlsAt(raw.url) });
      const end = await loopScene({ ...one, create }, upstream).run("Hi");
      expect(end.error).toMatchObject({ code: "unreachable" });
      expect(end.error!.message).toContain("correct it in the settings");
      // Ollama is also asked what its models are.
      expect(raw.requests.filter(({ body }) => body.includes("Hi")).length).toBe(4);
    }
  },
);

test("whole calls of an answer that was cut are run, and a call whose input was cut is lost", async () => {
  const scene = loopScene(anthropic, upstream);

  upstream.script(
    [text("I look."), toolCall("bash", { command: "ls" }), failure("overloaded")],
    [text("Again."), toolCall("bash", ['{"command":"tou']), failure("overloaded")],
    [text("Done.")],
  );

  expect(await scene.run("Hi")).toEqual({ outcome: "done" });
  const [first, second] = scene.answers();
  expect(first!.parts[1]).toMatchObject({ state: "done", output: "a\nb\n" });
  expect(told(upstream.requests[1])).toContain("a\\nb");
  expect(told(upstream.requests[1])).not.toContain("Continue exactly");
  expect(second!.parts[1]).toMatchObject({ type: "tool-call" });
  expect(upstream.requests.every(({ refusal }) => refusal === undefined)).toBe(true);
});

test.each<[number, Record<string, unknown>]>([
  [0, { type: "server_tool_use", id: "srvtoolu_1", name: "web_search", input: { query: "x" } }],
  [1, { type: "web_search_call", id: "ws_1", status: "completed", action: { query: "x" } }],
  [3, { executableCode: { language: "PYTHON", code: "1" } }],
])(
  "an answer of which only a part of another kind had come goes on (wire %#)",
  async (at, part) => {
    const scene = loopScene(providerCases[at]!, upstream);
    upstream.script(
      [other(part), failure("overloaded")],
      [other("id" in part ? { ...part, id: "another" } : part), makeGate()],
      [text("Here.")],
    );
    const end = await scene.run("Hi", (event) => {
      if (event.type === "part-end" && upstream.requests.length === 2)
        scene.pauseGate.close({ ...stopped, by: "pause" }, true);
      if (event.type === "message-end" && scene.pauseGate.isClosed)
        queueMicrotask(() => scene.pauseGate.open());
    });
    expect(end).toEqual({ outcome: "done" });
    for (const request of upstream.requests) expect(request.refusal).toBeUndefined();
    expect(scene.answers().some(({ plainHistory }) => plainHistory)).toBe(false);
  },
);

test("an answer of which only reasoning had come is asked for again", async () => {
  const scene = loopScene(anthropic, upstream);
  upstream.script([reasoning("Hmm."), failure("overloaded")], [text("Here.")]);
  expect(await scene.run("Hi")).toEqual({ outcome: "done" });
  expect(upstream.requests[1]!.refusal).toBeUndefined();
  expect(told(upstream.requests[1])).not.toContain("Continue exactly");
});

test("an error that a second attempt would meet again ends the run, and what was written stays", async () => {
  const scene = loopScene(anthropic, upstream);
  upstream.script([text("Half of "), failure("authentication")]);
  const error = { code: "authentication" };
  expect(await scene.run("Hi")).toMatchObject({ outcome: "failed", error });
  expect(scene.answers()).toMatchObject([{ outcome: "failed", parts: [{ text: "Half of " }] }]);
});

describe("the attempts in a row", () => {
  const defaults = limitsRequest.parse({}).retry;
  const overloaded = new ProviderError("x", { code: "overloaded", retryable: true });

  /** Fails at once each time: the waits, in milliseconds. */
  function waits(limits = defaults, error = overloaded): number[] {
    let now = 1;
    const retries = new Retries(
      () => limits,
      () => now,
    );
    const all: number[] = [];
    for (;;) {
      const retry = retries.next(error, 0);
      if (retry === undefined) return all;
      all.push(retry.at - now);
      now = retry.at;
    }
  }

  test("wait through a quarter of an hour by default, and for no more than about a minute each", () => {
    const all = waits();
    expect(all.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(15 * 60_000);
    expect(all.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(20 * 60_000);
    expect(all[0]).toBeLessThan(2000);
    expect(Math.max(...all)).toBeLessThanOrEqual(60_000);
  });

  test("are as many as the settings say, and last no longer", () => {
    expect(waits({ attempts: 4, minutes: 20 }).length).toBe(3);
    expect(waits({ attempts: 1, minutes: 20 })).toEqual([]);
    const minute = waits({ attempts: 1000, minutes: 1 }).reduce((sum, one) => sum + one, 0);
    expect(minute).toBeLessThanOrEqual(60_000);
  });

  const asks = (retryAfterMs: number) =>
    waits(defaults, new ProviderError("x", { code: "rate-limit", retryable: true, retryAfterMs }));

  test("wait through a quarter of an hour of a service that asks for a moment each time", () => {
    for (const moment of [0, 1000]) {
      const all = asks(moment);
      expect(all[0]).toBe(moment);
      expect(all.slice(1).every((one, index) => one > all[index]! / 2)).toBe(true);
      expect(all.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(15 * 60_000);
      expect(all.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(20 * 60_000);
    }
  });

  test("wait as long as the service asks, or not at all when that is beyond the minutes", () => {
    expect(asks(600_000)).toEqual([600_000, 600_000]);
    expect(asks(3_600_000)).toEqual([]);
  });

  test("begin anew after a whole answer, and after one that was cut late", () => {
    const retries = new Retries(() => ({ attempts: 3, minutes: 1 }));
    expect(retries.next(overloaded, 0)).toMatchObject({ attempt: 2 });
    expect(retries.next(overloaded, 10)).toMatchObject({ attempt: 3 });
    expect(retries.next(overloaded, 5000)).toMatchObject({ attempt: 2 });
    retries.clear();
    expect(retries.next(overloaded, 0)).toMatchObject({ attempt: 2 });
  });

  test("are few at an address where no service was ever reached, and then as many as ever", () => {
    const unreached = new ProviderError("x", {
      code: "network",
      retryable: true,
      fewTries: "wrong-address",
    });
    expect(waits(defaults, unreached).length).toBe(3);
    const retries = new Retries(() => defaults);
    retries.next(unreached, 0);
    expect(retries.next(unreached, 0)).toMatchObject({ attempt: 3, of: 4 });
    expect(retries.last(unreached)).toMatchObject({ code: "unreachable", retryable: false });
    retries.clear();
    expect(retries.next(unreached, 0)).toMatchObject({ attempt: 2, of: defaults.attempts });
    expect(retries.last(unreached)).toBe(unreached);
  });

  test("are few after an unknown error, after any number of others", () => {
    const unknown = new ProviderError("x", {
      code: "unknown",
      retryable: true,
      fewTries: "unknown-error",
    });
    expect(waits(defaults, unknown).length).toBe(3);
    expect(waits({ attempts: 2, minutes: 20 }, unknown).length).toBe(1);
    const late = new Retries(() => defaults);
    for (let count = 0; count < 10; count++) expect(late.next(unknown, 5000)).toBeDefined();
    const retries = new Retries(() => defaults);
    for (let count = 0; count < 5; count++) retries.next(overloaded, 0);
    for (let count = 0; count < 3; count++)
      expect(retries.next(unknown, 0)).toMatchObject({ attempt: 7 + count, of: 9 });
    expect(retries.next(unknown, 0)).toBeUndefined();
  });
});

describe("what a request that failed before its answer began was charged", () => {
  const one: ProviderCase = {
    ...providerCases.find(({ wire }) => wire === "openai-chat")!,
    create: ({ baseUrls }) =>
      createOpenAIChat({ id: "openrouter", baseUrl: baseUrls["openai-chat"], apiKey: "key" }),
    models: ["anthropic/unlisted"],
  };
  async function usageAfter(...answers: Step[][]): Promise<[Usage, Session]> {
    const scene = loopScene(one, upstream);
    upstream.script(...answers);
    await scene.run("Hi");
    return [scene.answers()[0]!.usage!, scene.session];
  }
  const failed = [usage(1000, 10, { costUsd: 0.5 }), failure("overloaded")];

  test("is counted beside what the next one was, and once each", async () => {
    const whole = [text("Fine."), usage(2000, 20, { costUsd: 0.25 })];
    const [counted, { context, messages }] = await usageAfter(failed, failed, whole);
    expect(counted).toMatchObject({
      inputTokens: 4000,
      outputTokens: 40,
      costUsd: 1.25,
      estimated: true,
    });
    // Only the last is in the conversation.
    expect(context?.usedTokens).toBe(2020);
    expect(nextRequestTokens(messages)).toBe(2020);
  });

  test("is not the cost of the next one, whose service says none", async () => {
    const whole = [text("Fine."), usage(2000, 20, { costUsd: undefined })];
    const [counted] = await usageAfter(failed, whole);
    expect(counted).toMatchObject({ costUsd: 0.5, unpricedTokens: 2020, estimated: true });
  });

  test("is counted when no other follows", async () => {
    const end = [usage(1000, 10, { costUsd: 0.5 }), failure("authentication")];
    const [counted, { context }] = await usageAfter(end);
    expect(counted).toMatchObject({ inputTokens: 1000, costUsd: 0.5, estimated: true });
    expect(counted.unpricedTokens).toBeUndefined();
    expect(context?.usedTokens).toBe(1010);
  });
});
