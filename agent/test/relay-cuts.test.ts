/** However often the stream from the owner breaks, and wherever: each viewer of a relay gets every event once, in order. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { array, assert, asyncProperty, constant, integer, oneof, record } from "fast-check";
import { OwnerStream } from "../server/cluster/owner-stream";
import { Relays } from "../server/cluster/relays";
import type { SharedDatabase } from "../server/cluster/cluster-types";
import { newId } from "../server/id";
import { LiveSession } from "../server/session/live-session";
import { Store } from "../server/store/store";
import type { Viewer } from "../server/stream/viewer";
import { apply } from "../shared/apply";
import type { SessionEvent } from "../shared/protocol";
import { emptySession } from "./long-session";
import { untilAsync } from "./within";

let store: Store;
let live: LiveSession;
let relays: Relays;
/** The streams from the owner that are open, each with what breaks it. */
const streams = new Set<{ cut: () => void }>();
/** How many bytes of the next stream come before it breaks. */
let nextCuts: number[] = [];

beforeEach(() => {
  store = new Store(":memory:");
  store.shared.workAlone();
  const session = emptySession("/");
  store.create(session);
  live = new LiveSession(session, store, () => {});
  live.emit({
    type: "message-start",
    message: {
      id: "message",
      runId: "run",
      role: "assistant",
      createdAt: 0,
      parts: [{ type: "text", id: "part", text: "" }],
    },
  });
  const database = {
    onNotice: () => () => {},
    reader: { session: () => Promise.resolve(undefined) },
  } as unknown as SharedDatabase;
  relays = new Relays({ database, calls: { call, watch: () => () => {} }, onReached: () => {} });
});

afterEach(() => {
  relays.close();
  live.close();
  store.close();
});

test("every event once and in order, through cuts at any byte", async () => {
  const acts = array(
    oneof(
      record({ act: constant("say" as const), count: integer({ min: 1, max: 30 }) }),
      record({ act: constant("cut" as const), bytes: integer({ min: 0, max: 900 }) }),
      record({ act: constant("join" as const) }),
      record({ act: constant("return" as const) }),
    ),
    { minLength: 3, maxLength: 14 },
  );
  await assert(
    asyncProperty(acts, async (all) => {
      nextCuts = [];
      const watching = [await watch(undefined)];
      for (const one of all) {
        if (one.act === "say") for (let at = 0; at < one.count; at++) say();
        else if (one.act === "cut") {
          nextCuts.push(one.bytes);
          for (const stream of streams) stream.cut();
        } else if (one.act === "join") watching.push(await watch(undefined));
        else watching.push(await watch(watching[0]!.session.seq || undefined));
        await Bun.sleep(0);
      }
      nextCuts = [];
      for (const one of watching) await one.complete();
      for (const { viewer } of watching) viewer.close();
    }),
    { numRuns: 40 },
  );
}, 120_000);

test("one stream of the owner serves all, and ends after the last viewer", async () => {
  const watching = await Promise.all(Array.from({ length: 20 }, () => watch(undefined)));
  await untilAsync(
    async () => streams.size === 1,
    () => `one stream is open, of ${streams.size}`,
  );
  for (const { viewer } of watching) viewer.close();
  await untilAsync(
    async () => live.viewers.length === 0,
    () => "the owner has no viewer",
  );
}, 30_000);

function say(): void {
  const delta = `${newId()} `;
  live.emit({ type: "part-delta", messageId: "message", partId: "part", field: "text", delta });
}

/** A viewer of the relay, which keeps the session as a page does. */
async function watch(after: number | undefined) {
  const own = new AbortController();
  const at = { node: "a", sessionId: live.session.id, ...(after !== undefined && { after }) };
  const followed = await relays.follow({ ...at, asker: { role: "admin" } }, own.signal);
  if (!("open" in followed)) throw new Error(`It has no beginning: ${JSON.stringify(followed)}`);
  const viewer: Viewer = followed.open({}, () => {});
  const session = { ...emptySession("/"), seq: after ?? 0 };
  const seen: number[] = [];
  let hadSnapshot = false;
  void (async () => {
    let rest = "";
    for await (const text of viewer.response.body!.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + text).split("\n\n");
      rest = frames.pop()!;
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data === undefined) continue;
        const event = JSON.parse(data) as SessionEvent;
        if (event.type === "snapshot") hadSnapshot = true;
        seen.push(event.seq);
        apply(session, event);
      }
    }
  })().catch(() => undefined);
  return {
    viewer,
    session,
    /** Resolves when it has all that the owner has; throws at a gap, a repetition, or another text. */
    async complete() {
      await untilAsync(
        async () => session.seq === live.session.seq,
        () => `event ${live.session.seq} has come, after ${session.seq}`,
      );
      const begun = hadSnapshot || after === undefined ? seen[0]! - 1 : after;
      expect(seen).toEqual(Array.from(seen, (_, index) => begun + 1 + index));
      if (hadSnapshot) expect(session.messages).toEqual(live.session.messages);
    },
  };
}

type Calls = ConstructorParameters<typeof OwnerStream>[0];

/** The owner's own stream; it breaks where it is told to. */
const call: Calls["call"] = async (_node, { path }, signal) => {
  const query = new URL(path, "http://owner").searchParams;
  const after = query.get("after");
  const viewer = live.follow(after === null ? {} : { after: Number(after) }, () => {});
  const isPage = query.has("once");
  if (isPage) viewer.end();
  const cutAfter = isPage ? undefined : nextCuts.shift();
  const body = isPage
    ? viewer.response.body!
    : breakable(viewer, cutAfter ?? Number.POSITIVE_INFINITY, signal);
  return { answer: { node: "a", status: 200, headers: viewer.response.headers, body } };
};

function breakable(viewer: Viewer, bytes: number, signal: AbortSignal): ReadableStream<Uint8Array> {
  const reader = viewer.response.body!.getReader();
  let left = bytes;
  let fail: (error: Error) => void = () => {};
  const stream = {
    cut: () => {
      streams.delete(stream);
      viewer.close();
      fail(new Error("The connection broke"));
    },
  };
  streams.add(stream);
  signal.addEventListener("abort", stream.cut, { once: true });
  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => void (fail = (error) => controller.error(error)),
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) return stream.cut();
        // In pieces, so that frames lie on the seams.
        for (let at = 0; at < value.length && left > 0; at += 37) {
          const piece = value.subarray(at, Math.min(at + 37, at + left, value.length));
          left -= piece.length;
          controller.enqueue(piece.slice());
        }
        if (left <= 0) stream.cut();
      },
      cancel: () => stream.cut(),
    },
    { highWaterMark: 0 },
  );
}
