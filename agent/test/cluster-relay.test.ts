/** Viewers on a node that does not own the session: every event once, in order, over one stream from the owner. */
import { describe, expect, test } from "bun:test";
import type { SessionEvent } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { lacksPostgres } from "./postgres";
import type { Chat } from "./rein";
import { makeGate, text } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });
const skips = lacksPostgres !== "";

/** How many event streams are open at this node, as it says itself. */
async function viewersOf(name: string): Promise<number> {
  const metrics = await (await cluster.node(name).rein.fetch("/metrics")).text();
  return Number(/^rein_viewers (\d+)/m.exec(metrics)?.[1]);
}

const numbered = ({ events }: Chat) => events.filter((event) => "seq" in event);

const words = (count: number) => Array.from({ length: count }, (_, at) => `word ${at} `);

describe.skipIf(skips)(`a session of another node${lacksPostgres}`, () => {
  test("is followed by fifty viewers over one stream, and each gets every event once, in order", async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    const gate = makeGate();
    cluster.upstream.script([text("One ", gate, ...words(40))]);
    const chat = a.send();
    await chat.until(({ type }) => type === "part-delta");
    const viewers = Array.from({ length: 50 }, () => b.rein.follow(chat.sessionId));
    await Promise.all(viewers.map((one) => one.until(({ type }) => type === "snapshot")));
    // The chat itself, and the relay.
    expect(await viewersOf("a")).toBe(2);
    gate.open();
    await chat.ended;
    for (const viewer of viewers) {
      await viewer.until(({ type }) => type === "run-end");
      const [snapshot, ...events] = numbered(viewer);
      expect(events).toEqual(after(chat, snapshot!.seq));
      expect(viewer.session).toEqual(chat.session);
      viewer.hangUp();
    }
    expect(chat.session).toEqual(await b.rein.session(chat.sessionId));
  });

  test("gives a viewer that comes back exactly what it missed, from any event on", async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    cluster.upstream.script([text(...words(10))]);
    const chat = a.send();
    await chat.ended;
    const stays = b.rein.follow(chat.sessionId);
    await stays.until(({ type }) => type === "snapshot");
    for (const { seq } of numbered(chat)) {
      const viewer = b.rein.follow(chat.sessionId, seq);
      const missed = after(chat, seq);
      const last = missed.at(-1)?.seq;
      if (last !== undefined) await viewer.until((event) => event.seq === last);
      expect(numbered(viewer)).toEqual(missed);
      viewer.hangUp();
    }
    stays.hangUp();
  });

  test("costs its owner nothing any more some seconds after the last viewer has hung up", async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    cluster.upstream.script([text("One.")]);
    const chat = a.send();
    await chat.ended;
    const viewers = [b.rein.follow(chat.sessionId), b.rein.follow(chat.sessionId)];
    for (const viewer of viewers) await viewer.until(({ type }) => type === "snapshot");
    expect(await viewersOf("a")).toBe(1);
    viewers[0]!.hangUp();
    viewers[1]!.hangUp();
    await untilAsync(
      async () => (await viewersOf("a")) === 0,
      () => "the relay has ended",
    );
  });

  test("is shown with its run's end in a second after its owner was killed, and goes on when that is back", async () => {
    const [a, b] = [cluster.node("a"), cluster.node("b")];
    cluster.upstream.script([text("One ", makeGate())]);
    const chat = a.send();
    await chat.until(({ type }) => type === "part-delta");
    const viewer = b.rein.follow(chat.sessionId);
    await viewer.until(({ type }) => type === "snapshot");
    await a.kill();
    await untilAsync(
      async () => viewer.session.runs[0]?.state === "settled",
      () => `the run is settled, which is ${JSON.stringify(viewer.session.runs)}`,
    );
    expect(viewer.session.runs).toMatchObject([{ outcome: "stopped", stop: { by: "crash" } }]);
    // Who comes now sees the same.
    const late = b.rein.follow(chat.sessionId);
    await late.until(({ type }) => type === "snapshot");
    expect(late.session.runs).toEqual(viewer.session.runs);
    await a.start();
    cluster.upstream.script([text("Two.")]);
    const next = a.send({ sessionId: chat.sessionId, message: "Again" });
    await next.ended;
    for (const one of [viewer, late]) {
      await one.until((event) => event.type === "run-end" && event.runId === next.runId);
      expect(one.session).toEqual(await a.rein.session(chat.sessionId));
      one.hangUp();
    }
  });

  test("that nobody has is no session here either", async () => {
    const response = await cluster.node("b").rein.fetch("/api/sessions/none/events");
    expect(response.status).toBe(404);
  });
});

function after(chat: Chat, seq: number): SessionEvent[] {
  return numbered(chat).filter((event) => event.seq > seq);
}
