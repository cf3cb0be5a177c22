/** Branches: a message in the place of an earlier one, the branch that the model is sent, and the one that people are shown. */
import { describe, expect, test } from "bun:test";
import * as fc from "fast-check";
import {
  branchOf,
  endOf,
  filesOfBranches,
  followed,
  forksOf,
  parentOf,
  placesOf,
} from "../shared/branches";
import { emptySession } from "../shared/empty-session";
import { apply } from "../shared/apply";
import { textOf, toolCallsOf } from "../shared/message-parts";
import { type Message, noUsage, type Receipt, type Run, type Session } from "../shared/protocol";
import { contextNote } from "../server/run/context-note";
import { newRun } from "../server/run/sending";
import { withNewestMessages } from "../server/session/history-page";
import { apiScene } from "./api-scene";
import { told } from "./control-api";
import type { Chat } from "./rein";
import { hang, text, toolCall, usage } from "./upstream/upstream";

const { rein, upstream, send, start, stop } = apiScene();

/** Sends each and waits for its answer, which is the message in capitals. */
async function talk(...messages: string[]): Promise<Chat[]> {
  const chats: Chat[] = [];
  for (const message of messages) {
    upstream.script([text(message.toUpperCase())]);
    const sessionId = chats[0]?.sessionId;
    const chat = send(message, sessionId === undefined ? {} : { sessionId });
    await chat.ended;
    chats.push(chat);
  }
  return chats;
}

async function instead(of: Chat, message: string): Promise<Chat> {
  upstream.script([text(message.toUpperCase()), usage(5000, 10)]);
  const chat = send(message, { sessionId: of.sessionId, retryOf: of.runId });
  await chat.ended;
  return chat;
}

const show = (of: Chat, runId = of.runId) =>
  rein.fetch(`/api/sessions/${of.sessionId}/branch`, {
    method: "POST",
    body: JSON.stringify({ runId }),
  });

const textsOf = (session: Session) => branchOf(session).map((message) => textOf(message));

describe("a message in the place of an earlier one", () => {
  test("begins a branch: the model is sent that alone, and both are kept", async () => {
    const [first, second, third] = await talk("one", "two", "three");
    const other = await instead(second!, "zwei");
    const asked = told(upstream.requests.at(-1));
    expect(asked).toContain("ONE");
    expect(asked).not.toMatch(/TWO|THREE/);
    const session = await rein.session(first!.sessionId);
    expect(textsOf(session)).toEqual(["one", "ONE", "zwei", "ZWEI"]);
    expect(session.messages).toHaveLength(8);
    expect(placesOf(session, other.runId)).toEqual([second!.runId, other.runId]);
    expect(placesOf(session, third!.runId)).toEqual([third!.runId]);
  });

  test("that is the first one begins a conversation of its own", async () => {
    const [first] = await talk("one", "two");
    const other = await instead(first!, "eins");
    expect(told(upstream.requests.at(-1))).not.toMatch(/ONE|TWO/);
    const session = await rein.session(first!.sessionId);
    expect(textsOf(session)).toEqual(["eins", "EINS"]);
    expect(placesOf(session, first!.runId)).toEqual([first!.runId, other.runId]);
  });

  test("that is not shown, or of no run, is refused and leaves no trace", async () => {
    const [first, second] = await talk("one", "two");
    await instead(first!, "eins");
    for (const retryOf of [second!.runId, "nobody"]) {
      const body = JSON.stringify({ sessionId: first!.sessionId, retryOf, message: "no" });
      const refused = await rein.fetch("/api/chat", { method: "POST", body });
      expect([refused.status, await refused.json()]).toMatchObject([
        409,
        { error: { code: "retry" } },
      ]);
    }
    expect((await rein.session(first!.sessionId)).runs).toHaveLength(3);
  });
});

describe("another branch", () => {
  test("is shown to all, goes on where it ended, and is the same after a kill -9", async () => {
    const [first, second, third] = await talk("one", "two", "three");
    const other = await instead(second!, "zwei");
    const viewer = rein.follow(first!.sessionId);
    await viewer.until(({ type }) => type === "snapshot");
    expect(viewer.session.messages).toHaveLength(4);
    const answer = await show(second!);
    expect(await answer.json()).toEqual({ tip: third!.runId });
    expect(await viewer.until(({ type }) => type === "branch-change")).toMatchObject({
      tip: third!.runId,
      context: { usedTokens: 120 },
    });
    viewer.hangUp();
    rein.signal("SIGKILL");
    await rein.exited;
    await start();
    const shown = await rein.session(first!.sessionId);
    expect(textsOf(shown)).toEqual(["one", "ONE", "two", "TWO", "three", "THREE"]);
    upstream.script([text("FOUR")]);
    await send("four", { sessionId: first!.sessionId }).ended;
    const asked = told(upstream.requests.at(-1));
    expect(asked).toMatch(/ONE.*TWO.*THREE/s);
    expect(asked).not.toContain("ZWEI");
    const session = await rein.session(first!.sessionId);
    expect(textsOf(session).slice(-2)).toEqual(["four", "FOUR"]);
    expect(session.tip).toBeUndefined();
    expect(placesOf(session, second!.runId)).toEqual([second!.runId, other.runId]);
  });

  test("is not shown while a run runs", async () => {
    const [first, second] = await talk("one", "two");
    await instead(second!, "zwei");
    upstream.script([hang]);
    const running = send("wait", { sessionId: first!.sessionId });
    await running.until(({ type }) => type === "run-start");
    const refused = await show(second!);
    expect([refused.status, await refused.json()]).toMatchObject([
      409,
      { error: { code: "run-active", run: { runId: running.runId } } },
    ]);
    await stop(running);
    await running.ended;
    expect((await show(second!)).status).toBe(200);
    expect((await show(second!, "nobody")).status).toBe(404);
    expect((await show(second!, "../nobody")).status).toBe(400);
  });

  test("of two pages at once each is a whole one, and the last counts", async () => {
    const [first] = await talk("one", "two");
    const other = await instead(first!, "eins");
    const answers = await Promise.all([show(first!), show(other), show(first!)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(textsOf(await rein.session(first!.sessionId))).toEqual(["one", "ONE", "two", "TWO"]);
  });
});

describe("the files of the branches", () => {
  const changed = (id: string, undoneAt?: number, follows?: string | null): Run => ({
    ...newRun(id, follows),
    state: "settled",
    changes: { state: "known", files: [], count: 1, unseen: [], ...(undoneAt && { undoneAt }) },
  });
  const filesOf = (runs: Run[], since: string, tip?: string) => {
    const { left, undone } = filesOfBranches(
      emptySession({ id: "s", runs, ...(tip !== undefined && { tip }) }),
      since,
    );
    return [left, undone].map((files) => files.map(({ runId }) => runId));
  };

  test("are those that left the conversation, newest first, and those that came into it undone", () => {
    const runs = [changed("a"), changed("b"), changed("c"), changed("x", undefined, "a")];
    expect(filesOf(runs, "c")).toEqual([["c", "b"], []]);
    expect(filesOf(runs, "x", "c")).toEqual([["x"], []]);
    const undone = [changed("a"), changed("b", 1), changed("c", 1), changed("x", undefined, "a")];
    expect(filesOf(undone, "c")).toEqual([[], []]);
    expect(filesOf(undone, "x", "c")).toEqual([["x"], ["b", "c"]]);
  });

  test("are neither what was left before, nor what was undone in both", () => {
    const runs = [changed("a", 1), changed("b"), changed("x", undefined, "a")];
    expect(filesOf([...runs, changed("y", undefined, "a")], "x")).toEqual([["x"], []]);
    // Of several switches the first counts.
    expect(filesOf([...runs, changed("y", undefined, "a")], "b")).toEqual([["x", "b"], []]);
  });

  test("are asked for with a run of the session", async () => {
    const [first] = await talk("one");
    const path = `/api/sessions/${first!.sessionId}/branch`;
    const answers = ["", "?since=", "?since=../x", "?since=nobody", `?since=${first!.runId}`].map(
      async (query) => (await rein.fetch(path + query)).status,
    );
    expect(await Promise.all(answers)).toEqual([400, 400, 400, 404, 200]);
  });
});

describe("a message", () => {
  test("is found in any branch, and in a subagent", async () => {
    const [first] = await talk("one");
    const { sessionId } = first!;
    upstream.script(
      [toolCall("subagent", { role: "simple", title: "alpha", task: "Be alpha." })],
      [text("I am alpha.")],
      [text("ALPHA")],
    );
    const other = send("eins", { sessionId, retryOf: first!.runId, permissions: "all" });
    await other.ended;
    const { messages } = await rein.session(sessionId);
    const placeOf = (id: string) =>
      rein.json(`/api/sessions/${sessionId}/messages/${encodeURIComponent(id)}`);
    const left = messages.find(({ runId }) => runId === first!.runId)!;
    expect(await placeOf(left.id)).toEqual({
      messageId: left.id,
      runId: first!.runId,
      isShown: false,
    });
    const call = messages.flatMap(toolCallsOf)[0]!;
    const inner = call.subagent!.messages.at(-1)!;
    expect(await placeOf(inner.id)).toMatchObject({
      runId: other.runId,
      isShown: true,
      agentId: call.id,
    });
  });

  test("that is not there is refused, whatever it is called", async () => {
    const [first] = await talk("one");
    for (const id of ["nobody", "__proto__", "../x", "<b>", "\u0000", "x".repeat(5000)]) {
      const path = `/api/sessions/${first!.sessionId}/messages/${encodeURIComponent(id)}`;
      const refused = await rein.fetch(path);
      expect([refused.status, await refused.json()]).toMatchObject([
        404,
        { error: { code: "message" } },
      ]);
    }
  });
});

describe("the context note", () => {
  const run = (id: string, startedAt: number, more: Partial<Run> = {}): Run => ({
    ...newRun(id),
    state: "settled",
    outcome: "done",
    startedAt,
    receipt: receiptOf(`echo ${id}`),
    ...more,
  });
  const sessionOf = (runs: Run[], more: Partial<Session> = {}) =>
    emptySession({ id: "s", runs, messages: runs.map(({ id }) => messageOf(id)), ...more });

  test("tells what was undone of a run beside the branch, of which an earlier note has told", () => {
    const changes = {
      state: "known" as const,
      files: [{ path: "x.txt", kind: "changed" as const }],
      count: 1,
      unseen: [],
      undoneAt: 40,
    };
    const runs = [run("a", 10), run("b", 20, { changes })];
    const session = sessionOf([...runs, run("c", 30, { follows: "a" })]);
    expect(contextNote(session)).toContain("undone what an earlier run changed. Restored: x.txt");
  });

  test("of a message said anew repeats that of the same place alone", () => {
    const runs = [run("a", 10), run("b", 20), run("x", 30, { follows: null })];
    const session = sessionOf([...runs, run("d", 40, { follows: "b" })]);
    session.messages.find(({ runId }) => runId === "x")!.note = "[of x]";
    session.messages.find(({ runId }) => runId === "d")!.note = "[of d]";
    const note = contextNote(session, "d");
    expect(note).toContain("[of d]");
    expect(note).toContain("echo d");
    expect(note).not.toMatch(/\[of x\]|echo [abx]/);
  });

  test("of an engine says that an earlier attempt is shown", () => {
    const runs = [run("a", 10), run("b", 20, { follows: null })];
    const session = sessionOf(runs, { engine: { id: "claude" }, tip: "a" });
    expect(contextNote(session)).toContain("gone back to an earlier attempt");
  });
});

/** A tree as one would draw it on paper. */
interface Place {
  id: string;
  children: Place[];
  parent?: Place;
}

test("whatever is said anew and shown, the branch is the path of the tree, and a page knows the places in it", () => {
  const step = fc.record({ what: fc.constantFrom("say", "again", "show", "sum"), at: fc.nat(40) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const session = emptySession({ id: "s" });
      const root: Place = { id: "", children: [] };
      const places = new Map<string, Place>();
      let tip = root;
      for (const [index, { what, at }] of steps.entries()) {
        const path = pathTo(tip);
        const again = path[at % Math.max(1, path.length)];
        const all = [...places.values()];
        const event = { seq: session.seq + 1 };
        if (what === "show") {
          if (all.length === 0) continue;
          const chosen = all[at % all.length]!;
          tip = newestUnder(chosen, places);
          expect(endOf(session, chosen.id)).toBe(tip.id);
          apply(session, { ...event, type: "branch-change", tip: tip.id, at: 0 });
        } else {
          const isAgain = what === "again" && again !== undefined;
          const parent = isAgain ? again.parent! : tip;
          const id = `r${index}`;
          const run = newRun(id, followed(session, isAgain ? again.id : undefined));
          tip = { id, children: [], parent };
          parent.children.push(tip);
          places.set(id, tip);
          apply(session, { ...event, type: "run-start", sessionId: "s", run });
          const message = messageOf(id);
          apply(session, { seq: session.seq + 1, type: "message-start", message });
        }
        expect(branchOf(session).map(({ runId }) => runId)).toEqual(
          pathTo(tip).map(({ id }) => id),
        );
      }
      const page = withNewestMessages(structuredClone(session));
      for (const { id } of pathTo(tip)) {
        const place = places.get(id)!;
        const beside = place.parent!.children.map((one) => one.id);
        expect(placesOf(session, id).toSorted()).toEqual(beside.toSorted());
        expect(placesOf(page, id).toSorted()).toEqual(beside.toSorted());
        expect(parentOf(session, id) ?? "").toBe(place.parent!.id);
      }
      expect(forksOf(session, new Set(places.keys())).length).toBe(
        [root, ...places.values()].filter(({ children }) => children.length > 1).length,
      );
    }),
  );
});

test("a page of a long branch has its newest messages, and the places of those it does not show", () => {
  const session = emptySession({ id: "s" });
  const say = (id: string, retryOf?: string) => {
    const run = { ...newRun(id, followed(session, retryOf)), state: "settled" as const };
    apply(session, { seq: session.seq + 1, type: "run-start", sessionId: "s", run });
    apply(session, { seq: session.seq + 1, type: "message-start", message: messageOf(id) });
  };
  for (let index = 0; index < 150; index++) say(`a${index}`);
  say("b", "a140");
  for (let index = 0; index < 120; index++) say(`c${index}`);
  apply(session, { seq: session.seq + 1, type: "branch-change", tip: "a149", at: 0 });
  const page = withNewestMessages(session);
  expect(page.messages.map(({ id }) => id)).toEqual(
    Array.from({ length: 100 }, (_, index) => `m-a${index + 50}`),
  );
  expect(page.earlier).toBe(50);
  expect(placesOf(page, "a140")).toEqual(["a140", "b"]);
  expect(placesOf(page, "a50")).toEqual(["a50"]);
  expect(branchOf(page)).toEqual(page.messages);
});

function receiptOf(subject: string): Receipt {
  const toolCalls = [{ id: subject, name: "bash", subject, outcome: "done" as const, output: "" }];
  const nothing = { processes: [], survivors: [], subagents: [], usage: noUsage };
  return { settledMs: 0, modelCalls: 1, modelCallsClosed: 0, toolCalls, ...nothing };
}

function pathTo(place: Place): Place[] {
  return place.parent === undefined ? [] : [...pathTo(place.parent), place];
}

function newestUnder(place: Place, places: Map<string, Place>): Place {
  const order = [...places.values()];
  const under = (one: Place): Place[] => [one, ...one.children.flatMap(under)];
  return under(place)
    .toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
    .at(-1)!;
}

function messageOf(runId: string): Message {
  return { id: `m-${runId}`, runId, role: "user", parts: [], createdAt: 0 };
}
