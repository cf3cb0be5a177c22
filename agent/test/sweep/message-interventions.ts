/** Interventions by messages: nudge, interrupt, retry, queue and steer. */
import { interruptionText } from "../../shared/protocol";
import type { Session } from "../../shared/protocol";
import { said } from "../control-api";
import type { WireName } from "../upstream/upstream";
import { missingIn } from "./missing-context";
import { allDone, type Intervention, unless } from "./intervention";
import { engineWay } from "./engine-checks";
import { commandWords } from "./definition-scenarios";
import { firstWords } from "./first-words";
import { models } from "./scenarios";
import type { ScenarioRunner } from "./scenario-runner";

const nudge: Intervention = {
  name: "nudge",
  async inject(runner) {
    const hint = "You seem stuck: try another way";
    await runner.say({ message: hint, interrupt: true });
    return ({ session }) => [
      ...allSent(runner, session, [firstWords, hint]),
      ...toldOf(runner, session, hint),
    ];
  },
};

const interrupt: Intervention = {
  name: "interrupt and send, with a queue",
  async inject(runner) {
    await runner.post("queue", { message: "Later, please" });
    await runner.say({ message: "This first", interrupt: true });
    return ({ session }) => allSent(runner, session, [firstWords, "This first", "Later, please"]);
  },
};

/** Retries the message with another model; the retry replaces the first attempt. */
const retry: Intervention = {
  name: "retry with another model",
  async inject(runner) {
    if (runner.point.scenario.engine) {
      // Its way to the model is fixed.
      await runner.say({ retryOf: runner.runId, interrupt: true });
      return ({ session }) => allSent(runner, session, [firstWords, firstWords]);
    }
    const wires = Object.keys(models) as WireName[];
    const provider = wires[(wires.indexOf(runner.point.wire as WireName) + 1) % wires.length]!;
    const model = models[provider];
    await runner.say({ retryOf: runner.runId, interrupt: true, provider, model });
    return ({ session }) => allSent(runner, session, [firstWords, firstWords]);
  },
};

const queued = (["run", "turn"] as const).map((waitsFor): Intervention => ({
  name: waitsFor === "run" ? "queue" : "steer",
  async inject(runner) {
    await runner.post("queue", { message: "And this", waitsFor });
    return (seen) => [...allSent(runner, seen.session, [firstWords, "And this"]), ...allDone(seen)];
  },
}));

const keep: Intervention = {
  name: "queue, stop",
  async inject(runner) {
    await runner.post("queue", { message: "And this" });
    await runner.post("stop", { runId: runner.runId });
    return ({ session }) => {
      const { outcome } = session.runs[0]!;
      // A stop that came after the end of the run keeps the queue too.
      if (outcome === "done" && session.queue.length === 0)
        return allSent(runner, session, [firstWords, "And this"]);
      const kept = session.queue.map(({ text, waitsFor }) => `${text} ${waitsFor}`);
      return [
        ...unless(session.runs.length === 1, "a run began by itself after a stop"),
        ...unless(Bun.deepEquals(kept, ["And this person"]), `the queue has: ${kept.join(", ")}`),
      ];
    };
  },
};

export const messageInterventions: Intervention[] = [nudge, interrupt, retry, ...queued, keep];

/**
 * Each message was sent exactly once, the queue is empty, and the newest run is done. Where an engine's turn fails by
 * itself, what comes after it waits in the queue.
 */
function allSent({ point }: ScenarioRunner, session: Session, words: string[]): string[] {
  const { outcome } = session.runs.at(-1)!;
  const isFailed = point.scenario.engine?.fails === true && outcome === "failed";
  const texts = [...said(session), ...(isFailed ? session.queue.map(({ text }) => text) : [])];
  const sent = texts.map((one) => (one === commandWords() ? firstWords : one));
  return [
    ...unless(
      Bun.deepEquals(sent.toSorted(), words.toSorted()),
      `the messages sent are: ${sent.join(", ")}`,
    ),
    ...unless(isFailed || session.queue.length === 0, "a message is left in the queue"),
    ...unless(isFailed || outcome === "done", "the newest run is not done"),
  ];
}

/** The request with these words also tells what was done before them, and that it was stopped. */
function toldOf({ fixture, point }: ScenarioRunner, session: Session, words: string): string[] {
  const way = engineWay(point);
  if (way) {
    const prompt = fixture.engine.prompts(way).find(({ text }) => text.endsWith(words));
    return unless(prompt !== undefined, `the engine was not told: ${words}`);
  }
  const request = fixture.upstream.requests.find(({ body }) =>
    JSON.stringify(body).includes(words),
  );
  if (request === undefined) return [`no request has the words: ${words}`];
  const { id, outcome, stop } = session.runs[0]!;
  const messages = session.messages.filter(({ runId }) => runId === id);
  const isStopped = outcome === "stopped" && stop !== undefined;
  return missingIn(request, messages, isStopped ? [interruptionText(stop.by)] : []);
}
