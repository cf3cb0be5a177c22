/** Model-based test of control calls: after any order of them every message was sent once or is still queued, and a stop ends the run. */
import { afterAll, beforeAll, expect } from "bun:test";
import * as fc from "fast-check";
import { lastSaid } from "../shared/branches";
import type { Session } from "../shared/protocol";
import type { ChatRequest, QueuedPatchRequest } from "../shared/requests";
import { said } from "./control-api";
import { nextTurn } from "./sweep/bounded-wait";
import { anyCommands, command, propertyTest } from "./sweep/property-test";
import { openServerFixture, type ServerFixture } from "./sweep/server-fixture";
import { text, toolCall } from "./upstream/upstream";

let fixture: ServerFixture;
beforeAll(async () => {
  fixture = await openServerFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

/** Every message that was accepted and not removed, with its newest text. */
interface Model {
  accepted: string[];
}

type SteeringCommand = fc.AsyncCommand<Model, SteeredSession>;

const which = fc.nat(5);
const anyCommand: fc.Arbitrary<SteeringCommand> = fc.oneof(
  fc
    .boolean()
    .map((cut): SteeringCommand =>
      command(`pause(${cut})`, (_, real) => real.post("pause", { cut })),
    ),
  fc
    .constantFrom("resume", "stop")
    .map((what): SteeringCommand => command(what, (_, real) => real.post(what, {}))),
  fc.constantFrom("interrupt", "retry").map((what): SteeringCommand =>
    command(what, async ({ accepted }, real) => {
      const message = real.newMessage();
      const retryOf = what === "retry" ? lastSaid(real.session)!.runId : undefined;
      const isAccepted = await real.chat({ message, interrupt: true, retryOf });
      if (isAccepted) accepted.push(message);
    }),
  ),
  fc.constantFrom("run", "turn").map((waitsFor): SteeringCommand =>
    command(`queue(${waitsFor})`, async ({ accepted }, real) => {
      const message = real.newMessage();
      accepted.push(message);
      await real.post("queue", { message, waitsFor });
    }),
  ),
  which.map((at): SteeringCommand =>
    command(`remove(${at})`, (model, real) => remove(model, real, at)),
  ),
  fc
    .tuple(which, fc.constantFrom<QueuedPatchRequest>({ waitsFor: "turn" }, { position: 0 }))
    .map(([at, change]): SteeringCommand =>
      command(`change(${at}, ${JSON.stringify(change)})`, (model, real) =>
        changeQueued(model, real, at, change),
      ),
    ),
  which.map((at): SteeringCommand =>
    command(`rewrite(${at})`, (model, real) =>
      changeQueued(model, real, at, { message: real.newMessage() }),
    ),
  ),
  fc.nat(40).map((count): SteeringCommand =>
    command(`turns(${count})`, async () => {
      for (let turn = 0; turn < count; turn++) await nextTurn();
    }),
  ),
);

propertyTest(
  "any order of pause, resume, stop, interrupt, retry and queue changes loses no message, sends none twice, and starts nothing after a stop",
  { file: "property-control.test.ts", seed: 6, numRuns: 70, timeoutMs: 300_000 },
  fc.asyncProperty(anyCommands(anyCommand, 20), async (commands) => {
    answerAlternately();
    const real = await SteeredSession.start();
    const model: Model = { accepted: [real.firstMessage] };
    await fc.asyncModelRun(() => ({ model, real }), commands);
    await real.post("stop", {});
    const runs = real.session.runs.length;
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    const { session } = real;
    expect(session.runs.length).toBe(runs);
    expect(session.runs.filter(({ state }) => state !== "settled")).toEqual([]);
    expect(session.runs.map(({ outcome }) => outcome)).not.toContain("failed");
    expect(session.queue.filter(({ waitsFor }) => waitsFor !== "person")).toEqual([]);
    const kept = session.queue.map((message) => message.text);
    expect([...said(session), ...kept].toSorted()).toEqual(model.accepted.toSorted());
    expect(fixture.upstream.requests.flatMap(({ refusal }) => refusal ?? [])).toEqual([]);
    fixture.upstream.requests.length = 0;
  }),
);

/** Every third answer calls a tool; each case begins with one that does, so that it can be replayed alone. */
function answerAlternately(): void {
  let answers = 0;
  fixture.upstream.route(() => {
    const n = answers++;
    return n % 3 === 0
      ? [text("I ", "look ", "first."), toolCall("read", { path: `none-${n}` })]
      : [text("This ", "is ", "all.")];
  });
}

async function remove({ accepted }: Model, real: SteeredSession, at: number): Promise<void> {
  const message = real.session.queue[at];
  if (message === undefined) return;
  if (await real.patchQueue(message.id, "remove"))
    accepted.splice(accepted.indexOf(message.text), 1);
}

async function changeQueued(
  { accepted }: Model,
  real: SteeredSession,
  at: number,
  change: QueuedPatchRequest,
): Promise<void> {
  const message = real.session.queue[at];
  if (message === undefined) return;
  const { text: before } = message;
  const isChanged = await real.patchQueue(message.id, change);
  if (isChanged && change.message !== undefined)
    accepted[accepted.indexOf(before)] = change.message;
}

/** A session of its own, with the calls that control it. */
class SteeredSession {
  #count = 0;
  readonly firstMessage = this.newMessage();
  #id: string | undefined;

  static async start(): Promise<SteeredSession> {
    const one = new SteeredSession();
    await one.chat({ message: one.firstMessage });
    return one;
  }

  get session(): Session {
    return fixture.server.sessions.get(this.#id!)!.session;
  }

  newMessage(): string {
    return `message ${this.#count++}`;
  }

  post(path: string, body: object): Promise<unknown> {
    return fixture.post<unknown>("tick", `/api/sessions/${this.#id}/${path}`, body);
  }

  /** Whether the message was accepted. Closes the stream at once: the run does not depend on it. */
  async chat(request: ChatRequest): Promise<boolean> {
    const model = { provider: "openai-chat", model: "local-model", permissions: "all" };
    const body = JSON.stringify({
      ...model,
      onDisconnect: "continue",
      ...(this.#id && { sessionId: this.#id }),
      ...request,
    });
    const response = await fixture.call("tick", "/api/chat", { method: "POST", body });
    this.#id ??= response.headers.get("x-rein-session")!;
    await response.body?.cancel();
    return response.ok;
  }

  /** Whether a queued message existed to be changed. */
  async patchQueue(messageId: string, change: QueuedPatchRequest | "remove"): Promise<boolean> {
    const path = `/api/sessions/${this.#id}/queue/${messageId}`;
    const init =
      change === "remove"
        ? { method: "DELETE" }
        : { method: "PATCH", body: JSON.stringify(change) };
    return (await fixture.call("tick", path, init)).ok;
  }
}
