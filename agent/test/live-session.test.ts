/** A live session owns its state, and a pending approval makes its run wait. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { LiveSession } from "../server/session/live-session";
import { Store } from "../server/store/store";
import {
  type Approval,
  type EventBody,
  type Message,
  noUsage,
  type Session,
  type ToolCallPart,
} from "../shared/protocol";

let store: Store;
let live: LiveSession;
/** The run's state at each change of the session's row in the side bar. */
let rows: string[];
beforeEach(() => {
  store = new Store(":memory:");
  store.create(created());
  rows = [];
  live = new LiveSession(created(), store, ({ session }) => rows.push(session.runs[0]!.state));
  const run = { id: "run", state: "running" as const, startedAt: 0, usage: noUsage };
  emit({ type: "run-start", sessionId: "session", run });
  emit({ type: "message-start", message: assistant("message") });
});
afterEach(() => store.close());

test("an emitted event and the session state share nothing: a change of one does not change the other", () => {
  const message = assistant("other");
  emit({ type: "message-start", message });
  message.parts.push({ type: "text", id: "mine", text: "" });
  emit({ type: "part-start", messageId: "other", part: { type: "text", id: "text", text: "" } });
  emit({ type: "part-delta", messageId: "other", partId: "text", field: "text", delta: "Hi" });
  expect(message.parts).toMatchObject([{ id: "mine" }]);
  expect(live.session.messages[1]!.parts).toMatchObject([{ id: "text", text: "Hi" }]);
});

describe("a run is waiting, in its row and on disk, as long as a call waits for an approval:", () => {
  test("with two waiting calls, until both are answered", () => {
    for (const partId of ["one", "two"]) ask(partId);
    expect(states()).toEqual(["waiting", "waiting", "waiting"]);
    answer("one");
    expect(states()).toEqual(["waiting", "waiting", "waiting"]);
    answer("two");
    expect(states()).toEqual(["running", "running", "running"]);
    expect(rows).toEqual(["running", "waiting", "running"]);
  });

  test("with one call, until that call is stopped on its own", () => {
    ask("one");
    const end = { at: 1, outcome: "stopped" as const };
    emit({ type: "tool-end", messageId: "message", partId: "one", ...end });
    expect(states()).toEqual(["running", "running", "running"]);
  });

  test("with a subagent's call, until it is answered", () => {
    emit({ type: "part-start", messageId: "message", part: call("parent") });
    const names = { role: "simple" as const, title: "t", provider: "p", model: "m" };
    const subagent = { ...names, messages: [], usage: noUsage };
    emit({ type: "subagent-start", messageId: "message", partId: "parent", subagent });
    emit({ type: "message-start", agentId: "parent", message: assistant("inner") });
    ask("one", { agentId: "parent", messageId: "inner" });
    expect(states()).toEqual(["waiting", "waiting", "waiting"]);
    answer("one", { agentId: "parent", messageId: "inner" });
    expect(states()).toEqual(["running", "running", "running"]);
  });

  test("but a run that is being stopped stays stopping", () => {
    ask("one");
    const stop = { by: "user" as const, from: "api" as const, askedAt: 1, point: "tool" as const };
    emit({ type: "run-stopping", runId: "run", stop });
    answer("one");
    expect(states()).toEqual(["stopping", "stopping", "stopping"]);
  });
});

/** The run's state in memory, in the last row, and on disk. */
function states() {
  return [live.session.runs[0]!.state, rows.at(-1)!, store.load("session")!.runs[0]!.state];
}

function emit(event: EventBody): void {
  live.emit(event);
}

const inMessage: { messageId: string; agentId?: string } = { messageId: "message" };

function ask(partId: string, at = inMessage): void {
  const approval: Approval = { id: partId, kind: "command", subject: "ls", digest: "", always: [] };
  emit({ type: "part-start", ...at, part: call(partId) });
  emit({ type: "approval-request", ...at, partId, approval });
}

function answer(partId: string, at = inMessage): void {
  emit({ type: "approval-reply", ...at, partId, reply: { decision: "once", digest: "" } });
}

function call(id: string): ToolCallPart {
  const input = { inputText: "{}", input: {} };
  return {
    type: "tool-call",
    id,
    callId: id,
    name: "bash",
    ...input,
    state: "pending",
    output: "",
  };
}

function assistant(id: string): Message {
  return { id, runId: "run", role: "assistant", parts: [], createdAt: 0 };
}

function created(): Session {
  return {
    id: "session",
    title: "",
    cwd: "/",
    provider: "demo",
    model: "demo",
    permissions: "ask",
    allowed: [],
    createdAt: 0,
    updatedAt: 0,
    messages: [],
    runs: [],
    usage: noUsage,
    queue: [],
    seq: 0,
  };
}
