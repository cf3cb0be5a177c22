/** Plan mode: the session reads and changes nothing, until a person has approved its plan. */
import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPlanTool } from "../server/agent/plan-tool";
import { toolCallsOf } from "../shared/message-parts";
import type { Approval, ApprovalReply, Permissions, Session } from "../shared/protocol";
import { scriptedAgent } from "./agents/agent-script";
import { apiScene } from "./api-scene";
import { allowing, pause, replyTo, resume, told, untilSession } from "./control-api";
import { testJobs } from "./processes-bench";
import type { Chat } from "./rein";
import { Caller, ToolBench } from "./tools-bench";
import { type Step, text, toolCall } from "./upstream/upstream";

const lack = (await testJobs().capabilities()).sandboxWorks ? "" : " (bwrap does not work)";
const sandboxed = lack ? test.skip : test;

const own = { "own-scripted": scriptedAgent({ script: [{ text: "None." }] }) };
const { upstream, rein, send, stop, post, restart, dataDir } = apiScene({
  request: { permissions: "plan" },
  settings: { engines: { own } },
});

const words = "1. Read `a.txt`\n2. Change it";
const plan = (plan = words): Step => toolCall("plan", { title: "Change a.txt", plan });
const write = (path: string): Step => toolCall("write", { path, content: "x" });
const bash = (command: string): Step => toolCall("bash", { command });

describe("in plan mode", () => {
  test("the model is offered no tool that edits, is told so, and can still be denied one", async () => {
    writeFileSync(join(rein.cwd, "a.txt"), "a");
    upstream.script([toolCall("read", { path: "a.txt" }), write("a.txt")], [text("I see.")]);
    const chat = send();
    await chat.ended;
    for (const name of ["plan", "todo", "read", "bash", "subagent"])
      expect(toolsAsked(0)).toContain(name);
    for (const name of ["write", "edit", "apply_patch"]) expect(toolsAsked(0)).not.toContain(name);
    expect(told(upstream.requests[0])).toContain("This session is in plan mode");
    const [read, denied] = callsOf(chat.session);
    expect(read).toMatchObject({ state: "done" });
    expect(read!.approval).toBeUndefined();
    expect(denied).toMatchObject({ state: "failed", error: expect.stringContaining("plan mode") });
    expect(readFileSync(join(rein.cwd, "a.txt"), "utf8")).toBe("a");
  });

  test("no allowance edits: neither a rule of the session nor one of the project", async () => {
    upstream.script([write("a.txt")], [text("Done.")]);
    const chat = send({ permissions: "ask" });
    await replyTo(rein, await asked(chat), allowing(await asked(chat), "session", 1));
    await chat.ended;
    const rule = { kind: "edit", match: "directory", path: "." };
    await post("/api/rules", { cwd: rein.cwd, effect: "allow", rule });
    upstream.script([write("b.txt")], [text("No.")]);
    const next = send({ sessionId: chat.sessionId, permissions: "plan" });
    await next.ended;
    expect(callsOf(next.session).at(-1)).toMatchObject({ state: "failed", name: "write" });
    expect(existsSync(join(rein.cwd, "b.txt"))).toBe(false);
  });

  sandboxed(
    `a command is asked, writes no file but in a /tmp that is emptied, and reaches no network${lack}`,
    async () => {
      using server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("in") });
      writeFileSync(join(rein.cwd, "a.txt"), "read me");
      const command =
        `cat a.txt; touch b.txt; echo x >> a.txt; mv a.txt c.txt; f=$(mktemp) && echo "$f" > "$f" && echo kept; ` +
        `(exec 3<>/dev/tcp/127.0.0.1/${server.port}) && echo reached; ls /tmp | wc -l`;
      upstream.script([bash(command)], [text("Hm.")]);
      const chat = send();
      const approval = await asked(chat);
      expect(approval).toMatchObject({ kind: "command", subject: command, readsOnly: true });
      await replyTo(rein, approval, allowing(approval));
      await chat.ended;
      const [call] = callsOf(chat.session);
      expect(call!.output).toContain("read me");
      expect(call!.output).toContain("kept");
      expect(call!.output).not.toContain("reached");
      expect(readdirSync(rein.cwd)).toEqual(["a.txt"]);
      expect(readFileSync(join(rein.cwd, "a.txt"), "utf8")).toBe("read me");
    },
  );

  test("a command is refused before anybody is asked where no sandbox works", async () => {
    const jobs = testJobs();
    const none = { sandboxWorks: false, noSandbox: "bubblewrap is not installed" };
    const capabilities = async () => ({ ...(await jobs.capabilities()), ...none });
    using bench = new ToolBench({ ...jobs, capabilities });
    const planning = new Caller(bench.tools, { ...bench.context, readsOnly: true });
    expect(String(await planning.failure("bash", { command: "touch a.txt" }))).toContain(
      "there is none here (bubblewrap is not installed): nothing was run",
    );
    expect(readdirSync(bench.cwd)).toEqual([]);
  });

  sandboxed(`a command in the background changes nothing either${lack}`, async () => {
    upstream.script(
      [toolCall("bash", { command: "touch b.txt; echo tried; sleep 300", background: true })],
      [toolCall("process", { action: "stop", id: "p1" })],
      [text("Hm.")],
    );
    const chat = send();
    await replyTo(rein, await asked(chat), allowing(await asked(chat)));
    await chat.ended;
    expect(callsOf(chat.session)).toMatchObject([
      { state: "done", output: expect.stringContaining("tried") },
      { state: "failed", error: expect.stringContaining("plan mode") },
    ]);
    expect(readdirSync(rein.cwd)).toEqual([]);
  });

  sandboxed(
    `a command that was asked about before is asked about again, read-only${lack}`,
    async () => {
      upstream.script([bash("touch b.txt")], [text("Hm.")]);
      const chat = send({ permissions: "ask" });
      const before = await asked(chat);
      await change(chat, "plan");
      await replyTo(rein, before, allowing(before));
      const after = await asked(chat, 1);
      expect([before.readsOnly, after.readsOnly]).toEqual([undefined, true]);
      await replyTo(rein, after, allowing(after));
      await chat.ended;
      expect(existsSync(join(rein.cwd, "b.txt"))).toBe(false);
    },
  );

  sandboxed(
    `what is always allowed in it is allowed no more than it was shown: read-only${lack}`,
    async () => {
      upstream.script([bash("touch b.txt")], [bash("touch b.txt")], [text("Hm.")]);
      const chat = send();
      const approval = await asked(chat);
      expect(approval.always[0]).toMatchObject({ command: "touch b.txt", readsOnly: true });
      await replyTo(rein, approval, allowing(approval, "session"));
      await chat.ended;
      expect(callsOf(chat.session)[1]!.approval).toBeUndefined();
      upstream.script([bash("touch b.txt")]);
      const next = send({ sessionId: chat.sessionId, permissions: "ask" });
      expect((await asked(next)).always[0]).not.toHaveProperty("readsOnly");
      await stop(next);
      expect(existsSync(join(rein.cwd, "b.txt"))).toBe(false);
    },
  );

  test("an edit that waits when it begins is denied, whatever the reply", async () => {
    upstream.script([write("a.txt")], [text("Hm.")]);
    const chat = send({ permissions: "ask" });
    const approval = await asked(chat);
    await change(chat, "plan");
    await replyTo(rein, approval, allowing(approval));
    await chat.ended;
    expect(callsOf(chat.session)).toMatchObject([{ state: "failed" }]);
    expect(existsSync(join(rein.cwd, "a.txt"))).toBe(false);
  });

  test("a subagent edits nothing either, and is told so", async () => {
    upstream.script(
      [toolCall("subagent", { role: "simple", title: "Try", task: "Try." })],
      [write("a.txt")],
      [text("I could not.")],
      [text("Hm.")],
    );
    const chat = send();
    await chat.ended;
    expect(told(upstream.requests[1])).toContain("Report what you found");
    expect(toolsAsked(1)).not.toContain("write");
    expect(told(upstream.requests[2])).toContain("no file is changed");
    expect(existsSync(join(rein.cwd, "a.txt"))).toBe(false);
  });

  test("no session with an engine begins, changes to it, or sends out one", async () => {
    const engine = { message: "Hello", engine: "own-scripted" };
    const refused = await rein.fetch("/api/chat", {
      method: "POST",
      body: JSON.stringify({ ...engine, permissions: "plan" }),
    });
    expect([refused.status, await refused.json()]).toMatchObject([
      400,
      { error: { code: "plan" } },
    ]);
    const chat = rein.chat({ ...engine, permissions: "ask" });
    await chat.ended;
    const patched = await patch(chat, "plan");
    expect([patched.status, await patched.json()]).toMatchObject([
      400,
      { error: { code: "plan" } },
    ]);
    await rein.json("/api/settings", {
      method: "PUT",
      body: JSON.stringify({ roles: { simple: { engine: "own-scripted" } } }),
    });
    upstream.script(
      [toolCall("subagent", { role: "simple", title: "Try", task: "Try." })],
      [text("Hm.")],
    );
    const parent = send();
    await parent.ended;
    expect(callsOf(parent.session)).toMatchObject([
      { state: "failed", error: expect.stringContaining("cannot hold an engine") },
    ]);
  });
});

describe("a plan", () => {
  test("waits for a person, and once it is approved the permissions change in the same tick", async () => {
    upstream.script([plan()], [write("a.txt")], [text("Done.")]);
    const chat = send();
    const approval = await asked(chat);
    expect(approval).toMatchObject({ kind: "plan", subject: words, always: [] });
    await replyTo(rein, approval, approving(approval, "edits"));
    expect((await rein.session(chat.sessionId)).permissions).toBe("edits");
    await chat.ended;
    expect(toolsAsked(1)).toContain("write");
    expect(toolsAsked(1)).not.toContain("plan");
    expect(callsOf(chat.session)).toMatchObject([
      { state: "done", output: expect.stringContaining("The user has approved the plan") },
      { state: "done", name: "write" },
    ]);
    const types = chat.events.map(({ type }) => type);
    expect(types.indexOf("session-update")).toBe(types.indexOf("approval-reply") - 1);
    expect(existsSync(join(rein.cwd, "a.txt"))).toBe(true);
  });

  test("that is allowed once is approved, and the session asks then", async () => {
    upstream.script([plan()], [text("I begin.")]);
    const chat = send();
    await replyTo(rein, await asked(chat), allowing(await asked(chat)));
    await chat.ended;
    expect(chat.session.permissions).toBe("ask");
    expect(callsOf(chat.session)).toMatchObject([{ state: "done" }]);
  });

  test("that a person has edited is what the model gets", async () => {
    upstream.script([plan()], [text("As you like.")]);
    const chat = send();
    const approval = await asked(chat);
    await replyTo(rein, approval, { ...approving(approval, "ask"), text: "1. Only read" });
    await chat.ended;
    expect(told(upstream.requests[1])).toContain("The user has edited the plan");
    expect(told(upstream.requests[1])).toContain("1. Only read");
  });

  test("that is refused with words leaves plan mode on, and the model goes on from them", async () => {
    upstream.script([plan()], [write("a.txt")], [text("Hm.")]);
    const chat = send();
    const { id } = await asked(chat);
    await replyTo(rein, { id }, { decision: "deny", message: "Ask about b.txt first" });
    await chat.ended;
    expect(chat.session.permissions).toBe("plan");
    expect(told(upstream.requests[1])).toContain("Ask about b.txt first");
    expect(callsOf(chat.session).map(({ state }) => state)).toEqual(["failed", "failed"]);
    expect(chat.session.runs).toMatchObject([{ outcome: "done" }]);
  });

  test("of two that are shown at once is approved alone, and the refusal of the other says what holds", async () => {
    upstream.script([plan("1. One way"), plan("1. Another way")], [text("Hm.")]);
    const chat = send();
    const [one, other] = [await asked(chat), await asked(chat, 1)];
    await replyTo(rein, one, approving(one, "edits"));
    await replyTo(rein, other, { decision: "deny" });
    await chat.ended;
    expect(chat.session.permissions).toBe("edits");
    const refused = callsOf(chat.session).find(({ approval }) => approval?.id === other.id);
    expect(refused).toMatchObject({
      state: "failed",
      error: expect.stringContaining("Plan mode is over"),
    });
  });

  test("is not approved by other replies: of another digest, an always, for plan mode, to a command", async () => {
    upstream.script([plan()], [bash("true")]);
    const chat = send();
    const approval = await asked(chat);
    const digest = approval.digest.replace(/./, (first) => (first === "0" ? "1" : "0"));
    const refused = [
      await answer(approval, { ...approving(approval, "all"), digest }),
      await answer(approval, { decision: "session", digest: approval.digest, rule: 0 }),
      await answer(approval, { ...approving(approval, "all"), permissions: "plan" }),
      await answer(approval, { ...approving(approval, "all"), text: " " }),
    ];
    expect(refused).toEqual([409, 400, 400, 400]);
    expect((await rein.session(chat.sessionId)).permissions).toBe("plan");
    await replyTo(rein, approval, approving(approval, "ask"));
    const command = await asked(chat, 1);
    expect(await answer(command, approving(command, "all"))).toBe(400);
    const { permissions, runs } = await rein.session(chat.sessionId);
    expect([permissions, runs[0]!.state]).toEqual(["ask", "waiting"]);
  });

  test("is not approved by a switch to more permissions", async () => {
    upstream.script([plan()], [text("Hm.")]);
    const chat = send();
    const approval = await asked(chat);
    await change(chat, "all");
    expect((await rein.session(chat.sessionId)).runs[0]!.state).toBe("waiting");
    await replyTo(rein, approval, approving(approval, "edits"));
    await chat.ended;
    expect(chat.session.permissions).toBe("edits");
  });

  test("that waits when its run is stopped stays readable, in plan mode, and is named by its title", async () => {
    upstream.script([plan()]);
    const chat = send();
    const approval = await asked(chat);
    expect(await stop(chat)).toMatchObject({
      receipt: { stop: { point: "approval" }, during: "Change a.txt" },
    });
    await chat.ended;
    expect(chat.session.permissions).toBe("plan");
    expect(callsOf(chat.session)).toMatchObject([
      { state: "stopped", input: { plan: words }, approval: { subject: words } },
    ]);
    expect(await answer(approval, approving(approval, "all"))).toBe(404);
    expect((await rein.session(chat.sessionId)).permissions).toBe("plan");
  });

  test("in a run in which nobody is asked is its answer, and waits for nothing", async () => {
    using bench = new ToolBench();
    bench.session.permissions = "plan";
    const tool = createPlanTool(bench.session, true);
    const planning = new Caller([tool], bench.context);
    const call = { title: "Go", plan: "1. Go" };
    expect(await planning.permission("plan", call)).toBeUndefined();
    expect((await planning.call("plan", call)).text).toContain("your plan is its answer");
  });

  test("outside of plan mode is not asked about", async () => {
    upstream.script([plan()], [text("Hm.")]);
    const chat = send({ permissions: "all" });
    await chat.ended;
    expect(callsOf(chat.session)).toMatchObject([
      { state: "failed", error: expect.stringContaining("not in plan mode") },
    ]);
    expect(callsOf(chat.session)[0]!.approval).toBeUndefined();
  });

  test("that is approved while the run is paused is carried out by the next server", async () => {
    dataDir();
    upstream.script([plan()]);
    const chat = send();
    const approval = await asked(chat);
    await pause(rein, chat.sessionId);
    await untilSession(chat, ({ runs }) => runs[0]?.pause !== undefined);
    await replyTo(rein, approval, { ...approving(approval, "edits"), text: "1. Only this" });
    await untilSession(chat, ({ runs }) => runs[0]?.pause?.state === "paused");
    const { cwd } = rein;
    await restart();
    const kept = await rein.session(chat.sessionId);
    expect([kept.permissions, kept.cwd]).toEqual(["edits", cwd]);
    upstream.script([text("I begin.")]);
    const next = rein.follow(chat.sessionId);
    await next.until(({ type }) => type === "snapshot");
    await resume(rein, chat.sessionId);
    await next.until(({ type }) => type === "run-end");
    expect(callsOf(next.session)).toMatchObject([
      { state: "done", output: expect.stringContaining("1. Only this") },
    ]);
  });
});

function approving({ digest }: Approval, permissions: Exclude<Permissions, "plan">) {
  return { decision: "plan", digest, permissions } satisfies ApprovalReply;
}

async function asked(chat: Chat, index = 0): Promise<Approval> {
  const all = () =>
    chat.events.flatMap((event) => (event.type === "approval-request" ? event.approval : []));
  await chat.until(() => all().length > index);
  return all()[index]!;
}

async function answer({ id }: Approval, body: object): Promise<number> {
  const init = { method: "POST", body: JSON.stringify(body) };
  return (await rein.fetch(`/api/approvals/${id}`, init)).status;
}

function patch(chat: Chat, permissions: Permissions): Promise<Response> {
  const init = { method: "PATCH", body: JSON.stringify({ permissions }) };
  return rein.fetch(`/api/sessions/${chat.sessionId}`, init);
}

async function change(chat: Chat, permissions: Permissions): Promise<void> {
  expect((await patch(chat, permissions)).status).toBe(200);
}

/** The names of the tools that the model was offered, sorted. */
function toolsAsked(index: number): string[] {
  const tools = upstream.requests[index]!.body["tools"] as { function: { name: string } }[];
  return tools.map((one) => one.function.name).toSorted();
}

function callsOf({ messages }: Session) {
  return messages.flatMap(toolCallsOf);
}
