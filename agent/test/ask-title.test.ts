/** A request for a title has bounds of its own, and whatever fails in it ends that request alone. */
import { expect, test } from "bun:test";
import { askTitle, cleanTitle, type TitleRequest } from "../server/agent/ask-title";
import type { ModelEvent, ModelRequest } from "../server/providers/provider";
import type { LiveSession } from "../server/session/live-session";
import { SessionTitles } from "../server/run/session-titles";
import type { RunParts } from "../server/run/run-types";

test("a title is waited for no longer than its limit", async () => {
  const { asked, signal } = ask(() => [], { limitMs: 1 });
  expect(await asked).not.toHaveProperty("title");
  expect(signal().aborted).toBe(true);
});

test("an answer without an end is cut at 20,000 characters", async () => {
  const piece = { type: "part-delta", key: "1", delta: "x".repeat(10_000) } as const;
  const begun = [{ type: "part-start", key: "1", part: "text" }, piece, piece] as const;
  const long = ask(() => [...begun, { type: "finish", reason: "stop" }]);
  expect(await long.asked).toMatchObject({ title: `${"x".repeat(59)}…` });
  const longer = ask(() => [...begun, piece]);
  expect(await longer.asked).not.toHaveProperty("title");
  expect(longer.signal().aborted).toBe(true);
});

test("a title that would have to wait for a connection is given up, and has cost nothing", async () => {
  const { asked, signal } = ask(({ onWait }) => (onWait!(true), []));
  expect(await asked).toEqual({});
  expect(signal().aborted).toBe(true);
});

test("marks without an end before a letter are read in linear time", () => {
  const begun = performance.now();
  expect(cleanTitle(`A name ${".".repeat(60_000)}x`)).toBe("A name");
  // A look from each of them takes three seconds.
  expect(performance.now() - begun).toBeLessThan(1000);
});

test("a bug in a request for a title ends that request, and the next can be made", async () => {
  let looks = 0;
  const catalog = {
    titleModel: () => "small",
    provider: () => ({ id: "one", stream: () => [], models: async () => [] }),
    info() {
      // The price is looked up before the request is made.
      if (++looks % 2 === 0) throw new Error("A bug.");
      return undefined;
    },
  };
  const none = { run: {}, day: {} };
  const sessions = { getReadable: () => undefined };
  const parts = { catalog, sessions, titles: () => "auto", limits: () => none };
  const titles = new SessionTitles(parts as unknown as RunParts);
  const live = { session: session() } as unknown as LiveSession;
  for (const count of [1, 2]) {
    titles.ask(live, "run");
    await titles.close();
    expect(looks).toBe(2 * count);
  }
});

/** Asks a model that says what `answer` returns, and is silent then; `signal` is the one that it got. */
function ask(
  answer: (request: ModelRequest) => readonly ModelEvent[],
  more: Partial<TitleRequest> = {},
) {
  let own: AbortSignal | undefined;
  async function* stream(request: ModelRequest, signal: AbortSignal): AsyncGenerator<ModelEvent> {
    own = signal;
    let last: ModelEvent | undefined;
    for (last of answer(request)) {
      signal.throwIfAborted();
      yield last;
    }
    if (last?.type === "finish") return;
    const { promise, reject } = Promise.withResolvers<never>();
    if (signal.aborted) throw signal.reason;
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    await promise;
  }
  const request: TitleRequest = {
    sessionId: "session",
    runId: "run",
    provider: { id: "one", stream, models: async () => [] },
    model: "small",
    info: () => undefined,
    message: "Why?",
    answer: "Because.",
    ...more,
  };
  return { asked: askTitle(request, new AbortController().signal), signal: () => own! };
}

function session() {
  const message = { id: "m", runId: "run", role: "user", createdAt: 0 };
  const parts = [{ type: "text", id: "t", text: "Why?" }];
  const run = { id: "run", outcome: "done", usage: {}, startedAt: 0 };
  return { id: "session", messages: [{ ...message, parts }], runs: [run], model: "large" };
}
