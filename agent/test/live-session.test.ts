/** A live session owns its state: what waits, is under way, or is dropped is the same in memory, in the list and on the disk. */
import { Database } from "bun:sqlite";
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LiveSession } from "../server/session/live-session";
import { Store } from "../server/store/store";
import {
  type Approval,
  type EventBody,
  type HookRecord,
  type Message,
  noUsage,
  type Outcome,
  type PlanEntry,
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
  begin("run");
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

describe("the to-do list, in memory and on disk,", () => {
  const list: PlanEntry[] = [
    { text: "Look", state: "completed" },
    { text: "Change", state: "in_progress" },
    { text: "Test", state: "pending" },
  ];
  const stoppedList: PlanEntry[] = list.with(1, { text: "Change", state: "stopped" });

  test("is what was said last", () => {
    write(list.slice(0, 1));
    write(list);
    expect(todos()).toEqual([{ runId: "run", entries: list, updatedAt: 5 }]);
  });

  test.each(["done", "failed", "stopped"] as const)(
    "has nothing under way once its run has ended: %s",
    (outcome) => {
      write(list);
      end(outcome);
      expect(todos()).toEqual([{ runId: "run", entries: stoppedList, updatedAt: 5 }]);
    },
  );

  test("has nothing under way when it is written after the end of its run", () => {
    end("stopped");
    write(list);
    expect(todos()).toMatchObject([{ entries: stoppedList }]);
  });

  test("stays for the next run while something of it is open, and else goes with its start", () => {
    write(list);
    end("stopped");
    begin("next");
    expect(todos()).toMatchObject([{ runId: "run", entries: stoppedList }]);
    write([{ text: "Look", state: "completed" }], "next");
    end("done", "next");
    expect(todos()).toMatchObject([{ entries: [{ state: "completed" }] }]);
    begin("last");
    expect(todos()).toEqual([undefined]);
  });

  test("is gone once it has no entries", () => {
    write(list);
    write([]);
    expect(todos()).toEqual([undefined]);
  });

  test("has nothing under way when the row of its run is lost", () => {
    write(list);
    using other = new DisposableStack();
    const alone = other.adopt(new Store(":memory:"), (one) => one.close());
    alone.create({ ...live.session, runs: [] });
    expect(alone.load("session")?.todo?.entries).toEqual(stoppedList);
  });

  function write(entries: PlanEntry[], runId = "run"): void {
    emit({ type: "todo-change", runId, entries, at: 5 });
  }

  /** One when the memory and the disk agree. */
  function todos() {
    store.flush();
    const all = [live.session.todo, store.load("session")!.todo];
    return Bun.deepEquals(all[0], all[1], true) ? [all[0]] : all;
  }
});

describe("a call with hooks, in memory and on disk,", () => {
  const hook: HookRecord = { id: "h", name: "lint", on: "after-tool", startedAt: 3 };
  const at = { messageId: "message", partId: "one" };

  test("keeps when its effect had happened, and how each hook ended", () => {
    emit({ type: "part-start", messageId: "message", part: call("one") });
    emit({ type: "tool-start", ...at, at: 1 });
    emit({ type: "tool-done", ...at, at: 2 });
    emit({ type: "hook-start", ...at, hook });
    expect(calls()).toMatchObject([{ state: "running", doneAt: 2, hooks: [hook] }]);
    const ended = { ...hook, endedAt: 4, outcome: "failed" as const, exitCode: 1, words: "No." };
    emit({ type: "hook-end", ...at, hook: ended });
    emit({ type: "tool-end", ...at, at: 5, outcome: "done" });
    expect(calls()).toMatchObject([{ state: "done", doneAt: 2, endedAt: 5, hooks: [ended] }]);
  });

  test("that ends while a hook runs has stopped that hook", () => {
    emit({ type: "part-start", messageId: "message", part: call("one") });
    emit({ type: "hook-start", ...at, hook });
    emit({ type: "tool-end", ...at, at: 5, outcome: "done" });
    expect(calls()).toMatchObject([{ hooks: [{ ...hook, endedAt: 5, outcome: "stopped" }] }]);
  });

  test("is on disk in the tick in which its effect has happened", () => {
    using own = new DisposableStack();
    const directory = mkdtempSync(join(tmpdir(), "rein-done-"));
    own.defer(() => rmSync(directory, { recursive: true }));
    const path = join(directory, "rein.db");
    const saving = own.adopt(new Store(path), (one) => one.close());
    saving.create(created());
    live = new LiveSession(created(), saving, () => {});
    begin("run");
    emit({ type: "message-start", message: assistant("message") });
    emit({ type: "part-start", messageId: "message", part: call("one") });
    emit({ type: "tool-start", ...at, at: 1 });
    emit({ type: "tool-done", ...at, at: 2 });
    // As a server that was started after a crash would find it.
    const reading = own.adopt(new Database(path, { readonly: true }), (one) => one.close());
    const rows = reading.query<{ data: string }, []>("SELECT data FROM parts").all();
    expect(rows.map(({ data }) => JSON.parse(data))).toMatchObject([{ id: "one", doneAt: 2 }]);
  });
});

test("the hooks of a run are kept though they run after its end", () => {
  end("done");
  const hook: HookRecord = { id: "h", name: "tell", on: "end", startedAt: 3 };
  emit({ type: "run-hook", runId: "run", hook });
  const ended = { ...hook, endedAt: 4, outcome: "done" as const };
  emit({ type: "run-hook", runId: "run", hook: ended });
  store.flush();
  for (const { runs } of [live.session, store.load("session")!])
    expect(runs).toMatchObject([{ state: "settled", hooks: [ended] }]);
});

test("outputs that are dropped are marked, of a subagent too, and no others", () => {
  for (const id of ["one", "parent"])
    emit({ type: "part-start", messageId: "message", part: call(id) });
  const names = { role: "simple", title: "t", provider: "p", model: "m" };
  const subagent = { ...names, messages: [], usage: noUsage };
  emit({ type: "subagent-start", messageId: "message", partId: "parent", subagent });
  emit({ type: "message-start", agentId: "parent", message: assistant("inner") });
  const inner = { agentId: "parent", messageId: "inner" };
  for (const id of ["two", "three"]) emit({ type: "part-start", ...inner, part: call(id) });
  emit({ type: "outputs-drop", partIds: ["one", "two"] });
  emit({ type: "outputs-drop", agentId: "parent", partIds: ["three", "gone"] });
  store.flush();
  for (const { messages } of [live.session, store.load("session")!]) {
    const own = messages[0]!.parts as ToolCallPart[];
    const all = [...own, ...(own[1]!.subagent!.messages[0]!.parts as ToolCallPart[])];
    const dropped = all.filter(({ outputDropped }) => outputDropped === true);
    expect(dropped.map(({ id }) => id)).toEqual(["one", "three"]);
  }
});

/** The calls of the message. One list when the memory and the disk agree. */
function calls() {
  store.flush();
  const stored = store.load("session")!.messages[0]!.parts;
  expect(stored).toEqual(live.session.messages[0]!.parts);
  return stored;
}

function begin(id: string): void {
  const run = { id, state: "running" as const, startedAt: 0, usage: noUsage };
  emit({ type: "run-start", sessionId: "session", run });
}

function end(outcome: Outcome, runId = "run"): void {
  emit({ type: "run-end", runId, at: 9, outcome, usage: noUsage });
}

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
