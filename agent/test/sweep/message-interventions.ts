/** More words: those that interrupt, those that wait, and the last ones again. */
import { interruptionText } from "../../shared/protocol";
import type { Session } from "../../shared/protocol";
import { said } from "../control-api";
import type { WireName } from "../upstream/upstream";
import { missingIn } from "./missing-context";
import { allDone, type Kind, unless } from "./intervention";
import { firstWords, models } from "./scenarios";
import type { Stage } from "./scenario-runner";

const nudge: Kind = {
  name: "nudge",
  async act(stage) {
    const hint = "You seem stuck: try another way";
    await stage.say({ message: hint, interrupt: true });
    return ({ session }) => [
      ...goesOn(session, [firstWords, hint]),
      ...toldOf(stage, session, hint),
    ];
  },
};

const interrupt: Kind = {
  name: "interrupt and send, with a queue",
  async act(stage) {
    await stage.post("queue", { message: "Later, please" });
    await stage.say({ message: "This first", interrupt: true });
    return ({ session }) => goesOn(session, [firstWords, "This first", "Later, please"]);
  },
};

/** The message again, in the place of the first attempt, and another model answers it. */
const retry: Kind = {
  name: "retry with another model",
  async act(stage) {
    const wires = Object.keys(models) as WireName[];
    const provider = wires[(wires.indexOf(stage.moment.wire) + 1) % wires.length]!;
    const model = models[provider];
    await stage.say({ retryOf: stage.runId, interrupt: true, provider, model });
    return ({ session }) => goesOn(session, [firstWords, firstWords]);
  },
};

const queued = (["run", "turn"] as const).map((waitsFor): Kind => ({
  name: waitsFor === "run" ? "queue" : "steer",
  async act(stage) {
    await stage.post("queue", { message: "And this", waitsFor });
    return (seen) => [...goesOn(seen.session, [firstWords, "And this"]), ...allDone(seen)];
  },
}));

const keep: Kind = {
  name: "queue, stop",
  async act(stage) {
    await stage.post("queue", { message: "And this" });
    await stage.post("stop", { runId: stage.runId });
    return ({ session }) => {
      const { outcome } = session.runs[0]!;
      // The stop may have come too late for the run, and even then keep the queue.
      if (outcome === "done" && session.queue.length === 0)
        return goesOn(session, [firstWords, "And this"]);
      const kept = session.queue.map(({ text, waitsFor }) => `${text} ${waitsFor}`);
      return [
        ...unless(session.runs.length === 1, "a run began by itself after a stop"),
        ...unless(Bun.deepEquals(kept, ["And this person"]), `the queue has: ${kept.join(", ")}`),
      ];
    };
  },
};

export const sayKinds: Kind[] = [nudge, interrupt, retry, ...queued, keep];

/** Everything was said, each once, nothing waits, and the newest run is done. */
function goesOn(session: Session, words: string[]): string[] {
  const heard = said(session);
  return [
    ...unless(
      Bun.deepEquals(heard.toSorted(), words.toSorted()),
      `it was said: ${heard.join(", ")}`,
    ),
    ...unless(session.queue.length === 0, "a message waits for ever"),
    ...unless(session.runs.at(-1)!.outcome === "done", "the newest run is not done"),
  ];
}

/** The request that brings these words brings all that was done before them, and that it was stopped. */
function toldOf({ world }: Stage, session: Session, words: string): string[] {
  const request = world.upstream.requests.find(({ body }) => JSON.stringify(body).includes(words));
  if (request === undefined) return [`the model never heard: ${words}`];
  const { id, outcome, stop } = session.runs[0]!;
  const messages = session.messages.filter(({ runId }) => runId === id);
  const isStopped = outcome === "stopped" && stop !== undefined;
  return missingIn(request, messages, isStopped ? [interruptionText(stop.by)] : []);
}
