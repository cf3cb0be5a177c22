/** A pause holds a run at its next safe point, affects nothing else, and the run resumes exactly there. */
import { describe, expect, test } from "bun:test";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { interruptionText, type ToolCallPart } from "../shared/protocol";
import { apiScene } from "./api-scene";
import {
  allowing,
  pause,
  queue,
  replyTo,
  resume,
  said,
  told,
  untilSession,
  wires,
} from "./control-api";
import { type Chat, type Rein } from "./rein";
import { failure, type Gate, hang, makeGate, reasoning, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send, start } = apiScene();

describe("a pause", () => {
  test("before the first byte closes the request at once, and the request is sent again on resume", async () => {
    upstream.script([hang]);
    const chat = send();
    const request = await upstream.request(0);
    expect(await pause(rein, chat.sessionId)).toMatchObject({ held: true });
    expect(await request.ended).toBe("client");
    await paused(chat);
    upstream.script([text("Here I am.")]);
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
    expect(upstream.requests[1]!.body).toEqual(upstream.requests[0]!.body);
  });

  for (const wire of wires)
    test(`takes effect after the part that is being written, and can be resumed, on the wire of ${wire.provider}`, async () => {
      const gate = makeGate();
      upstream.script([reasoning("Let me ", gate, "think."), text("Never ", makeGate(), "said.")]);
      const chat = send(wire);
      await chat.until(({ type }) => type === "part-delta");
      const answer = await pause(rein, chat.sessionId);
      expect(answer).toMatchObject({ held: true, pause: { state: "pausing" } });
      gate.open();
      await paused(chat);
      expect(await upstream.requests[0]!.ended).toBe("client");
      const [thought] = chat.session.messages[1]!.parts;
      expect(thought).toMatchObject({ type: "reasoning", text: "Let me think." });
      upstream.script([text("Said.")]);
      await resume(rein, chat.sessionId);
      await chat.ended;
      expect(upstream.requests[1]!.refusal).toBeUndefined();
      expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
      expect(JSON.stringify(chat.session.messages)).not.toContain("Never");
    });

  for (const wire of wires)
    test(`requested again cuts the text, which is kept and continued on resume, on the wire of ${wire.provider}`, async () => {
      upstream.script([text("The answer is ", makeGate())]);
      const chat = send(wire);
      await chat.until(({ type }) => type === "part-delta");
      const first = await pause(rein, chat.sessionId);
      expect(first).toMatchObject({ held: true, pause: { state: "pausing" } });
      await pause(rein, chat.sessionId, { cut: true });
      await paused(chat);
      expect(await upstream.requests[0]!.ended).toBe("client");
      upstream.script([text("forty-two.")]);
      await resume(rein, chat.sessionId);
      await chat.ended;
      const [request] = upstream.requests.slice(1);
      expect(request!.refusal).toBeUndefined();
      expect(told(request)).toContain(interruptionText("pause"));
      expect(told(request)).toContain("Continue exactly where");
      expect(chat.session.messages.slice(1).map(({ parts }) => parts[0])).toMatchObject([
        { text: "The answer is " },
        { text: "forty-two." },
      ]);
      upstream.script([text("Fine.")]);
      const next = send({ ...wire, sessionId: chat.sessionId });
      await next.ended;
      expect(upstream.requests[2]!.refusal).toBeUndefined();
    });

  test("does not interrupt a running tool, whose result waits until the run is resumed", async () => {
    upstream.script([toolCall("bash", { command: waitFor("go") })], [text("Done.")]);
    const chat = send({ permissions: "all" });
    await chat.until(({ type }) => type === "tool-start");
    const answer = await pause(rein, chat.sessionId);
    expect(answer).toMatchObject({ held: true, pause: { state: "pausing" } });
    writeFileSync(join(rein.cwd, "go"), "");
    await paused(chat);
    expect(callsOf(chat)).toMatchObject([{ state: "done", output: "went\n" }]);
    expect(upstream.requests.length).toBe(1);
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(told(upstream.requests[1])).toContain("went");
  });

  test("starts no tool, neither one that is allowed meanwhile nor one that was written before the cut", async () => {
    upstream.script([
      toolCall("bash", { command: "touch asked" }),
      toolCall("write", ['{"path":"cut', makeGate()]),
    ]);
    // On this wire a call is known to be complete as soon as it is.
    const chat = send(wires[0]);
    await chat.until((event) => event.type === "part-delta" && event.delta.includes("cut"));
    await pause(rein, chat.sessionId, { cut: true });
    const event = await chat.until(({ type }) => type === "approval-request");
    await paused(chat);
    const { approval } = event as Extract<typeof event, { type: "approval-request" }>;
    await replyTo(rein, approval, allowing(approval));
    await chat.until(({ type }) => type === "approval-reply");
    expect(callsOf(chat).map(({ state }) => state)).toEqual(["pending", "stopped"]);
    expect(existsSync(join(rein.cwd, "asked"))).toBe(false);
    upstream.script([text("Done.")]);
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(upstream.requests[1]!.refusal).toBeUndefined();
    expect(callsOf(chat).map(({ state }) => state)).toEqual(["done", "stopped"]);
    expect(existsSync(join(rein.cwd, "asked"))).toBe(true);
  });

  test("in a retry's countdown ends the countdown, and the request is sent again on resume", async () => {
    upstream.script([failure("rate-limit", { headers: { "retry-after": "60" } })]);
    const chat = send();
    await chat.until(({ type }) => type === "retry-start");
    await pause(rein, chat.sessionId);
    await paused(chat);
    expect(chat.session.runs[0]!.retry).toBeUndefined();
    upstream.script([text("Fine now.")]);
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  });

  test("holds three subagents too, which continue where they were", async () => {
    const { chat, gates } = await threeSubagents();
    await pause(rein, chat.sessionId, { cut: true });
    await paused(chat);
    const ends = upstream.requests.slice(1).map(({ ended }) => ended);
    expect(await Promise.all(ends)).toEqual(["client", "client", "client"]);
    for (const gate of gates) gate.open();
    goOn();
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
    expect(callsOf(chat).map(({ state, output }) => [state, output])).toEqual([
      ["done", "at the end."],
      ["done", "at the end."],
      ["done", "at the end."],
    ]);
  });

  test("of a session that does not run, or of another run, changes nothing", async () => {
    upstream.script([text("One.")], [text("Two ", makeGate())]);
    const chat = send();
    await chat.ended;
    const before = await rein.session(chat.sessionId);
    expect(await pause(rein, chat.sessionId)).toMatchObject({ held: false });
    expect(await resume(rein, chat.sessionId)).toMatchObject({ held: false });
    expect(await rein.session(chat.sessionId)).toEqual(before);
    const next = send({ sessionId: chat.sessionId });
    await next.until(({ type }) => type === "part-delta");
    const late = await pause(rein, chat.sessionId, { runId: chat.runId });
    expect(late).toMatchObject({ held: false });
    expect(next.session.runs.at(-1)!.pause).toBeUndefined();
  });

  test("keeps the queue when the run finishes with the part that was being written", async () => {
    const gate = makeGate();
    upstream.script([text("One ", gate, "and all.")]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    await queue(rein, chat.sessionId, { message: "Second" });
    await pause(rein, chat.sessionId);
    gate.open();
    await chat.ended;
    const session = await rein.session(chat.sessionId);
    expect(session.runs).toMatchObject([{ outcome: "done" }]);
    expect(session.queue).toMatchObject([{ waitsFor: "person" }]);
  });

  test("holds a message for the model until the run is resumed", async () => {
    const { chat } = await pausedInText();
    await queue(rein, chat.sessionId, { message: "Be brief", waitsFor: "turn" });
    expect(upstream.requests.length).toBe(1);
    upstream.script([text("Briefly.")]);
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(said(chat.session)).toEqual(["Do it", "Be brief"]);
    expect(upstream.requests[1]!.refusal).toBeUndefined();
  });
});

describe("a paused run", () => {
  test("can be stopped, and the next message works", async () => {
    const { chat } = await pausedInText();
    const answer = await rein.stop(chat.sessionId);
    expect(answer).toMatchObject({ outcome: "stopped", receipt: { stop: { point: "pause" } } });
    await chat.ended;
    expect(chat.session.runs[0]!.pause).toBeUndefined();
    upstream.script([text("Back again.")]);
    const next = send({ sessionId: chat.sessionId });
    await next.ended;
    expect(upstream.requests[1]!.refusal).toBeUndefined();
    expect(next.session.runs.at(-1)).toMatchObject({ outcome: "done" });
  });

  test("of which every request was refused costs nothing when it is stopped", async () => {
    upstream.script([failure("overloaded", { headers: { "retry-after": "60" } })]);
    const chat = send();
    await chat.until(({ type }) => type === "retry-start");
    await pause(rein, chat.sessionId);
    await paused(chat);
    expect(await rein.stop(chat.sessionId)).toMatchObject({
      receipt: { usage: { inputTokens: 0, outputTokens: 0, estimated: false } },
    });
    expect(upstream.requests.length).toBe(1);
  });

  test("can be interrupted", async () => {
    const { chat } = await pausedInText();
    upstream.script([text("At once.")]);
    const next = send({ sessionId: chat.sessionId, interrupt: true });
    await next.ended;
    const { runs } = await rein.session(chat.sessionId);
    expect(runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done"]);
  });

  test("shows as paused in the list, and to a viewer that connects later", async () => {
    const { chat } = await pausedInText();
    const viewer = rein.follow(chat.sessionId);
    await viewer.until(({ type }) => type === "snapshot");
    expect(findPause(viewer)).toBe("paused");
    viewer.hangUp();
    const { sessions } = await rein.json<{ sessions: { state: string }[] }>("/api/sessions");
    expect(sessions).toMatchObject([{ state: "paused" }]);
  });

  for (const signal of ["SIGTERM", "SIGKILL"] as const)
    test(`outlives its server (${signal}), between two turns`, async () => {
      upstream.script([toolCall("bash", { command: waitFor("go") })]);
      const chat = send({ permissions: "all" });
      await chat.until(({ type }) => type === "tool-start");
      await pause(rein, chat.sessionId);
      writeFileSync(join(rein.cwd, "go"), "");
      await paused(chat);
      const second = await kill(signal);
      upstream.script([text("Done.")]);
      const viewer = await resumeOn(second, chat.sessionId);
      expect(viewer.session.runs).toMatchObject([{ outcome: "done" }]);
      expect(told(upstream.requests[1])).toContain("went");
      expect(upstream.requests.length).toBe(2);
    });

  test("outlives its server at an approval, which is asked again", async () => {
    upstream.script([toolCall("bash", { command: "touch asked" })]);
    const chat = send();
    await chat.until(({ type }) => type === "approval-request");
    const first = callsOf(chat)[0]!.approval!.id;
    await pause(rein, chat.sessionId);
    await paused(chat);
    const second = await kill("SIGTERM");
    const viewer = second.follow(chat.sessionId);
    await viewer.until(() => callsOf(viewer).some(({ approval }) => approval?.id !== first));
    const { approval } = callsOf(viewer)[0]!;
    await replyTo(second, approval!, allowing(approval!));
    upstream.script([text("Done.")]);
    await resume(second, chat.sessionId);
    await viewer.until(({ type }) => type === "run-end");
    viewer.hangUp();
    expect(callsOf(viewer)).toMatchObject([{ state: "done" }]);
  });

  test("outlives its server in the middle of three subagents, which continue where they were", async () => {
    const { chat } = await threeSubagents();
    await pause(rein, chat.sessionId, { cut: true });
    await paused(chat);
    const second = await kill("SIGKILL");
    goOn();
    const viewer = await resumeOn(second, chat.sessionId);
    expect(viewer.session.runs).toMatchObject([{ outcome: "done" }]);
    expect(callsOf(viewer).map(({ output }) => output)).toEqual(
      Array.from({ length: 3 }, () => "at the end."),
    );
    for (const { subagent } of callsOf(viewer))
      expect(subagent!.messages.map(({ role }) => role)).toEqual([
        "user",
        "assistant",
        "assistant",
      ]);
    for (const { refusal } of upstream.requests) expect(refusal).toBeUndefined();
  });

  test("can be stopped on the next server after it was resumed there", async () => {
    const { chat } = await pausedInText();
    const second = await kill("SIGTERM");
    expect(await second.stop(chat.sessionId)).toMatchObject({ outcome: "stopped" });
    const { runs } = await second.session(chat.sessionId);
    expect(runs).toMatchObject([{ outcome: "stopped", stop: { by: "user", point: "pause" } }]);
  });
});

describe("two viewers at once", () => {
  test("a pause by one viewer and a stop by the other stop the run, and both show the same", async () => {
    for (const stopsFirst of [true, false]) {
      upstream.script([text("Part of ", makeGate())]);
      const chat = send();
      await chat.until(({ type }) => type === "part-delta");
      const viewer = rein.follow(chat.sessionId);
      await viewer.until(({ type }) => type === "snapshot");
      const acts = [() => rein.stop(chat.sessionId), () => pause(rein, chat.sessionId)];
      if (!stopsFirst) acts.reverse();
      await Promise.all(acts.map((act) => act()));
      await viewer.until(({ type }) => type === "run-end");
      await chat.ended;
      viewer.hangUp();
      expect(chat.session.runs).toMatchObject([{ outcome: "stopped" }]);
      expect(chat.session.runs[0]!.pause).toBeUndefined();
      expect(viewer.session).toEqual(chat.session);
    }
  });

  test("a hundred pauses count as one pause, and one resume ends it", async () => {
    upstream.script([text("Part of ", makeGate())]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    await Promise.all(Array.from({ length: 100 }, () => pause(rein, chat.sessionId)));
    await pause(rein, chat.sessionId, { cut: true });
    await paused(chat);
    expect(chat.events.filter(({ type }) => type === "run-pause").length).toBe(2);
    upstream.script([text("it.")]);
    await resume(rein, chat.sessionId);
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  });
});

/** Resolves when the pause is complete, whether something else had to end first or not. */
async function paused(chat: Chat): Promise<void> {
  await untilSession(chat, ({ runs }) => runs.at(-1)?.pause?.state === "paused");
}

function findPause({ session }: Chat) {
  return session.runs.at(-1)?.pause?.state;
}

async function pausedInText() {
  upstream.script([text("Part of ", makeGate())]);
  const chat = send();
  await chat.until(({ type }) => type === "part-delta");
  await pause(rein, chat.sessionId, { cut: true });
  await paused(chat);
  return { chat };
}

/** Three subagents, in the middle of their first words. */
async function threeSubagents(): Promise<{ chat: Chat; gates: Gate[] }> {
  const titles = ["one", "two", "three"];
  const gates = titles.map(() => makeGate());
  upstream.script(
    titles.map((title) => toolCall("subagent", { role: "simple", title, task: `Be ${title}.` })),
  );
  upstream.route(({ body }) => {
    const own = JSON.stringify(body);
    const index = titles.findIndex((title) => own.includes(`Be ${title}.`));
    return index === -1 || own.includes("Do it") ? undefined : [text(`I am `, gates[index]!, "")];
  });
  const chat = send();
  const begun = () =>
    callsOf(chat).filter(({ subagent }) => subagent?.messages[1]?.parts[0] !== undefined);
  await chat.until(() => begun().length === 3);
  return { chat, gates };
}

function goOn(): void {
  upstream.route(({ body }) =>
    JSON.stringify(body).includes("Do it") ? [text("All are.")] : [text("at the end.")],
  );
}

async function kill(signal: "SIGTERM" | "SIGKILL"): Promise<Rein> {
  // Requesting the list flushes pending writes.
  await rein.json("/api/sessions");
  rein.signal(signal);
  await rein.exited;
  return start();
}

async function resumeOn(server: Rein, sessionId: string): Promise<Chat> {
  const viewer = server.follow(sessionId);
  await viewer.until(({ type }) => type === "snapshot");
  expect(findPause(viewer)).toBe("paused");
  await resume(server, sessionId);
  await viewer.until(({ type }) => type === "run-end");
  viewer.hangUp();
  return viewer;
}

function callsOf({ session }: Chat): ToolCallPart[] {
  return session.messages.flatMap(({ parts }) => parts.filter((part) => part.type === "tool-call"));
}

function waitFor(name: string): string {
  return `until [ -e ${name} ]; do sleep 0.01; done; echo went`;
}
