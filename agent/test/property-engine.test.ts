/** Property test of engines: whatever one says, in any order and with a stop at any moment, the session stays valid and takes the next message. */
import * as fc from "fast-check";
import { expect } from "bun:test";
import { stopTodo } from "../shared/apply/todo-events";
import { type Session, toolKinds } from "../shared/protocol";
import type { LoopEnd } from "../server/agent/turn-types";
import type { EngineEnd, EngineEvent } from "../server/engines/engine";
import { engineScene, type Script } from "./engine-scene";
import { propertyTest } from "./sweep/property-test";
import { violationsOf } from "./sweep/invariants";

/** Few, so that they meet; some are names that every object has. */
const key = fc.constantFrom("a", "b", "c", "s", "__proto__", "constructor");
const agent = fc.option(key, { nil: undefined, freq: 4 });
const words = fc.constantFrom(
  "",
  "word ",
  "\u202Egnp.exe",
  "\u001B[2J\u0000",
  "<b>x</b>",
  "\uD800",
);
const number = fc.constantFrom(0, 7, -1, NaN, Infinity, 1e308, 2 ** 53, 0.5);
const kind = fc.constantFrom(...toolKinds, "__proto__" as never);
const input = fc.constantFrom<unknown>(
  undefined,
  null,
  { command: "ls" },
  JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}'),
  [[[[]]]],
);
const usage = fc.record({
  inputTokens: number,
  outputTokens: number,
  costUsd: number,
  estimated: fc.boolean(),
});
const state = fc.constantFrom("pending" as const, "in_progress" as const, "completed" as const);

const event = fc.oneof(
  fc.record({ type: fc.constantFrom("text", "reasoning"), key, delta: words, agent }),
  fc.record({ type: fc.constant("part-end"), key }),
  fc.record({ type: fc.constant("tool"), key, name: words, kind, title: words, input, agent }),
  fc.record({ type: fc.constant("tool-start"), key }),
  fc.record({ type: fc.constant("tool-output"), key, delta: words }),
  fc.record({ type: fc.constant("tool-output"), key, whole: words }),
  fc.record({
    type: fc.constant("tool-end"),
    key,
    outcome: fc.constantFrom("done", "failed"),
    output: fc.option(words, { nil: undefined }),
    diff: fc.option(words, { nil: undefined }),
  }),
  fc.record({ type: fc.constant("subagent"), key, title: words }),
  fc.record({
    type: fc.constant("subagent-end"),
    key,
    outcome: fc.constantFrom("done", "failed", "stopped"),
  }),
  fc.record({ type: fc.constant("usage"), usage }),
  fc.record({ type: fc.constant("context"), usedTokens: number, windowTokens: number }),
  fc.record({
    type: fc.constant("plan"),
    entries: fc.array(fc.record({ text: words, state }), { maxLength: 3 }),
  }),
  fc.record({ type: fc.constant("notice"), text: words }),
) as fc.Arbitrary<EngineEvent>;

/** A question that is not waited for. */
interface Asked {
  ask: string;
}
const step = fc.oneof(
  { weight: 9, arbitrary: event },
  { weight: 1, arbitrary: key.map((ask): Asked => ({ ask })) },
);

const end = fc.constantFrom<EngineEnd>(
  { outcome: "done" },
  { outcome: "interrupted" },
  { outcome: "failed", error: { code: "engine-failed", message: "It failed." } },
);

const turn = fc.record({
  steps: fc.array(step, { maxLength: 40, size: "max" }),
  late: fc.array(step, { maxLength: 10 }),
  end,
  /** Does not answer the interrupt: only its process's end is one. */
  ignores: fc.boolean(),
  stop: fc.constantFrom("none", "soft", "hard"),
  /** After so many events of Rein's. */
  stopAt: fc.nat(60),
});

propertyTest(
  "any events of an engine in any order, with late ones and a stop, leave a valid session that takes the next message",
  { file: "property-engine.test.ts", seed: 14, numRuns: 80, timeoutMs: 600_000 },
  fc.asyncProperty(turn, async ({ steps, late, end: own, ignores, stop, stopAt }) => {
    const over = new AbortController();
    const said = Promise.withResolvers<void>();
    const play: Script = async (given) => {
      const say = (one: EngineEvent | Asked): void => {
        if (!("ask" in one)) return given.event(one);
        const access = { kind: "tool" as const, tool: "t", subject: one.ask };
        const question = { key: one.ask, name: "Bash", kind: "execute" as const, access };
        void given.ask(question, over.signal);
      };
      for (const one of steps) {
        say(one);
        await new Promise(setImmediate);
      }
      said.resolve();
      if (stop === "none") return own;
      await (ignores && stop === "hard" ? given.killed : given.interrupted);
      for (const one of late) say(one);
      return own;
    };
    let script: Script = play;
    const scene = engineScene((given) => script(given));
    const run = scene.run("First");
    if (stop !== "none")
      void Promise.race([said.promise, run.until(() => scene.events.length > stopAt)]).then(() => {
        run.stop();
        if (stop === "hard") run.stopHard();
      });
    const first = await run.ended;
    over.abort();
    const count = scene.events.length;
    if (stop !== "none") expect(first.outcome).toBe("stopped");
    settle(scene.session, first);
    expect(violationsOf(scene.session)).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    await new Promise(setImmediate);
    expect(scene.events.length).toBe(count);

    script = async (given) => {
      given.say("Back again.");
      return { outcome: "done" };
    };
    const second = await scene.run("Second").ended;
    settle(scene.session, second);
    expect(second).toMatchObject({ outcome: "done" });
    expect(scene.answers().at(-1)!.parts).toMatchObject([{ text: "Back again." }]);
    expect(violationsOf(scene.session)).toEqual([]);
    await scene.conversations.close();
  }),
);

/** As the end of the last run does. */
function settle(session: Session, { outcome }: Pick<LoopEnd, "outcome">): void {
  const run = session.runs.at(-1)!;
  run.state = "settled";
  run.outcome = outcome;
  if (outcome === "stopped") run.stop = { by: "user", from: "web", askedAt: 1, point: "model" };
  stopTodo(session);
}
