/** Rein for programs: a chat is a loop over events, a signal stops it to the receipt, and no end of it is silent. */
import { describe, expect, test } from "bun:test";
import { ApiError, ConnectionLost, createRein } from "../sdk/create-rein";
import { apply } from "../shared/apply";
import { noUsage, type Session, type SessionEvent, type StreamEvent } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { escapes } from "./adversaries/escapes";
import { apiScene } from "./api-scene";
import { pidsWith } from "./machine-facts";
import { hang, makeGate, text, toolCall } from "./upstream/upstream";
import { within } from "./within";

const { upstream, rein } = apiScene();

const request: ChatRequest = {
  message: "Do it",
  provider: "openai-chat",
  model: "local-model",
  permissions: "all",
};

describe("a chat", () => {
  test("yields every event of its run, from the session as it was to the receipt", async () => {
    upstream.script([toolCall("bash", { command: "echo found" })], [text("There.")]);
    const events = await all(rein.sdk.chat(inDirectory(), never()));
    const session = folded(events);
    expect(session.messages.at(-1)?.parts).toMatchObject([{ type: "text", text: "There." }]);
    expect(events.at(-1)).toMatchObject({ type: "run-end", outcome: "done" });
  });

  test("is refused with what was expected", async () => {
    const events = all(rein.sdk.chat({ ...request, model: " " }, never()));
    expect(await failureOf(events)).toMatchObject({ name: "ApiError", status: 400 });
    expect(await rein.json("/api/sessions")).toEqual({ sessions: [] });
  });

  test("in a session that runs is refused, and the refusal names the run", async () => {
    upstream.script([hang]);
    const first = rein.sdk.chat(inDirectory(), never());
    const sessionId = await sessionOf(first);
    const [run] = (await rein.session(sessionId)).runs;
    const refused = await failureOf(all(rein.sdk.chat({ ...request, sessionId }, never())));
    expect(refused).toMatchObject({ code: "run-active", run: { sessionId, runId: run?.id } });
    await first.return();
  });

  test("without a server says that none can be reached", async () => {
    const nowhere = createRein({ url: "http://127.0.0.1:1", credential: null });
    const failure = await failureOf(all(nowhere.chat(request, never())));
    expect(failure).toMatchObject({ name: "ApiError", status: 0, code: "unreachable" });
  });
});

describe("a signal", () => {
  test("that has aborted before sends nothing", async () => {
    const reason = new Error("Not at all.");
    const events = all(rein.sdk.chat(inDirectory(), AbortSignal.abort(reason)));
    expect(await failureOf(events)).toBe(reason);
    expect(await rein.json("/api/sessions")).toEqual({ sessions: [] });
  });

  test("that aborts in the tick of the request stops the run", async () => {
    upstream.script([hang]);
    const controller = new AbortController();
    const events = all(rein.sdk.chat(inDirectory(), controller.signal));
    controller.abort();
    const end = (await events).at(-1);
    expect(end).toMatchObject({ type: "run-end", outcome: "stopped", receipt: {} });
  });

  test("that aborts in a tool ends its processes, and the loop ends with the receipt", async () => {
    for (const adversary of escapes.filter((one) => !one.terminal && !one.afterExit).slice(0, 5)) {
      const cookie = String(Math.trunc(Math.random() * 1e9) + 1e9);
      upstream.reset();
      upstream.script([toolCall("bash", { command: adversary.script(cookie) })]);
      const controller = new AbortController();
      const events: StreamEvent[] = [];
      for await (const event of rein.sdk.chat(inDirectory(), controller.signal)) {
        events.push(event);
        if (event.type === "part-delta" && event.field === "output") controller.abort();
      }
      expect([adversary.name, pidsWith(cookie)]).toEqual([adversary.name, []]);
      expect(events.at(-1)).toMatchObject({
        type: "run-end",
        outcome: "stopped",
        receipt: { stop: { by: "user", from: "api", point: "tool" }, survivors: [] },
      });
    }
  });

  test("that aborts while nothing reads the loop stops the run all the same", async () => {
    upstream.script([text("So far."), makeGate()]);
    const controller = new AbortController();
    const chat = rein.sdk.chat(inDirectory(), controller.signal);
    const sessionId = await sessionOf(chat);
    const viewer = rein.follow(sessionId);
    await viewer.until(({ type }) => type === "snapshot");
    controller.abort();
    await viewer.until(({ type }) => type === "run-end");
    viewer.hangUp();
    expect((await all(chat)).at(-1)).toMatchObject({ type: "run-end", outcome: "stopped" });
  });

  test("whose stop does not reach the server is no silent end", async () => {
    upstream.script([text("So far."), makeGate()]);
    const controller = new AbortController();
    const broken = createRein({
      url: rein.url,
      credential: rein.token,
      fetch: (url, init) =>
        url.endsWith("/api/stop") ? Promise.reject(new Error("No way.")) : fetch(url, init),
    });
    const chat = broken.chat(inDirectory(), controller.signal);
    const sessionId = await sessionOf(chat);
    controller.abort();
    const failure = await failureOf(all(chat));
    expect(failure).toMatchObject({ name: "ApiError", code: "unreachable" });
    // The connection is closed then, which stops the run too.
    const viewer = rein.follow(sessionId);
    await viewer.until(() => viewer.session.runs.at(-1)?.state === "settled");
    viewer.hangUp();
    expect(viewer.session.runs.at(-1)?.stop?.by).toBe("disconnect");
  });
});

test("an id from elsewhere leads to no other route", async () => {
  const asked: string[] = [];
  const elsewhere = createRein({
    url: rein.url,
    credential: rein.token,
    fetch: (url, init) => (asked.push(new URL(url).pathname), fetch(url, init)),
  });
  for (const id of ["..", ".", "../sign-ins", "a/../../sign-ins", "a?b", "a#b", "%2e%2e"]) {
    const calls = [elsewhere.deleteSession(id, never()), elsewhere.removeFile(id, never())];
    for (const failure of await Promise.all(calls.map(failureOf)))
      expect([id, failure]).toEqual([id, expect.any(ApiError)]);
    const events = elsewhere.events(id, undefined, never());
    expect([id, await failureOf(all(events))]).toEqual([id, expect.any(ApiError)]);
  }
  expect(asked.filter((path) => !/^\/api\/(sessions|files)\/[^/]+(\/events)?$/.test(path))).toEqual(
    [],
  );
});

describe("a loop that is left", () => {
  test.each(["break", "throw", "return"] as const)("by %s stops the run", async (how) => {
    upstream.script([hang]);
    const sessionId = await leave(inDirectory(), how);
    const viewer = rein.follow(sessionId);
    await viewer.until(() => viewer.session.runs.at(-1)?.state === "settled");
    viewer.hangUp();
    expect(viewer.session.runs.at(-1)?.stop?.by).toBe("disconnect");
  });

  test("leaves the run alone that was asked to continue", async () => {
    const gate = makeGate();
    upstream.script([text("So far, "), gate, text("so good.")]);
    const sessionId = await leave({ ...inDirectory(), onDisconnect: "continue" }, "break");
    const viewer = rein.follow(sessionId);
    await viewer.until(({ type }) => type === "snapshot");
    gate.open();
    await viewer.until(({ type }) => type === "run-end");
    viewer.hangUp();
    expect(viewer.session.runs.at(-1)?.outcome).toBe("done");
  });

  test("closes the stream of events that it followed", async () => {
    const closed = Promise.withResolvers<void>();
    using server = streaming(() => [{ type: "queue-change", queue: [], seq: 1 }], closed.resolve);
    const followed = createRein({ url: server.url.origin, credential: null });
    for await (const _event of followed.events("s", undefined, never())) break;
    await within("the end of the connection", closed.promise);
  });
});

describe("the events of a session", () => {
  test("come after the one that is named, each once", async () => {
    const gate = makeGate();
    upstream.script([text("One "), gate, text("two.")]);
    const chat = rein.sdk.chat({ ...inDirectory(), onDisconnect: "continue" }, never());
    const sessionId = await sessionOf(chat);
    const { seq } = await rein.session(sessionId);
    const controller = new AbortController();
    const later: SessionEvent[] = [];
    gate.open();
    for await (const event of rein.sdk.events(sessionId, seq, controller.signal)) {
      if (event.type !== "storage-changed") later.push(event);
      if (event.type === "run-end") break;
    }
    expect(later.map((event) => event.seq)).toEqual(later.map((_, index) => seq + 1 + index));
    await all(chat);
  });

  test("end with the signal's reason", async () => {
    upstream.script([text("Hello.")]);
    const events = await all(rein.sdk.chat(inDirectory(), never()));
    const controller = new AbortController();
    const reason = new Error("Enough.");
    const follow = rein.sdk.events(folded(events).id, undefined, controller.signal);
    await follow.next();
    controller.abort(reason);
    expect(await failureOf(all(follow))).toBe(reason);
  });

  test("of no session are refused", async () => {
    const events = all(rein.sdk.events("nothing", undefined, never()));
    expect(await failureOf(events)).toBeInstanceOf(ApiError);
  });
});

test("the events of the list show a new title, and end with the loop", async () => {
  upstream.script([text("Hello.")]);
  const { id } = folded(await all(rein.sdk.chat(inDirectory(), never())));
  const list = rein.sdk.listEvents(never());
  // The state of the storage.
  await list.next();
  const { session } = await rein.sdk.patchSession(id, { title: "Renamed" }, never());
  let shown = "";
  for await (const event of list) {
    if (event.type === "session-changed" && event.summary.id === id) shown = event.summary.title;
    if (shown === "Renamed") break;
  }
  expect(session.title).toBe(shown);
  expect(await rein.sdk.session(id, never())).toMatchObject({ session: { title: shown } });
});

describe("what is no answer of Rein is an error with plain words", () => {
  test("a page in the place of a stream, and of an answer", async () => {
    using server = answering(() => new Response("<h1>Sign in</h1>", { headers: html }));
    const strange = createRein({ url: server.url.origin, credential: null });
    const chat = await failureOf(all(strange.chat(request, never())));
    expect(chat).toBeInstanceOf(ConnectionLost);
    expect(chat).toHaveProperty("message", expect.stringContaining("got text/html"));
    const call = await failureOf(strange.limits(never()));
    expect(call).toMatchObject({
      name: "ApiError",
      status: 200,
      message: "What answers is not Rein.",
    });
  });

  test("frames that are no events", async () => {
    for (const data of ['{"type":"run-st', "null", "7", "[]", "{}", "\u0000"]) {
      using server = answering(() => new Response(`data: ${data}\n\n`, { headers: eventStream }));
      const strange = createRein({ url: server.url.origin, credential: null });
      expect([data, await failureOf(all(strange.chat(request, never())))]).toEqual([
        data,
        expect.any(ConnectionLost),
      ]);
    }
  });

  test("a connection that breaks in the middle of an answer, or of an event", async () => {
    const half = (type: string, text: string) =>
      `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: 9999\r\n\r\n${text}`;
    for (const [isStream, bytes] of [
      [true, half("text/event-stream", 'data: {"type":"snap')],
      [true, half("text/event-stream", "")],
      [false, half("application/json", '{"run":')],
      [false, half("application/json", "").replace("200 OK", "409 Conflict")],
      [false, "HTTP/1.1 200"],
    ] as const) {
      using server = breaking(bytes);
      const broken = createRein({ url: `http://127.0.0.1:${server.port}`, credential: null });
      const asked = isStream ? all(broken.chat(request, never())) : broken.limits(never());
      const failure = await failureOf(asked);
      expect([bytes, failure]).toEqual([
        bytes,
        isStream ? expect.any(ConnectionLost) : expect.any(ApiError),
      ]);
    }
  });
});

describe("a stream that ends", () => {
  const run = { state: "running", startedAt: 0, usage: noUsage } as const;

  test("before its run is a lost connection", async () => {
    using server = streaming((id) => [
      { type: "run-start", sessionId: "s", run: { ...run, id }, seq: 1 },
    ]);
    const chat = createRein({ url: server.url.origin, credential: null }).chat(request, never());
    expect(await failureOf(all(chat))).toBeInstanceOf(ConnectionLost);
  });

  test("with nothing is a lost connection", async () => {
    using server = streaming(() => []);
    const chat = createRein({ url: server.url.origin, credential: null }).chat(request, never());
    expect(await failureOf(all(chat))).toBeInstanceOf(ConnectionLost);
  });

  test("before its run has begun is the end: the message is kept in the queue", async () => {
    using server = streaming((id) => [
      { type: "run-start", sessionId: "s", run: { ...run, id: "another" }, seq: 1 },
      { type: "queue-change", queue: [{ id, text: "", createdAt: 0, waitsFor: "person" }], seq: 2 },
    ]);
    const chat = createRein({ url: server.url.origin, credential: null }).chat(request, never());
    expect((await all(chat)).map(({ type }) => type)).toEqual(["run-start", "queue-change"]);
  });

  test("with its server, which is killed, is a lost connection", async () => {
    upstream.script([hang]);
    const chat = rein.sdk.chat(inDirectory(), never());
    await sessionOf(chat);
    rein.signal("SIGKILL");
    expect(await failureOf(all(chat))).toBeInstanceOf(ConnectionLost);
    await rein.exited;
  });
});

/** A server that answers every request with these events, and ends; with `onClose` it keeps the stream open until the client closes it. */
function streaming(events: (runId: string) => SessionEvent[], onClose?: () => void) {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(asked) {
      const { runId = "" } = asked.method === "POST" ? ((await asked.json()) as ChatRequest) : {};
      const text = events(runId)
        .map((event) => `data: ${JSON.stringify(event)}\n\n`)
        .join("");
      if (onClose === undefined) return new Response(text, { headers: eventStream });
      asked.signal.addEventListener("abort", onClose);
      return new Response(
        new ReadableStream({ start: (own) => own.enqueue(new TextEncoder().encode(text)) }),
        { headers: eventStream },
      );
    },
  });
}

const eventStream = { "Content-Type": "text/event-stream" };
const html = { "Content-Type": "text/html" };

/** What stands at Rein's address in its place. */
function answering(answer: (path: string) => Response | Promise<Response>) {
  return Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch: (asked) => answer(new URL(asked.url).pathname),
  });
}

/** Answers every request with these bytes, and closes the connection. */
function breaking(bytes: string) {
  const listener = Bun.listen({
    port: 0,
    hostname: "127.0.0.1",
    socket: { data: (socket) => void socket.end(bytes) },
  });
  return { port: listener.port, [Symbol.dispose]: () => listener.stop(true) };
}

function inDirectory(): ChatRequest {
  return { ...request, cwd: rein.cwd };
}

function never(): AbortSignal {
  return new AbortController().signal;
}

async function all(events: AsyncIterable<StreamEvent>): Promise<StreamEvent[]> {
  return within("the end of the events", Array.fromAsync(events));
}

function folded(events: StreamEvent[]): Session {
  const session = { seq: 0, messages: [], runs: [], usage: noUsage } as unknown as Session;
  for (const event of events) apply(session, event);
  return session;
}

/** Reads up to the start of the run. */
async function sessionOf(chat: AsyncGenerator<StreamEvent, void, void>): Promise<string> {
  for (;;) {
    const { value } = await within("the start of a run", chat.next());
    if (value?.type === "run-start") return value.sessionId;
    if (value === undefined) throw new Error("The stream ended.");
  }
}

/** Leaves the loop at the start of the run. */
async function leave(asked: ChatRequest, how: "break" | "return" | "throw"): Promise<string> {
  const chat = rein.sdk.chat(asked, never());
  let sessionId = "";
  const read = async () => {
    for await (const event of chat) {
      if (event.type !== "run-start") continue;
      ({ sessionId } = event);
      if (how === "throw") throw new Error("Enough.");
      if (how === "break") break;
      return;
    }
  };
  await read().catch(() => undefined);
  return sessionId;
}

function failureOf(events: Promise<unknown>): Promise<unknown> {
  return events.then(
    () => undefined,
    (error: unknown) => error,
  );
}
