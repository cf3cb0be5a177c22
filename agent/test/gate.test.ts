/** The gate passes each wire's requests with the real key, counts them as Rein counts its own, and cuts them at once. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import type { ModelEvent } from "../server/providers/provider";
import { neverAborts } from "../server/abort";
import { freeTurn, gateModels, type GateScene, realKey, startGateScene } from "./gate-scene";
import { until } from "./within";
import { ask, providerCases } from "./provider-wires";
import {
  hang,
  makeGate,
  reasoning,
  startUpstream,
  text,
  toolCall,
  type Upstream,
  usage,
} from "./upstream/upstream";

let upstream: Upstream;
let scene: GateScene;
beforeAll(() => {
  upstream = startUpstream();
  scene = startGateScene(upstream.url);
});
afterEach(() => upstream.reset());
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  await upstream.close();
});

/** Each wire's own SDK, as Rein's providers use it. */
const cases = providerCases.filter(({ wire }) => wire !== "ollama");

describe.each(cases)("$wire", ({ wire, create }) => {
  const model = gateModels[wire as keyof typeof gateModels];
  /** What a client reads that has the address and the token of `gate`. */
  async function read(
    gate: ReturnType<GateScene["open"]>,
    signal = neverAborts,
  ): Promise<ModelEvent[]> {
    const baseUrls = { ...upstream.baseUrls, [wire]: gate.address.url };
    const provider = create({ baseUrls }, gate.address.token);
    return Array.fromAsync(provider.stream(ask(model), signal));
  }

  test("an answer passes with the real key, and is counted and priced", async () => {
    upstream.script([
      reasoning("Hm."),
      text("One ", "two."),
      toolCall("bash", { command: "ls" }),
      usage(1000, 200, { cacheReadTokens: 300 }),
    ]);
    const turn = freeTurn();
    const gate = scene.open(wire, turn);
    const events = await read(gate);
    expect(events.at(-1)).toEqual({ type: "finish", reason: "tool-calls" });
    const request = await upstream.request(0);
    expect(request.key).toBe(realKey);
    expect(JSON.stringify([...request.headers])).not.toContain(gate.address.token);
    expect(await turn.untilClosed(1)).toMatchObject([{ model, outcome: "done", status: 200 }]);
    expect(gate.counts).toMatchObject({ requests: 1, open: 0, closedAt: expect.any(Number) });
    expect(gate.usage).toMatchObject({
      inputTokens: 1000,
      outputTokens: 200,
      cacheReadTokens: 300,
      estimated: false,
    });
    expect(gate.usage.costUsd).toBeCloseTo((700 * 1 + 300 * 0.1 + 200 * 10) / 1e6, 9);
    expect(turn.usages.at(-1)).toEqual(gate.usage);
    gate.close();
  });

  test("a cut closes the upstream's socket, ends the answer, and counts what it has cost by then", async () => {
    const held = makeGate();
    upstream.script([text("x".repeat(4000), held, "y")]);
    const turn = freeTurn();
    const gate = scene.open(wire, turn);
    const answer = read(gate).catch((error: unknown) => error);
    await held.reached;
    await until(() => turn.usages.some(({ outputTokens }) => outputTokens >= 1000));
    gate.cut();
    expect(gate.counts).toMatchObject({ requests: 1, open: 0 });
    const request = await upstream.request(0);
    expect(await request.ended).toBe("client");
    expect(await answer).toBeInstanceOf(Error);
    expect(turn.closed).toMatchObject([{ outcome: "cut" }]);
    expect(gate.usage.estimated).toBe(true);
    expect(gate.usage.outputTokens).toBeGreaterThanOrEqual(1000);
    expect(gate.usage.inputTokens).toBeGreaterThan(5);
    await refused(gate);
    expect(upstream.requests).toHaveLength(1);
    gate.close();
  });

  async function refused(gate: ReturnType<GateScene["open"]>): Promise<void> {
    const error = await read(gate).catch((failure: unknown) => failure);
    expect(error).toMatchObject({ name: "ProviderError", status: 400 });
    expect((error as Error).message).toContain("turn is over");
  }

  test("a client that hangs up closes the upstream's socket", async () => {
    const held = makeGate();
    // Before the head of the answer, and in it.
    upstream.script([hang], [text("One ", held)]);
    const turn = freeTurn();
    const gate = scene.open(wire, turn);
    for (const reached of [() => upstream.request(0), () => held.reached]) {
      const controller = new AbortController();
      const answer = read(gate, controller.signal).catch(() => {});
      await reached();
      controller.abort(new Error("gone"));
      await answer;
    }
    for (const index of [0, 1]) expect(await (await upstream.request(index)).ended).toBe("client");
    expect(await turn.untilClosed(2)).toMatchObject([{ outcome: "cut" }, { outcome: "cut" }]);
    gate.close();
  });
});
