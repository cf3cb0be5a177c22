/** A person can summarise the conversation on request, in a run like any other, and can undo the summary. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { interruptionText, type SessionSummary } from "../shared/protocol";
import { pause, queue, resume, untilSession } from "./control-api";
import { type Chat, type Rein, startRein } from "./rein";
import {
  begun,
  full,
  little,
  openCompactionScene,
  type CompactionScene,
  writeHeld,
} from "./compaction-scene";
import { violationsOf } from "./sweep/invariants";
import { failure, makeGate, text, toolCall } from "./upstream/upstream";

let scene: CompactionScene;
beforeAll(async () => {
  scene = await openCompactionScene();
});
afterAll(() => scene[Symbol.asyncDispose]());
beforeEach(() => scene.clear());

describe("a requested summary", () => {
  test("is a run of its own, and the next request contains the summary", async () => {
    const { upstream, rein } = scene;
    const { sessionId } = await summedUp();
    const session = await rein.session(sessionId);
    expect(session.runs).toMatchObject([{ outcome: "done" }, { outcome: "done", sumsUp: true }]);
    expect(session.messages.map(({ role, summary }) => (summary ? "summary" : role))).toEqual([
      "user",
      "assistant",
      "summary",
    ]);
    expect(violationsOf(session)).toEqual([]);
    upstream.script([text("Green.")]);
    await scene.send({ sessionId, message: "And then?" });
    const last = scene.requestText(upstream.requests.at(-1));
    expect(last).toContain("In short: blue.");
    expect(last).not.toContain("Blue it is.");
  });

  test("makes its session running in the list, and then idle", async () => {
    const { sessionId } = await begun(scene, little);
    const gate = makeGate();
    scene.upstream.script([text("In short: ", gate, "blue.")]);
    await scene.compact(sessionId);
    await gate.reached;
    const state = async () => {
      const { sessions } = await scene.rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
      return sessions.find(({ id }) => id === sessionId)?.state;
    };
    expect(await state()).toBe("running");
    gate.open();
    await scene.settled(sessionId);
    expect(await state()).toBe("idle");
  });

  test("is refused while a run is active, and when there is nothing to summarise", async () => {
    const { upstream } = scene;
    const { sessionId } = await begun(scene, little);
    upstream.script([text("Wait ", makeGate())]);
    const next = await scene.open({ sessionId });
    await next.until(({ type }) => type === "part-delta");
    expect(await refusalOf(scene.compact(sessionId))).toEqual([409, "run-active"]);
    await scene.rein.stop(sessionId);
    upstream.script([text("In short: blue.")]);
    await scene.compact(sessionId);
    await scene.settled(sessionId);
    expect(await refusalOf(scene.compact(sessionId))).toEqual([409, "nothing"]);
    expect(await refusalOf(scene.compact("nobody"))).toEqual([404, "session"]);
  });

  test("can be stopped like any other run, and does not mark an earlier answer as interrupted", async () => {
    const { upstream, rein } = scene;
    const { sessionId } = await begun(scene, little);
    upstream.script([text("In short: ", makeGate())]);
    await scene.compact(sessionId);
    const viewer = rein.follow(sessionId);
    await viewer.until(() => viewer.session.messages.at(-1)?.parts[0] !== undefined);
    viewer.hangUp();
    const stopped = await rein.stop(sessionId);
    expect(stopped).toMatchObject({ outcome: "stopped", receipt: { during: "summing up" } });
    expect(await upstream.requests[1]!.ended).toBe("client");
    upstream.script([text("Green.")]);
    await scene.send({ sessionId, message: "And then?" });
    const last = scene.requestText(upstream.requests.at(-1));
    expect(last).toContain("Blue it is.");
    expect(last).not.toContain(interruptionText("user"));
    expect(last).not.toContain("was stopped");
  });

  test("whose stop arrived before it starts stopped, and sends no request to the model", async () => {
    const { sessionId } = await begun(scene, little);
    const { rein, upstream } = scene;
    const body = JSON.stringify({ runId: "stopped-before" });
    await rein.json("/api/stop", { method: "POST", body });
    await rein.json(`/api/sessions/${sessionId}/compact`, { method: "POST", body });
    const { runs } = await scene.settled(sessionId);
    expect(runs.at(-1)).toMatchObject({ outcome: "stopped", sumsUp: true });
    expect(upstream.requests.length).toBe(1);
  });

  test("does not send messages that wait for a person, and is followed by those that were queued meanwhile", async () => {
    const { upstream, rein } = scene;
    const { sessionId } = await begun(scene, little);
    upstream.script([text("Part ", makeGate())]);
    const cut = await scene.open({ sessionId });
    await cut.until(({ type }) => type === "part-delta");
    await queue(rein, sessionId, { message: "Kept" });
    await rein.stop(sessionId);
    const gate = makeGate();
    upstream.script([text("In short: ", gate, "blue.")], [text("Green.")]);
    await scene.compact(sessionId);
    await gate.reached;
    await queue(rein, sessionId, { message: "Queued" });
    await queue(rein, sessionId, { message: "Told", waitsFor: "turn" });
    const viewer = rein.follow(sessionId);
    gate.open();
    await untilSession(viewer, ({ runs }) => runs[3]?.outcome === "done");
    viewer.hangUp();
    const { messages, queue: left } = viewer.session;
    expect(left).toMatchObject([{ text: "Kept", waitsFor: "person" }]);
    const said = messages.filter(({ role }) => role === "user").map(({ parts }) => parts[0]);
    expect(said.slice(-2)).toMatchObject([{ text: "Queued" }, { text: "Told" }]);
  });

  test("keeps the queue when it is stopped, and when it fails", async () => {
    const { upstream, rein } = scene;
    const { sessionId } = await begun(scene, little);
    const gates = [makeGate(), makeGate()] as const;
    upstream.script([text("In short: ", gates[0])], [gates[1], failure("invalid-request")]);
    await scene.compact(sessionId);
    await gates[0].reached;
    await queue(rein, sessionId, { message: "First" });
    await rein.stop(sessionId);
    await scene.compact(sessionId);
    await gates[1].reached;
    await queue(rein, sessionId, { message: "Second" });
    gates[1].open();
    const { queue: left, runs } = await scene.settled(sessionId);
    expect(runs.at(-1)).toMatchObject({ outcome: "failed", error: { code: "invalid-request" } });
    expect(left.map(({ waitsFor }) => waitsFor)).toEqual(["person", "person"]);
  });

  test("does not drop the note to the model about the stop before it", async () => {
    const { upstream, rein } = scene;
    upstream.script([toolCall("bash", { command: "echo begun; sleep 60" })]);
    const chat = await scene.open({ permissions: "all" });
    await chat.until((event) => event.type === "part-delta" && event.field === "output");
    await rein.stop(chat.sessionId);
    upstream.script([text("In short: it slept.")], [text("Green.")]);
    await scene.compact(chat.sessionId);
    await scene.settled(chat.sessionId);
    await scene.send({ sessionId: chat.sessionId, message: "Go on" });
    const last = scene.requestText(upstream.requests.at(-1));
    expect(last).toContain("In short: it slept.");
    expect(last).toContain("The previous run was stopped by the user during echo begun");
  });

  test("is not credited with changes in the working directory", async () => {
    const { sessionId } = await summedUp();
    const { runs } = await scene.rein.session(sessionId);
    expect(runs.map(({ changes }) => changes?.state)).toEqual(["known", undefined]);
  });

  test("is named in the export", async () => {
    const { sessionId } = await summedUp();
    const path = `/api/sessions/${sessionId}/export`;
    const exported = await (await scene.rein.fetch(path)).text();
    expect(exported).toMatch(/Blue it is\.[^]*## Rein \(summing up what came before\)\n\nIn short/);
  });
});

describe("a pause of a summary", () => {
  test("cancels its request; on resume the summary is made again, and no question follows it", async () => {
    const { sessionId, viewer } = await paused(scene);
    scene.upstream.script([text("In short: blue.")]);
    await resume(scene.rein, sessionId);
    await untilSession(viewer, ({ runs }) => runs.at(-1)?.outcome === "done");
    viewer.hangUp();
    expect(scene.upstream.requests.length).toBe(3);
    expect(scene.upstream.requests[2]!.body).toEqual(scene.upstream.requests[1]!.body);
  });

  test("during which a message is sent lets the next run answer that message", async () => {
    const { sessionId, viewer } = await paused(scene);
    await queue(scene.rein, sessionId, { message: "Be brief", waitsFor: "turn" });
    scene.upstream.script([text("In short: blue.")], [text("Briefly.")]);
    await resume(scene.rein, sessionId);
    await untilSession(viewer, ({ runs }) => runs[2]?.outcome === "done");
    viewer.hangUp();
    expect(viewer.session.runs[1]).toMatchObject({ sumsUp: true, outcome: "done" });
    expect(viewer.session.messages.at(-1)!.parts).toMatchObject([{ text: "Briefly." }]);
  });

  for (const signal of ["SIGTERM", "SIGKILL"] as const)
    test(`survives a restart of the server (${signal}), and the resumed run still makes only the summary`, async () => {
      await using own = await openCompactionScene();
      const { sessionId, viewer } = await paused(own);
      viewer.hangUp();
      await using second = await restart(own, signal);
      own.upstream.script([text("In short: blue.")]);
      const later = second.follow(sessionId);
      await later.until(({ type }) => type === "snapshot");
      await resume(second, sessionId);
      await untilSession(later, ({ runs }) => runs.at(-1)?.outcome === "done");
      later.hangUp();
      expect(own.upstream.requests.length).toBe(3);
      expect(later.session.messages.at(-1)).toMatchObject({ outcome: "done", summary: {} });
      expect(violationsOf(later.session)).toEqual([]);
    });

  for (const sumsUp of [true, false])
    test(`whose server died when the summary was complete ${sumsUp ? "ends the run" : "continues with the question"} on resume`, async () => {
      await using own = await openCompactionScene();
      own.rein.signal("SIGKILL");
      await own.rein.exited;
      const sessionId = writeHeld(own.rein.dataDir, own.rein.cwd, sumsUp);
      const { upstream, rein: before } = own;
      await using second = await startRein({
        dataDir: before.dataDir,
        environment: upstream.environment,
      });
      upstream.script([text("Green.")]);
      const viewer = second.follow(sessionId);
      await viewer.until(({ type }) => type === "snapshot");
      await resume(second, sessionId);
      await untilSession(viewer, ({ runs }) => runs.at(-1)?.outcome === "done");
      viewer.hangUp();
      const [summary, answer] = viewer.session.messages.slice(sumsUp ? 2 : 3);
      expect(summary).toMatchObject({ outcome: "done", summary: {} });
      expect(answer?.parts).toEqual(
        sumsUp ? undefined : [expect.objectContaining({ text: "Green." })],
      );
      expect(upstream.requests.map((request) => own.requestText(request))).toEqual(
        sumsUp ? [] : [expect.stringMatching(/In short: blue\.[^]*And then\?/)],
      );
    });

  test("at the start of a run survives a restart of the server, and then the question is answered", async () => {
    await using own = await openCompactionScene();
    const { sessionId } = await begun(own);
    own.upstream.script([text("In short: ", makeGate())]);
    const next = await own.open({ sessionId, message: "And then?" });
    await next.until(({ type }) => type === "part-delta");
    await pause(own.rein, sessionId, { cut: true });
    await untilSession(next, ({ runs }) => runs.at(-1)?.pause?.state === "paused");
    await using second = await restart(own, "SIGKILL");
    // This server does not know the size of the context window yet.
    own.upstream.script([failure("context-length")], [text("In short: blue.")], [text("Green.")]);
    const later = second.follow(sessionId);
    await later.until(({ type }) => type === "snapshot");
    await resume(second, sessionId);
    await untilSession(later, ({ runs }) => runs.at(-1)?.outcome === "done");
    later.hangUp();
    expect(later.session.messages.at(-1)!.parts).toMatchObject([{ text: "Green." }]);
  });
});

test("a crash during a summary leaves the conversation as it was, and the next message works", async () => {
  await using own = await openCompactionScene();
  const { sessionId } = await begun(own, little);
  own.upstream.script([text("In short: ", makeGate())]);
  await own.compact(sessionId);
  const viewer = own.rein.follow(sessionId);
  await viewer.until(() => viewer.session.messages.at(-1)?.parts[0] !== undefined);
  viewer.hangUp();
  await using second = await restart(own, "SIGKILL");
  const { runs } = await second.session(sessionId);
  expect(runs.at(-1)).toMatchObject({
    outcome: "stopped",
    stop: { by: "crash", point: "summary" },
  });
  own.upstream.script([text("Green.")]);
  const next = second.chat({ message: "And then?", sessionId, onDisconnect: "continue" });
  await next.ended;
  expect(own.requestText(own.upstream.requests.at(-1))).toContain("Blue it is.");
});

describe("undoing a summary", () => {
  test("makes the summary replace nothing: the model gets all messages again", async () => {
    const { upstream, rein } = scene;
    const { sessionId, summaryId } = await summedUp();
    const viewer = rein.follow(sessionId);
    await viewer.until(({ type }) => type === "snapshot");
    expect((await scene.undo(sessionId, summaryId)).status).toBe(200);
    await viewer.until(({ type }) => type === "summary-undo");
    viewer.hangUp();
    expect(viewer.session).toEqual(await rein.session(sessionId));
    upstream.script([text("Green.")]);
    await scene.send({ sessionId, message: "And then?" });
    const last = upstream.requests.at(-1)!;
    expect(last.refusal).toBeUndefined();
    expect(scene.requestText(last)).toContain("Blue it is.");
    expect(scene.requestText(last)).not.toContain("In short");
  });

  test("counts the restored messages in the context again, and works only once", async () => {
    const { rein, upstream } = scene;
    const { sessionId, summaryId } = await summedUp(full);
    upstream.script([text("Green."), little]);
    await scene.send({ sessionId, message: "And then?" });
    expect((await rein.session(sessionId)).context!.usedTokens).toBe(30);
    await scene.undo(sessionId, summaryId);
    const { context, messages, seq } = await rein.session(sessionId);
    expect(context).toMatchObject({ windowTokens: 200_000 });
    expect(context!.usedTokens).toBeGreaterThan(170_000);
    expect(messages[2]!.summary!.undoneAt).toBeGreaterThan(0);
    expect((await scene.undo(sessionId, summaryId)).status).toBe(200);
    expect((await rein.session(sessionId)).seq).toBe(seq);
  });

  test("lets no new summary be made until the service says that the context is too long", async () => {
    const { upstream } = scene;
    const { sessionId, summaryId } = await summedUp(full);
    await scene.undo(sessionId, summaryId);
    upstream.script([text("Green."), full]);
    await scene.send({ sessionId, message: "And then?" });
    expect(upstream.requests.length).toBe(3);
    upstream.script([failure("context-length")], [text("In short: green.")], [text("Red.")]);
    const last = await scene.send({ sessionId, message: "And now?" });
    expect(last.session.runs.at(-1)).toMatchObject({ outcome: "done" });
    expect(scene.requestText(upstream.requests.at(-2))).toContain("Blue it is.");
    expect(scene.requestText(upstream.requests.at(-1))).toContain("In short: green.");
  });

  test("restores the summary before it", async () => {
    const { upstream } = scene;
    const { sessionId } = await summedUp();
    upstream.script([text("Green.")], [text("In short: blue, green.")]);
    await scene.send({ sessionId, message: "And then?" });
    await scene.compact(sessionId);
    const { messages } = await scene.settled(sessionId);
    await scene.undo(sessionId, messages.at(-1)!.id);
    upstream.script([text("Red.")]);
    await scene.send({ sessionId, message: "And now?" });
    const last = scene.requestText(upstream.requests.at(-1));
    for (const words of ["In short: blue.", "Green."]) expect(last).toContain(words);
    for (const words of ["Blue it is.", "blue, green"]) expect(last).not.toContain(words);
  });

  test("is refused while a run is active, for an incomplete summary, and when there is no summary", async () => {
    const { upstream, rein } = scene;
    const { sessionId, summaryId } = await summedUp();
    upstream.script([text("Wait ", makeGate())]);
    const next = await scene.open({ sessionId });
    await next.until(({ type }) => type === "part-delta");
    expect(await refusalOf(scene.undo(sessionId, summaryId))).toEqual([409, "run-active"]);
    await rein.stop(sessionId);
    upstream.script([text("In short: ", makeGate())]);
    await scene.compact(sessionId);
    await rein.stop(sessionId);
    const { messages } = await scene.settled(sessionId);
    expect(await refusalOf(scene.undo(sessionId, messages.at(-1)!.id))).toEqual([409, "nothing"]);
    const question = messages[0]!.id;
    expect(await refusalOf(scene.undo(sessionId, question))).toEqual([404, "summary"]);
    expect(await refusalOf(scene.undo("nobody", summaryId))).toEqual([404, "session"]);
  });

  test("survives a kill of the server, and applies to the export", async () => {
    await using own = await openCompactionScene();
    const { sessionId, summaryId } = await summedUp(little, own);
    await own.undo(sessionId, summaryId);
    const before = await own.rein.session(sessionId);
    await using second = await restart(own, "SIGKILL");
    expect({ ...(await second.session(sessionId)), seq: 0 }).toEqual({ ...before, seq: 0 });
    const exported = await (await second.fetch(`/api/sessions/${sessionId}/export`)).text();
    expect(exported).toContain("## Rein (summing up what came before; taken back)");
  });
});

/** A session with one question, its answer, and the summary of both. */
async function summedUp(counted = little, own = scene) {
  const { sessionId } = await begun(own, counted);
  own.upstream.script([text("In short: blue."), little]);
  await own.compact(sessionId);
  const { messages } = await own.settled(sessionId);
  return { sessionId, summaryId: messages.at(-1)!.id };
}

/** A session that is paused during a requested summary. */
async function paused(own: CompactionScene): Promise<{ sessionId: string; viewer: Chat }> {
  const { rein, upstream } = own;
  const { sessionId } = await begun(own, little);
  upstream.script([text("In short: ", makeGate())]);
  await own.compact(sessionId);
  const viewer = rein.follow(sessionId);
  await viewer.until(() => viewer.session.messages.at(-1)?.parts[0]?.type === "text");
  await pause(rein, sessionId, { cut: true });
  await untilSession(viewer, ({ runs }) => runs.at(-1)?.pause?.state === "paused");
  return { sessionId, viewer };
}

async function restart(
  { rein, upstream }: CompactionScene,
  signal: "SIGTERM" | "SIGKILL",
): Promise<Rein> {
  // A request for the session list flushes pending writes.
  await rein.json("/api/sessions");
  rein.signal(signal);
  await rein.exited;
  return startRein({ dataDir: rein.dataDir, environment: upstream.environment });
}

/** The status and the error code of a refused request. */
async function refusalOf(answer: Promise<Response>): Promise<[number, string]> {
  const response = await answer;
  const { error } = (await response.json()) as { error: { code: string } };
  return [response.status, error.code];
}
