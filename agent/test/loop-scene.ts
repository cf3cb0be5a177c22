/** The agent's loop in this process, against the scripted upstream: a conversation without a server, its events and messages. */
import { apply } from "../shared/apply";
import {
  noUsage,
  type EventBody,
  type FilePart,
  type Message,
  type Session,
} from "../shared/protocol";
import { agentLoop, type LoopRequest } from "../server/agent/agent-loop";
import { ModelWaits } from "../server/agent/model-waits";
import { PauseGate } from "../server/agent/pause-gate";
import { Retries } from "../server/agent/retry";
import type { LoopEnd } from "../server/agent/turn-types";
import { ask, type ProviderCase, stopped, userMessage } from "./provider-wires";
import type { Upstream } from "./upstream/upstream";

export interface LoopScene {
  session: Session;
  events: EventBody[];
  pauseGate: PauseGate;
  /** Sends a message and reads the loop to its end. `onEvent` sees each event after it was applied. */
  run(message: string, onEvent?: (event: EventBody) => void): Promise<LoopEnd>;
  /** The same, and stops the loop at the first event for which `isMoment` is true. */
  runStoppedAt(message: string, isMoment: (event: EventBody) => boolean): Promise<LoopEnd>;
  /** The assistant's messages. */
  answers(): Message[];
}

/**
 * Every tool call is done at once. Failed requests wait no longer than a service asks, or a moment. `picture`: the first
 * message brings it.
 */
export function loopScene(
  one: ProviderCase,
  upstream: Upstream,
  model = one.models[0]!,
  picture?: Buffer,
): LoopScene {
  const provider = one.create(upstream);
  const session = emptySession(provider.id, model);
  const events: EventBody[] = [];
  const pauseGate = new PauseGate(() => {});
  let seq = 0;
  const emit = (event: EventBody) => {
    events.push(event);
    apply(session, { ...structuredClone(event), seq: ++seq });
  };
  const { tools } = ask(model);
  const request: LoopRequest = {
    runId: "run",
    provider,
    model,
    info: () => undefined,
    system: () => Promise.resolve("You are Rein."),
    tools: () => tools,
    options: () => ({}),
    cacheKey: "session",
    readFiles: async () => new Map(picture && [[file.hash, { data: picture.toString("base64") }]]),
    messages: () => session.messages,
    pauseGate,
    retries: new Retries(() => ({ attempts: 5, minutes: 1 }), Date.now, 1),
    waits: new ModelWaits({ stallMs: () => undefined, onStall: () => {}, onConnecting: () => {} }),
    recordCost: () => {},
    async runTool(call, at, send) {
      const part = { ...at, partId: call.id, at: 1 };
      await send({ type: "tool-start", ...part });
      await send({ type: "part-delta", ...at, partId: call.id, field: "output", delta: "a\nb\n" });
      await send({ type: "tool-end", ...part, outcome: "done" });
    },
    maxTurns: 20,
    beforeTurn: (signal) => pauseGate.pass(signal),
    hasQueuedMessage: () => false,
  };
  return {
    session,
    events,
    pauseGate,
    answers: () => session.messages.filter(({ role }) => role === "assistant"),
    run: (message, onEvent = () => {}) => runUnder(message, onEvent, new AbortController().signal),
    runStoppedAt(message, isMoment) {
      const controller = new AbortController();
      const onEvent = (event: EventBody) => {
        if (isMoment(event)) controller.abort(stopped);
      };
      return runUnder(message, onEvent, controller.signal);
    },
  };

  async function runUnder(
    message: string,
    onEvent: (event: EventBody) => void,
    signal: AbortSignal,
  ): Promise<LoopEnd> {
    const sent = userMessage(message);
    if (picture && session.messages.length === 0) sent.parts.unshift(file);
    emit({ type: "message-start", message: sent });
    const loop = agentLoop(request, signal);
    for (;;) {
      const step = await loop.next();
      if (step.done) return step.value;
      emit(step.value);
      onEvent(step.value);
    }
  }
}

const file: FilePart = {
  type: "file",
  id: "file",
  name: "shot.png",
  mediaType: "image/png",
  bytes: 1_200_000,
  hash: "a".repeat(64),
};

function emptySession(provider: string, model: string): Session {
  return {
    id: "session",
    title: "A session",
    cwd: "/",
    provider,
    model,
    permissions: "all",
    allowed: [],
    createdAt: 0,
    updatedAt: 0,
    messages: [],
    runs: [{ id: "run", state: "running", startedAt: 0, usage: { ...noUsage } }],
    usage: { ...noUsage },
    queue: [],
    seq: 0,
  };
}
