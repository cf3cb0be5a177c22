/** Whatever order people pause, resume, queue, edit, steer, interrupt, retry and stop in: every message is said once or waits, and a stop is the end. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import * as fc from "fast-check";
import { lastAttempt } from "../shared/attempts";
import type { Session } from "../shared/protocol";
import type { ChatRequest, QueuedPatchRequest } from "../shared/requests";
import { said } from "./control-api";
import { nextTurn } from "./sweep/bounded-wait";
import { openServerFixture, type ServerFixture } from "./sweep/server-fixture";
import { text, toolCall } from "./upstream/upstream";

let fixture: ServerFixture;
beforeAll(async () => {
  fixture = await openServerFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

type Act =
  | { act: "pause"; cut: boolean }
  | { act: "resume" | "stop" | "interrupt" | "retry" }
  | { act: "queue"; waitsFor: "run" | "turn" }
  | { act: ChipAct; which: number }
  | { act: "turns"; count: number };

type ChipAct = "send now" | "remove" | "rewrite" | "move";

/** What a chip is asked to be, but for one that is removed. */
const changes: Partial<Record<ChipAct, (next: () => string) => QueuedPatchRequest>> = {
  "send now": () => ({ waitsFor: "turn" }),
  rewrite: (next) => ({ message: next() }),
  move: () => ({ position: 0 }),
};

const which = fc.nat(5);
const anyAct: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ act: fc.constant("pause" as const), cut: fc.boolean() }),
  fc.record({ act: fc.constantFrom("resume", "stop", "interrupt", "retry") }),
  fc.record({
    act: fc.constant("queue" as const),
    waitsFor: fc.constantFrom("run" as const, "turn" as const),
  }),
  fc.record({ act: fc.constantFrom("send now", "remove", "rewrite", "move"), which }),
  fc.record({ act: fc.constant("turns" as const), count: fc.nat(40) }),
);

test("any order of all of them leaves nothing lost, nothing said twice, and nothing that starts by itself", async () => {
  let answers = 0;
  fixture.upstream.route(() => {
    const n = answers++;
    return n % 3 === 0
      ? [text("I ", "look ", "first."), toolCall("read", { path: `none-${n}` })]
      : [text("This ", "is ", "all.")];
  });
  await fc.assert(
    fc.asyncProperty(fc.array(anyAct, { minLength: 2, maxLength: 20 }), async (acts) => {
      const table = await sitDown();
      for (const act of acts) await table.do(act);
      await table.post("stop", {});
      const runs = table.session().runs.length;
      for (let turn = 0; turn < 20; turn++) await nextTurn();
      const session = table.session();
      expect(session.runs.length).toBe(runs);
      expect(session.runs.filter(({ state }) => state !== "settled")).toEqual([]);
      expect(session.runs.map(({ outcome }) => outcome)).not.toContain("failed");
      expect(session.queue.filter(({ waitsFor }) => waitsFor !== "person")).toEqual([]);
      const kept = session.queue.map((message) => message.text);
      expect([...said(session), ...kept].toSorted()).toEqual(table.taken.toSorted());
      expect(fixture.upstream.requests.flatMap(({ refusal }) => refusal ?? [])).toEqual([]);
      fixture.upstream.requests.length = 0;
    }),
    // A failure names the seed and the path to its smallest case.
    { seed: 6, numRuns: Number(process.env.REIN_INTERLEAVINGS ?? 150) },
  );
}, 300_000);

/** A session of its own, and one who does everything to it. */
async function sitDown() {
  const taken: string[] = [];
  let count = 0;
  const id = await start();
  const session = (): Session => fixture.server.sessions.get(id)!.session;
  const post = (path: string, body: object) =>
    fixture.post<unknown>("tick", `/api/sessions/${id}/${path}`, body);

  async function start(): Promise<string> {
    const response = await chat({ message: next() });
    return response.headers.get("x-rein-session")!;
  }

  function next(): string {
    return `message ${count++}`;
  }

  /** Takes note of what was accepted, and leaves: the run does not depend on it. */
  async function chat(request: { message: string } & Omit<ChatRequest, "message">) {
    const model = { provider: "openai-chat", model: "local-model", permissions: "all" };
    const body = JSON.stringify({ ...model, onDisconnect: "continue", ...request });
    const response = await fixture.call("tick", "/api/chat", { method: "POST", body });
    if (response.ok) taken.push(request.message);
    await response.body?.cancel();
    return response;
  }

  async function act(wanted: Act): Promise<unknown> {
    switch (wanted.act) {
      case "pause":
        return post("pause", { cut: wanted.cut });
      case "resume":
      case "stop":
        return post(wanted.act, {});
      case "interrupt":
        return chat({ message: next(), sessionId: id, interrupt: true });
      case "retry": {
        const { runId: retryOf } = lastAttempt(session())!;
        return chat({ message: next(), sessionId: id, interrupt: true, retryOf });
      }
      case "queue": {
        const message = next();
        taken.push(message);
        return post("queue", { message, waitsFor: wanted.waitsFor });
      }
      case "send now":
      case "remove":
      case "rewrite":
      case "move":
        return onChip(wanted);
      case "turns":
        for (let turn = 0; turn < wanted.count; turn++) await nextTurn();
        return undefined;
    }
  }

  async function onChip(wanted: { act: ChipAct; which: number }): Promise<void> {
    const message = session().queue[wanted.which];
    if (message === undefined) return;
    const isRemoval = wanted.act === "remove";
    const change = changes[wanted.act]?.(next) ?? {};
    const response = await fixture.call("tick", `/api/sessions/${id}/queue/${message.id}`, {
      method: isRemoval ? "DELETE" : "PATCH",
      ...(!isRemoval && { body: JSON.stringify(change) }),
    });
    if (!response.ok) return;
    if (isRemoval) taken.splice(taken.indexOf(message.text), 1);
    if (change.message !== undefined) taken[taken.indexOf(message.text)] = change.message;
  }

  return { taken, session, post, do: act };
}
