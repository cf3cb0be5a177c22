/** Moments of a run that only a caller in the server's own process can reach: its shutdown, and between two steps. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { log } from "../server/log";
import { RunStops } from "../server/run/run-stops";
import { Undo, unrecorded } from "../server/undo/undo";
import type { PauseAnswer, Stop } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import type { Chat } from "./rein";
import { untilSession } from "./control-api";
import { openServerFixture, type ServerFixture } from "./sweep/server-fixture";
import { hang, makeGate, text, toolCall } from "./upstream/upstream";
import { until } from "./within";

let world: ServerFixture;
beforeEach(async () => {
  world = await openServerFixture();
});
afterEach(() => world[Symbol.asyncDispose]());

describe("while the server shuts down", () => {
  const shutdown: Stop = { by: "shutdown", from: "server", askedAt: 0 };

  test("a message that comes is kept, and its run starts stopped", async () => {
    world.upstream.script([text("Hello.")]);
    await world.server.runs.close(shutdown);
    const chat = send();
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "shutdown" } }]);
    expect(chat.session.messages[0]).toMatchObject({ role: "user" });
    expect(world.upstream.requests).toEqual([]);
  });

  test("a paused run is left to the next server, whoever lets it go on", async () => {
    world.upstream.script([text("Part of ", makeGate())]);
    const chat = send();
    await chat.until(({ type }) => type === "part-delta");
    const path = `/api/sessions/${chat.sessionId}`;
    await world.post("tick", `${path}/pause`, { cut: true });
    await untilPaused(chat);
    await world.server.runs.close(shutdown);
    const answer = await world.post<PauseAnswer>("tick", `${path}/resume`, {});
    expect(answer).toEqual({ held: false, message: "The server is shutting down." });
    expect(world.saved(chat.sessionId)!.runs).toMatchObject([{ pause: { state: "paused" } }]);
    expect(world.upstream.requests.length).toBe(1);
  });
});

test("the stop that is rehearsed after the start stops a run of which nothing is shown, saved, counted or sent, and is left out while another runs", async () => {
  const stops = spyOn(RunStops.prototype, "stop");
  using _stops = stops;
  const metrics = async () =>
    (await (await world.call("tick", "/metrics")).text()).replaceAll(/^process_.*$/gm, "");
  const before = await metrics();
  log.level = "info";
  const lines = (["info", "warn", "error"] as const).map((level) => spyOn(log, level));
  await world.server.warmUp();
  for (const written of lines) {
    expect(written).not.toHaveBeenCalled();
    written.mockRestore();
  }
  log.level = "error";
  expect(await stops.mock.results[0]!.value).toMatchObject({ stopped: true, outcome: "stopped" });
  expect(await metrics()).toBe(before);
  expect(world.server.store.list()).toEqual([]);
  expect(world.server.jobs.list()).toEqual([]);
  expect(world.upstream.requests).toEqual([]);

  world.upstream.script([text("Part of ", makeGate())]);
  await send().until(({ type }) => type === "part-delta");
  await world.server.warmUp();
  expect(stops).toHaveBeenCalledTimes(1);
});

test("while no more may be held in memory a run begins paused, and summaries and changes of the queue are refused", async () => {
  const { sessions, runs } = world.server;
  world.upstream.script([text("Hello.")], [text("And again.")]);
  const chat = send();
  await chat.ended;
  const live = sessions.get(chat.sessionId)!;
  using _logged = spyOn(log, "error").mockImplementation(() => {});
  let isFull = true;
  Object.defineProperty(sessions, "isFull", { get: () => isFull });
  const path = `/api/sessions/${chat.sessionId}`;
  for (const [method, refused] of [
    ["POST", `${path}/compact`],
    ["PATCH", `${path}/queue/a-message`],
  ] as const) {
    const response = await world.call("tick", refused, { method, body: "{}" });
    expect([refused, response.status]).toEqual([refused, 507]);
  }
  // One that interrupted another was accepted before.
  runs.start(live, { message: "Go on", runId: "second" });
  const second = () => live.session.runs.find(({ id }) => id === "second");
  const hasHalted = () => second()?.pause?.state === "paused" || second()?.outcome !== undefined;
  await until(hasHalted, "the run is paused");
  expect(second()?.pause).toMatchObject({ unsaved: true });
  expect(world.upstream.requests.length).toBe(1);
  isFull = false;
  sessions.onFull(isFull);
  await until(() => second()?.outcome === "done", "the run goes on");
});

test("a client that is gone before its message was read has stopped the run", async () => {
  world.upstream.script([hang]);
  let sessionId = "";
  world.tap.created = ({ id }) => void (sessionId = id);
  const lastRun = () => world.server.sessions.get(sessionId)?.session.runs.at(-1);
  const gone = new AbortController();
  const chat = send({ onDisconnect: "stop" }, gone.signal);
  chat.response.catch(() => undefined);
  gone.abort();
  await until(() => sessionId !== "" && lastRun()?.outcome !== undefined, "the end of the run");
  expect(lastRun()).toMatchObject({ outcome: "stopped", stop: { by: "disconnect" } });
});

test("a pause that comes while the directory is being recorded holds the tool that waits for that", async () => {
  const recorded = makeGate();
  using _begin = spyOn(Undo.prototype, "begin").mockImplementation(() => ({
    ...unrecorded,
    ready: () => recorded.pass(),
    hasBegun: true,
  }));
  world.upstream.script([toolCall("bash", { command: "touch ran" })], [text("Done.")]);
  const chat = send();
  await recorded.reached;
  const path = `/api/sessions/${chat.sessionId}`;
  await world.post("tick", `${path}/pause`, {});
  recorded.open();
  await untilPaused(chat);
  expect(chat.events.map(({ type }) => type)).not.toContain("tool-start");
  expect(existsSync(join(world.cwd, "ran"))).toBe(false);
  await world.post("tick", `${path}/resume`, {});
  await chat.ended;
  expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  expect(existsSync(join(world.cwd, "ran"))).toBe(true);
});

function send(more: Partial<ChatRequest> = {}, signal = new AbortController().signal): Chat {
  const model = { provider: "openai-chat", model: "local-model", permissions: "all" } as const;
  return world.chat("tick", { message: "Do it", ...model, ...more }, signal);
}

async function untilPaused(chat: Chat): Promise<void> {
  await untilSession(chat, ({ runs }) => runs[0]?.pause?.state === "paused");
}
