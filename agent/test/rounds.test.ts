/** A session's events reach every viewer once and in order, however many there are, and leave time for other work. */
import { expect, test } from "bun:test";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { LiveSession } from "../server/session/live-session";
import { Broadcaster } from "../server/stream/broadcaster";
import type { Frame } from "../server/stream/sse-frame";
import { Store } from "../server/store/store";
import type { EventBody } from "../shared/protocol";
import { emptySession } from "./long-session";

test("a frame that is added while no round runs is sent before the call returns", () => {
  const { rounds, sent } = open();
  rounds.add(bytes("one"));
  expect(sent).toEqual(["one"]);
});

test("frames that are added during a round are sent in the next one, as one piece, with time for other work in between", async () => {
  const { rounds, sent, next } = open();
  rounds.add(bytes("one "));
  const other = new Promise(setImmediate).then(() => sent.push("others"));
  rounds.add(bytes("two "));
  rounds.add(bytes("three"));
  await Promise.all([next(), other]);
  expect(sent).toEqual(["one ", "others", "two three"]);
});

test("a large amount of data does not wait for the next round", () => {
  const { rounds, sent } = open();
  rounds.add(bytes("one"));
  rounds.add(bytes("x".repeat(100_000)));
  expect(sent.map(({ length }) => length)).toEqual([3, 100_000]);
});

test("a viewer that connects between two rounds gets every event once, and a viewer of one run gets that run completely", async () => {
  const live = new LiveSession(emptySession("/"), new Store(":memory:"), () => {});
  const begun = live.session.seq;
  const run = { id: "run", state: "running" as const, startedAt: 1, usage: live.session.usage };
  live.emit({ type: "run-start", sessionId: live.session.id, run });
  const first = live.follow({ after: begun, untilRunId: "run" }, () => {});
  live.emit(queued("One"));
  live.emit(queued("Two"));
  const second = live.follow({ after: begun, untilRunId: "run" }, () => {});
  live.emit(queued("Three"));
  live.emit({ type: "run-end", runId: "run", outcome: "done", at: 2, usage: run.usage });
  const expected = Array.from({ length: 5 }, (_, index) => begun + 1 + index);
  for (const { response } of [first, second]) expect(await idsOf(response)).toEqual(expected);
});

test("frames that wait for a round are sent before a session closes", async () => {
  const live = new LiveSession(emptySession("/"), new Store(":memory:"), () => {});
  const begun = live.session.seq;
  const { response } = live.follow({ after: begun }, () => {});
  const reader = response.body!.getReader();
  await reader.read(); // a heartbeat
  const one = reader.read();
  live.emit(queued("One"));
  await one;
  const two = reader.read();
  takeLong();
  await new Promise(setImmediate);
  live.emit(queued("Two"));
  live.close();
  const { value } = await two;
  expect(new TextDecoder().decode(value)).toContain("Two");
});

/** Rounds to viewers that are slow to write to. */
function open() {
  const sent: string[] = [];
  let received = Promise.withResolvers<void>();
  const rounds = new Broadcaster((frames: Frame) => {
    sent.push(new TextDecoder().decode(frames));
    received.resolve();
    takeLong();
  });
  const next = () => {
    received = Promise.withResolvers<void>();
    return received.promise;
  };
  return { rounds, sent, next };
}

/** So long that a round pauses after it. */
function takeLong(): void {
  const until = performance.now() + 3;
  while (performance.now() < until) continue;
}

function bytes(text: string): Frame {
  return new TextEncoder().encode(text);
}

/** An event that can wait for a round. */
function queued(text: string): EventBody {
  return { type: "queue-change", queue: [{ id: text, text, createdAt: 1, waitsFor: "run" }] };
}

async function idsOf(response: Response): Promise<number[]> {
  const frames = response
    .body!.pipeThrough(new TextDecoderStream())
    .pipeThrough(new EventSourceParserStream());
  const ids: number[] = [];
  for await (const { id } of frames) ids.push(Number(id));
  return ids;
}
