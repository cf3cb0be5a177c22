/** A viewer that is slow, does not read or has disconnected costs nothing and loses nothing: it resumes after the last id it received. */
import { expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { Viewer } from "../server/stream/viewer";
import { type Frame } from "../server/stream/sse-frame";
import { apply } from "../shared/apply";
import type { Session, SessionEvent } from "../shared/protocol";

import { apiScene, chatCompletionsOnly } from "./api-scene";
import { type Gate, makeGate, type Step, text, toolCall } from "./upstream/upstream";

const { upstream, rein, send } = apiScene({ environment: chatCompletionsOnly });

const piece = "0123456789".repeat(10_000);
/** An answer may have up to 4 million characters. */
const piecesInAnswer = 34;

/** This many pieces of 100,000 characters, behind a gate, in as many turns as they need. */
function longAnswers(gate: Gate, pieces: number): Step[][] {
  const turns = Math.ceil(pieces / piecesInAnswer);
  return Array.from({ length: turns }, (_, turn) => {
    const count = Math.min(piecesInAnswer, pieces - turn * piecesInAnswer);
    const words = Array.from({ length: count }, () => piece);
    const next = turn < turns - 1 ? [toolCall("glob", { pattern: `${turn}.none` })] : [];
    return [text(...(turn === 0 ? ["Begun. ", gate] : []), ...words), ...next];
  });
}

test("a viewer that does not read is dropped, delays no other viewer, and gets the rest when it reconnects", async () => {
  const gate = makeGate();
  upstream.script(...longAnswers(gate, 200));
  const chat = send();
  await chat.until((event) => event.type === "part-delta");
  const stalled = open(chat.sessionId);
  await stalled.until("snapshot");
  stalled.socket.pause();
  gate.open();
  await chat.ended;
  expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
  stalled.socket.resume();
  await stalled.closed;
  expect(stalled.session.seq).toBeLessThan(chat.session.seq);

  const back = rein.follow(chat.sessionId, stalled.session.seq);
  Object.assign(back.session, structuredClone(stalled.session));
  await back.until((event) => event.seq >= chat.session.seq);
  back.hangUp();
  expect(back.session).toEqual(await rein.session(chat.sessionId));
});

test("the server buffers no more than its limit for a hundred viewers that do not read", async () => {
  const gate = makeGate();
  upstream.script(...longAnswers(gate, 100));
  const chat = send();
  await chat.until((event) => event.type === "part-delta");
  const stalled = Array.from({ length: 100 }, () => open(chat.sessionId));
  await Promise.all(stalled.map((one) => one.until("snapshot")));
  for (const one of stalled) one.socket.pause();
  const before = residentBytes();
  gate.open();
  await chat.ended;
  expect(chat.session.runs[0]).toMatchObject({ outcome: "done" });
  // They wait for the same frames: 10 MB of text are buffered once for all of them.
  expect(residentBytes() - before).toBeLessThan(600_000_000);
  for (const one of stalled) one.socket.destroy();
});

test("a page that cannot keep a connection open gets the events it has missed in a response that ends", async () => {
  const gate = makeGate();
  upstream.script([text("One ", gate, "two.")]);
  const chat = send();
  await chat.until((event) => event.type === "part-delta");
  const path = `/api/sessions/${chat.sessionId}/events`;
  const first = await (await rein.fetch(`${path}?once`)).text();
  expect(first.match(/"type":"snapshot"/g)).toHaveLength(1);
  const { seq } = await rein.session(chat.sessionId);
  gate.open();
  await chat.ended;
  const missed = await (await rein.fetch(`${path}?once&after=${seq}`)).text();
  const types = [...missed.matchAll(/"type":"(part-delta|run-end|snapshot)"/g)].map(
    ([, one]) => one,
  );
  expect(types).toEqual(["part-delta", "run-end"]);
});

test("a connection that reads nothing of its waiting data is dropped after three heartbeats", async () => {
  using feed = startFeed();
  const { socket, closed } = feed.connect();
  await feed.opened;
  socket.pause();
  // The kernel accepts it all at once and cannot deliver it: only the kernel knows that it waits.
  feed.send(Buffer.alloc(1_000_000, "x"));
  await feed.dropped;
  socket.resume();
  await closed;
});

test("a connection that is read stays open, heartbeat after heartbeat", async () => {
  using feed = startFeed();
  const { socket } = feed.connect();
  await feed.opened;
  let heartbeats = 0;
  const { promise: many, resolve } = Promise.withResolvers<void>();
  socket.on("data", (bytes) => {
    heartbeats += bytes.toString().split(": hb").length - 1;
    if (heartbeats > 20) resolve();
  });
  await Promise.race([many, feed.dropped.then(() => expect.unreachable("it was dropped"))]);
  socket.destroy();
  await feed.dropped;
});

test("a connection that reads its waiting data stays open, though more data waits at every heartbeat", async () => {
  // Two of the same age: when the younger one's heartbeat arrives, the other has had one too.
  const slow = new Viewer(() => {}, { heartbeatMs: 5 });
  const clock = new Viewer(() => {}, { heartbeatMs: 5 });
  const reader = slow.response.body!.getReader();
  const heartbeats = clock.response.body!.getReader();
  for (let size = 1000; size <= 10_000; size += 1000) {
    slow.send(Buffer.alloc(size));
    await heartbeats.read();
    const { value } = await reader.read();
    expect(value!.length).toBeGreaterThanOrEqual(size);
  }
  for (const viewer of [slow, clock]) viewer.close();
});

test("one frame longer than the limit drops no viewer, but as many bytes more do", () => {
  let isDropped = false;
  const viewer = new Viewer(() => (isDropped = true));
  // The first is waiting already: the headers of an answer travel with its first byte.
  const parts = [10, 10_000_000, 7_000_000].map((size) => Buffer.alloc(size));
  for (const part of parts) viewer.send(part);
  expect(isDropped).toBe(false);
  viewer.send(Buffer.alloc(1_100_000));
  expect(isDropped).toBe(true);
});

/** A follower on a raw socket, whose reading can be paused. */
function open(sessionId: string) {
  const { hostname, port } = new URL(rein.url);
  const session = { seq: 0 } as Session;
  const waiting = new Map<string, () => void>();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  let rest = "";
  const socket = connect(Number(port), hostname, () => {
    const head = `GET /api/sessions/${sessionId}/events HTTP/1.1\r\nHost: ${hostname}:${port}\r\n`;
    socket.write(`${head}Authorization: Bearer ${rein.token}\r\n\r\n`);
  });
  socket.setEncoding("latin1");
  socket.on("data", (bytes) => {
    // Chunk sizes are on lines of their own between the frames; an event is one line.
    const lines = (rest + String(bytes)).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      if (!line.startsWith("data: ")) continue;
      const event = parse(line.slice(6));
      if (event === undefined) continue;
      apply(session, event);
      waiting.get(event.type)?.();
    }
  });
  socket.on("close", close);
  const until = (type: string) =>
    new Promise<void>((resolve) => void waiting.set(type, () => resolve()));
  return { socket, session, closed, until };
}

/** Undefined when a chunk's end has cut it: then the connection was closed in the middle of it. */
function parse(json: string): SessionEvent | undefined {
  try {
    return JSON.parse(json) as SessionEvent;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** One viewer with short heartbeat intervals on a real socket. */
function startFeed() {
  const { promise: dropped, resolve: drop } = Promise.withResolvers<void>();
  const { promise: opened, resolve: opens } = Promise.withResolvers<void>();
  let viewer: Viewer | undefined;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch(request, own) {
      const peerPort = own.requestIP(request)!.port;
      viewer = new Viewer(() => drop(), { peerPort, heartbeatMs: 20 });
      opens();
      return viewer.response;
    },
  });
  return {
    opened,
    dropped,
    send: (frame: Frame) => viewer!.send(frame),
    connect() {
      const { promise: closed, resolve: close } = Promise.withResolvers<void>();
      const socket: Socket = connect(server.port!, "127.0.0.1", () =>
        socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
      );
      socket.on("close", () => close());
      return { socket, closed };
    },
    [Symbol.dispose]: () => void server.stop(true),
  };
}

function residentBytes(): number {
  const status = Bun.spawnSync(["ps", "-o", "rss=", "-p", String(rein.pid)]).stdout.toString();
  return Number(status.trim()) * 1024;
}
