/** The event stream of a session: from any event on, without gaps or repetitions. */
import { expect, test } from "bun:test";
import { EventSourceParserStream } from "eventsource-parser/stream";
import type { ListEvent, SessionEvent, SessionSummary } from "../shared/protocol";
import { apiScene, chatCompletionsOnly } from "./api-scene";
import { startRein } from "./rein";
import { makeGate, reasoning, text, toolCall } from "./upstream/upstream";
import { within } from "./within";

const { upstream, rein, send } = apiScene({ environment: chatCompletionsOnly });

test("a viewer that connects late gets a snapshot, and then the events that follow", async () => {
  const gate = makeGate();
  upstream.script([text("One ", gate, "two.")]);
  const chat = send();
  await chat.until((event) => event.type === "part-delta");
  const viewer = rein.follow(chat.sessionId);
  const first = await viewer.until(() => true);
  expect(first.type).toBe("snapshot");
  expect(viewer.session.messages[1]!.parts).toMatchObject([{ text: "One " }]);
  gate.open();
  await viewer.until((event) => event.type === "run-end");
  await chat.ended;
  viewer.hangUp();
  expect(viewer.session).toEqual(chat.session);
});

test("a viewer that reconnects gets exactly the missed events, wherever its stream broke", async () => {
  upstream.script([text(..."a answer in many little pieces".split(/(?<= )/))]);
  const chat = send();
  await chat.ended;
  for (const [index, { seq }] of chat.events.entries()) {
    const viewer = rein.follow(chat.sessionId, seq);
    const missed = chat.events.slice(index + 1);
    if (missed.length > 0) await viewer.until((event) => event.seq === missed.at(-1)!.seq);
    expect(viewer.events).toEqual(missed);
    viewer.hangUp();
  }
});

test("three viewers that connect at different moments get the same events and show the server's state", async () => {
  const gates = [makeGate(), makeGate(), makeGate()] as const;
  upstream.script(
    [text("One ", gates[0], "two ", gates[1], "three."), toolCall("glob", { pattern: "*" })],
    [reasoning("Well."), text("Four ", gates[2], "five.")],
  );
  const first = send();
  await first.until((event) => event.type === "part-delta");
  const second = rein.follow(first.sessionId);
  await second.until(({ type }) => type === "snapshot");
  gates[0].open();
  await second.until((event) => event.type === "part-delta");
  const third = rein.follow(first.sessionId);
  await third.until(({ type }) => type === "snapshot");
  for (const gate of gates) gate.open();
  await first.ended;
  const { seq } = first.session;
  for (const viewer of [second, third]) {
    await viewer.until((event) => event.seq === seq);
    viewer.hangUp();
    const [snapshot, ...events] = viewer.events;
    expect(events).toEqual(first.events.filter((event) => event.seq > snapshot!.seq));
    expect(viewer.session).toEqual(first.session);
  }
  expect(first.session).toEqual(await rein.session(first.sessionId));
});

test("a viewer whose last event the server no longer has, as after a restart, gets a snapshot", async () => {
  upstream.script([text("One.")]);
  const chat = send();
  await chat.ended;
  rein.signal("SIGTERM");
  await rein.exited;
  await using second = await startRein({ dataDir: rein.dataDir });
  const viewer = second.follow(chat.sessionId, chat.events.at(-1)!.seq);
  const first = await viewer.until(() => true);
  viewer.hangUp();
  expect(first.type).toBe("snapshot");
  expect(first.seq).toBeGreaterThan(chat.events.at(-1)!.seq);
  expect(viewer.session.messages).toEqual(chat.session.messages);
});

test("each frame of an event has its number as its id, by which a browser resumes", async () => {
  upstream.script([text("Hello.")]);
  const chat = send();
  await chat.ended;
  const after = chat.events[0]!.seq;
  const missed = await rein.fetch(`/api/sessions/${chat.sessionId}/events?once&after=${after}`);
  const frames = (await missed.text()).split("\n\n").filter((frame) => frame.includes("data: "));
  const numbered = frames.map((frame) => /^id: (\d+)\ndata: (.*)$/.exec(frame)!);
  expect(numbered.map(([, id]) => Number(id))).toEqual(
    numbered.map(([, , data]) => (JSON.parse(data!) as SessionEvent).seq),
  );
  expect(numbered.length).toBe(chat.events.at(-1)!.seq - after);
});

test("a quiet stream stays open across heartbeats, and gets the events after them", async () => {
  upstream.script([text("One.")]);
  const chat = send();
  await chat.ended;
  const stream = await rein.fetch(
    `/api/sessions/${chat.sessionId}/events?after=${chat.session.seq}`,
  );
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
  // Bun would close it after 10 seconds of silence; the second heartbeat comes after 15.
  expect((await reader.read()).value).toBe(": hb\n\n");
  expect((await within("the second heartbeat", reader.read())).value).toBe(": hb\n\n");
  await rein.json(`/api/sessions/${chat.sessionId}`, {
    method: "PATCH",
    body: '{"title":"Renamed"}',
  });
  expect((await within("an event", reader.read())).value).toContain("Renamed");
  await reader.cancel();
});

test("the list stream reports every session that starts, ends, is renamed or deleted", async () => {
  const received: ListEvent[] = [];
  const list = await rein.fetch("/api/events?list=1");
  const removed = (async () => {
    const frames = list
      .body!.pipeThrough(new TextDecoderStream())
      .pipeThrough(new EventSourceParserStream());
    for await (const { data } of frames) {
      const event = JSON.parse(data) as ListEvent;
      if (event.type !== "storage-changed") received.push(event);
      if (event.type === "session-removed") return;
    }
  })();
  upstream.script([text("One.")]);
  const chat = send();
  await chat.ended;
  const path = `/api/sessions/${chat.sessionId}`;
  await rein.json(path, { method: "PATCH", body: '{"title":"Renamed"}' });
  const { sessions } = await rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
  expect(sessions).toMatchObject([
    { id: chat.sessionId, title: "Renamed", state: "idle", outcome: "done" },
  ]);
  await rein.json(path, { method: "DELETE" });
  await within("the event that the session was removed", removed);
  const states = received.map((event) => event.type === "session-changed" && event.summary.state);
  expect(states).toEqual(["idle", "running", "idle", "idle", false]);
  expect((await rein.fetch(path)).status).toBe(404);
});

test("the export contains the whole conversation", async () => {
  upstream.script([text("One ", makeGate(), "two.")]);
  const chat = send();
  await chat.until((event) => event.type === "part-delta");
  await rein.stop(chat.sessionId);
  const markdown = await (await rein.fetch(`/api/sessions/${chat.sessionId}/export`)).text();
  expect(markdown).toContain("# Do it");
  expect(markdown).toContain("One\n\n[interrupted by user]");
});
