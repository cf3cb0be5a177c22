/** To however many it goes: what a session says reaches every viewer once and in order, and leaves time for the rest. */
import { expect, test } from "bun:test";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { LiveSession } from "../server/session/live-session";
import { Broadcaster } from "../server/stream/broadcaster";
import type { Frame } from "../server/stream/sse-frame";
import { Store } from "../server/store/store";
import type { EventBody } from "../shared/protocol";
import { emptySession } from "./long-session";

test("what is said when all is quiet goes out before the call returns", () => {
  const { rounds, sent } = open();
  rounds.add(bytes("one"));
  expect(sent).toEqual(["one"]);
});

test("what is said during a round goes out in the next one, as one piece, and then there is time for others", async () => {
  const { rounds, sent, next } = open();
  rounds.add(bytes("one "));
  const other = new Promise(setImmediate).then(() => sent.push("others"));
  rounds.add(bytes("two "));
  rounds.add(bytes("three"));
  await Promise.all([next(), other]);
  expect(sent).toEqual(["one ", "others", "two three"]);
});

test("much of it does not wait for the next round", () => {
  const { rounds, sent } = open();
  rounds.add(bytes("one"));
  rounds.add(bytes("x".repeat(100_000)));
  expect(sent.map(({ length }) => length)).toEqual([3, 100_000]);
});

test("a viewer that comes between two rounds gets every event once, and one that stays for a run all of it", async () => {
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

test("what waits for a round is said before a session closes", async () => {
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
  let heard = Promise.withResolvers<void>();
  const rounds = new Broadcaster((frames: Frame) => {
    sent.push(new TextDecoder().decode(frames));
    heard.resolve();
    takeLong();
  });
  const next = () => {
    heard = Promise.withResolvers<void>();
    return heard.promise;
  };
  return { rounds, sent, next };
}

/** So long that a round rests behind it. */
function takeLong(): void {
  const until = performance.now() + 3;
  while (performance.now() < until) continue;
}

function bytes(text: string): Frame {
  return new TextEncoder().encode(text);
}

/** Something that can wait for a round. */
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
