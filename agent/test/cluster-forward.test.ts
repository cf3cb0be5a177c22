/** Any node shows, stops, pauses, steers, queues and undoes the sessions of any other one: the owner's own answer is what comes. */
import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Approval, Session, SessionSummary, StopAnswer } from "../shared/protocol";
import { clusterScene } from "./cluster-scene";
import { allowing, pause, queue, resume, unqueue } from "./control-api";
import { isAlive, untilFile } from "./machine-facts";
import { lacksPostgres } from "./postgres";
import type { Chat, Rein } from "./rein";
import { pngWith } from "./sample-files";
import { UiChat } from "./ui-chat";
import { hang, makeGate, text, toolCall } from "./upstream/upstream";
import { untilAsync } from "./within";

const { cluster } = clusterScene({ names: ["a", "b"] });
const skips = lacksPostgres !== "";
const node = (name: string) => cluster.node(name);

/** Which node has answered. */
const answeredBy = (response: Response) => response.headers.get("X-Rein-Node");

const begun = (chat: Chat) => chat.until(({ type }) => type === "run-start");

async function post<T>(rein: Rein, path: string, body: object = {}): Promise<T> {
  return rein.json<T>(path, { method: "POST", body: JSON.stringify(body) });
}

describe.skipIf(skips)(`at another node${lacksPostgres}`, () => {
  test("a stop ends a command with its children on the owner, and its receipt names them", async () => {
    const [a, b] = [node("a"), node("b")];
    const command = "sleep 1000 & echo $! > new; mv new pid; sleep 1000; touch never";
    cluster.upstream.script([toolCall("bash", { command })]);
    const chat = a.send({ permissions: "all" });
    await chat.until(({ type }) => type === "tool-start");
    await untilFile(join(a.rein.cwd, "pid"));
    const pid = Number(readFileSync(join(a.rein.cwd, "pid"), "utf8"));
    const response = await b.rein.fetch(`/api/sessions/${chat.sessionId}/stop`, { method: "POST" });
    expect(answeredBy(response)).toBe("a");
    const answer = (await response.json()) as StopAnswer;
    expect(isAlive(pid)).toBe(false);
    expect(answer).toMatchObject({
      stopped: true,
      outcome: "stopped",
      receipt: { stop: { by: "user", from: "api", point: "tool" }, survivors: [] },
    });
    expect(endedIn(answer)).toContain(pid);
    await chat.ended;
    expect(existsSync(join(a.rein.cwd, "never"))).toBe(false);
  });

  test("a stop of a run by its id alone, and of everything, reaches the node that has it", async () => {
    const [a, b] = [node("a"), node("b")];
    cluster.upstream.script([hang]);
    const chat = a.send();
    await begun(chat);
    const { answers } = await post<{ answers: StopAnswer[] }>(b.rein, "/api/stop", {
      runId: chat.runId,
    });
    expect(answers).toMatchObject([{ stopped: true, runId: chat.runId }]);
    await chat.ended;
    cluster.upstream.script([hang], [hang]);
    const [one, two] = [a.send(), b.send()];
    await Promise.all([begun(one), begun(two)]);
    const all = await post<{ answers: StopAnswer[]; unreached?: unknown }>(b.rein, "/api/stop");
    expect(all.unreached).toBeUndefined();
    const stopped = all.answers.flatMap((answer) => (answer.stopped ? [answer.runId] : []));
    expect(new Set(stopped)).toEqual(new Set([one.runId, two.runId]));
    await Promise.all([one.ended, two.ended]);
  });

  test("a stop by an id that runs of two nodes have stops the one that runs", async () => {
    const runId = "chosen-by-a-caller";
    cluster.upstream.script([text("Fine.")]);
    const first = node("a").send({ runId });
    await first.ended;
    await cluster.settled(runId);
    cluster.upstream.script([hang]);
    const second = node("b").send({ runId });
    await begun(second);
    await untilAsync(
      async () => (await cluster.sql`SELECT 1 FROM rein.runs WHERE id = ${runId}`).length === 2,
      "the database has both",
    );
    const { answers } = await post<{ answers: StopAnswer[] }>(node("a").rein, "/api/stop", {
      runId,
    });
    expect(answers).toMatchObject([{ stopped: true }]);
    await second.ended;
  });

  test("a run is stopped before its message comes, wherever that comes", async () => {
    const [a, b] = [node("a"), node("b")];
    await post(b.rein, "/api/stop", { runId: "the-late-run" });
    const chat = a.send({ runId: "the-late-run" });
    await chat.ended;
    expect(chat.session.runs).toMatchObject([{ id: "the-late-run", outcome: "stopped" }]);
    expect(cluster.upstream.requests).toEqual([]);
  });

  test("a client that hangs up there stops the run that is to end with it", async () => {
    const [a, b] = [node("a"), node("b")];
    cluster.upstream.script([text("Hello.")], [hang]);
    const first = a.send();
    await first.ended;
    const second = b.rein.chat({ message: "More", sessionId: first.sessionId });
    const request = await cluster.upstream.request(1);
    second.hangUp();
    expect(await request.ended).toBe("client");
    await untilAsync(async () => {
      const { runs } = await a.rein.session(first.sessionId);
      return runs.at(-1)?.stop?.by === "disconnect";
    }, "the run is stopped by the hang-up");
  });

  test("a message streams its answer, is paused, resumed and queued behind, and the list shows it", async () => {
    const [a, b] = [node("a"), node("b")];
    const gate = makeGate();
    cluster.upstream.script([text("One ")], [text("Two ", gate, "three.")], [text("Four.")]);
    const first = a.send();
    await first.ended;
    const id = first.sessionId;
    const chat = b.rein.chat({ message: "More", sessionId: id, onDisconnect: "continue" });
    await chat.until(({ type }) => type === "part-delta");
    expect(await pause(b.rein, id)).toMatchObject({ held: true });
    expect(await resume(b.rein, id)).toMatchObject({ held: false });
    const [waiting] = await queue(b.rein, id, { message: "And then" });
    expect((await a.rein.session(id)).queue).toMatchObject([{ id: waiting!.id }]);
    expect((await unqueue(b.rein, id, waiting!.id)).status).toBe(200);
    expect(await listed(b.rein, id)).toMatchObject({ node: "a", title: "Do it" });
    gate.open();
    await chat.ended;
    expect(textsOf(await b.rein.session(id))).toEqual(["Do it", "One ", "More", "Two three."]);
  });

  test("an approval is answered, by whichever node is asked", async () => {
    const [a, b] = [node("a"), node("b")];
    cluster.upstream.script([toolCall("bash", { command: "touch allowed" })], [text("Done.")]);
    const chat = a.send();
    const event = await chat.until(({ type }) => type === "approval-request");
    const { approval } = event as { approval: Approval } & typeof event;
    const body = JSON.stringify(allowing(approval));
    const path = `/api/approvals/${approval.id}`;
    const response = await b.rein.fetch(path, { method: "POST", body });
    expect([response.status, answeredBy(response)]).toEqual([200, "a"]);
    await chat.ended;
    expect(existsSync(join(a.rein.cwd, "allowed"))).toBe(true);
    expect((await b.rein.fetch(path, { method: "POST", body })).status).toBe(404);
  });

  test("what a run has changed is shown and undone", async () => {
    const [a, b] = [node("a"), node("b")];
    const target = join(a.rein.cwd, "made");
    cluster.upstream.script([toolCall("write", { path: target, content: "x" })], [text("Done.")]);
    const chat = a.send({ permissions: "all" });
    await chat.ended;
    const path = `/api/sessions/${chat.sessionId}/runs/${chat.runId}`;
    await untilAsync(async () => {
      const { changes } = await b.rein.json<{ changes: { state: string } }>(`${path}/changes`);
      return changes.state === "known";
    }, "the changes are known");
    await post(b.rein, `${path}/undo`);
    expect(existsSync(target)).toBe(false);
    await post(b.rein, `${path}/redo`);
    expect(readFileSync(target, "utf8")).toBe("x");
  });

  test("a background process is listed, read and stopped", async () => {
    const [a, b] = [node("a"), node("b")];
    const command = "echo $$ > new; mv new pid; echo begun; sleep 1000";
    cluster.upstream.script([toolCall("bash", { command, background: true })], [text("Done.")]);
    const chat = a.send({ permissions: "all" });
    await chat.ended;
    await untilFile(join(a.rein.cwd, "pid"));
    const path = `/api/sessions/${chat.sessionId}/processes`;
    const { processes } = await b.rein.json<{ processes: { id: string }[] }>(path);
    const pid = Number(readFileSync(join(a.rein.cwd, "pid"), "utf8"));
    await post(b.rein, `${path}/${processes[0]!.id}/stop`);
    expect(isAlive(pid)).toBe(false);
  });

  test("a session is renamed, copied, exported, deleted and brought back", async () => {
    const [a, b] = [node("a"), node("b")];
    cluster.upstream.script([text("Hello.")]);
    const { ended, sessionId } = await settled(a.send());
    await ended;
    const path = `/api/sessions/${sessionId}`;
    await b.rein.json(path, { method: "PATCH", body: JSON.stringify({ title: "Named at b" }) });
    expect((await a.rein.session(sessionId)).title).toBe("Named at b");
    const copy = await post<{ session: Session }>(b.rein, `${path}/fork`);
    expect((await a.rein.session(copy.session.id)).forkedFrom).toMatchObject({ sessionId });
    const exported = await b.rein.fetch(`${path}/export`);
    expect(exported.headers.get("Content-Disposition")).toContain("Named");
    expect(await exported.text()).toContain("Hello.");
    await b.rein.json(`${path}?undo=1`, { method: "DELETE" });
    expect((await b.rein.fetch(path)).status).toBe(404);
    await post(b.rein, `${path}/restore`);
    expect((await b.rein.session(sessionId)).title).toBe("Named at b");
  });

  test("a file is uploaded for the session, sent with a message, and shown", async () => {
    const [a, b] = [node("a"), node("b")];
    cluster.upstream.script([text("Hello.")], [text("Seen.")], [text("Again.")]);
    const { sessionId } = await settled(a.send());
    const upload = (query: string) =>
      b.rein.fetch(`/api/files${query}`, { method: "POST", body: pngWith("3") });
    const response = await upload(`?sessionId=${sessionId}`);
    expect(answeredBy(response)).toBe("a");
    const { hash } = (await response.json()) as { hash: string };
    const files = [{ hash, name: "picture.png" }];
    await settled(b.rein.chat({ message: "Look", sessionId, files }));
    const shown = await b.rein.fetch(`/api/files/${hash}`);
    expect(Buffer.from(await shown.arrayBuffer())).toEqual(Buffer.from(pngWith("3")));
    // Uploaded here, without a word of the session.
    const other = (await (
      await b.rein.fetch("/api/files", { method: "POST", body: pngWith("4") })
    ).json()) as { hash: string };
    const more = [{ hash: other.hash, name: "other.png" }];
    const chat = await settled(b.rein.chat({ message: "And this", sessionId, files: more }));
    expect(chat.session.runs.at(-1)?.outcome).toBe("done");
  });

  test("a file that is at a node which is silent is not said to be missing", async () => {
    const [a, b] = [node("a"), node("b")];
    const sent = { method: "POST", body: pngWith("5") };
    const { hash } = (await (await b.rein.fetch("/api/files", sent)).json()) as { hash: string };
    b.freeze();
    const files = [{ hash, name: "picture.png" }];
    const body = JSON.stringify({
      message: "Look",
      files,
      provider: "openai-chat",
      model: "local-model",
    });
    const refused = await a.rein.fetch("/api/chat", { method: "POST", body });
    b.resume();
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({
      error: {
        code: "undelivered",
        node: "b",
        message: expect.stringContaining("An attached file has not come from “b”"),
      },
    });
  });

  test("a new session is made on the node that is named, in a directory of its machine", async () => {
    const [a, b] = [node("a"), node("b")];
    cluster.upstream.script([text("One.")], [text("Two.")], [text("Three.")]);
    const inBody = await settled(a.send({ node: "b" }));
    expect(answeredBy(await inBody.response)).toBe("b");
    expect((await b.rein.session(inBody.sessionId)).cwd).toBe(b.rein.cwd);
    const request = { message: "Hi", provider: "openai-chat", model: "local-model" };
    const inHeader = await settled(a.rein.chat(request, { "X-Rein-Node": "b" }));
    expect(answeredBy(await inHeader.response)).toBe("b");
    const here = await settled(a.send());
    expect(answeredBy(await here.response)).toBe("a");
    const unknown = await a.rein.fetch("/api/chat", {
      method: "POST",
      body: JSON.stringify({ ...request, node: "z" }),
    });
    expect(await unknown.json()).toMatchObject({ error: { code: "node" } });
  });

  test("the chat of the AI SDK goes on in its session, wherever that is", async () => {
    const [a, b] = [node("a"), node("b")];
    cluster.upstream.script([text("One.")], [text("Two.")]);
    const id = crypto.randomUUID();
    const first = new UiChat(a.rein, { cwd: a.rein.cwd }, id);
    await first.sendMessage({ text: "Hi" });
    const second = new UiChat(b.rein, { cwd: undefined }, id, first.messages);
    await second.sendMessage({ text: "More" });
    expect(second.errors).toEqual([]);
    expect(textsOf(await a.rein.session(id))).toEqual(["Hi", "One.", "More", "Two."]);
    expect(await listed(b.rein, id)).toMatchObject({ node: "a" });
  });

  test("a request without a session is answered by the node that it names", async () => {
    const [a, b] = [node("a"), node("b")];
    const path = async (query: string, headers = {}) => {
      const response = await a.rein.fetch(`/api/directories${query}`, { headers });
      return [answeredBy(response), ((await response.json()) as { path: string }).path];
    };
    expect(await path("")).toEqual(["a", a.rein.cwd]);
    expect(await path("", { "X-Rein-Node": "b" })).toEqual(["b", b.rein.cwd]);
    expect(await path("?node=b")).toEqual(["b", b.rein.cwd]);
    expect(await path("?node=a")).toEqual(["a", a.rein.cwd]);
    const stranger = await a.rein.fetch("/api/directories", { headers: { "X-Rein-Node": "z" } });
    expect(stranger.status).toBe(404);
  });
});

/** The row of a session, once this node lists it. */
async function listed(rein: Rein, id: string): Promise<SessionSummary> {
  let found: SessionSummary[] = [];
  await untilAsync(async () => {
    const { sessions } = await rein.json<{ sessions: SessionSummary[] }>("/api/sessions");
    found = sessions.filter((one) => one.id === id);
    return found.length > 0;
  }, `the session ${id} is in the list`);
  expect(found).toHaveLength(1);
  return found[0]!;
}

async function settled(chat: Chat): Promise<Chat> {
  await chat.ended;
  return chat;
}

function endedIn(answer: StopAnswer): number[] {
  return answer.stopped ? (answer.receipt?.processes ?? []).map(({ pid }) => pid) : [];
}

function textsOf({ messages }: Session): string[] {
  return messages.flatMap(({ parts }) =>
    parts.flatMap((part) => (part.type === "text" ? [part.text] : [])),
  );
}
