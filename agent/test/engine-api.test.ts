/** A session that an engine drives, through a real server and a real program: what a stop of it leaves, and what the next message finds. */
import { beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRun } from "../shared/session-lookup";
import { toolCallsOf } from "../shared/message-parts";
import type { ChatRequest, SettingsRequest } from "../shared/requests";
import type { Approval, Pause, Session, SessionEvent, ToolCallPart } from "../shared/protocol";
import { play, scriptedAgent, scriptedProgram } from "./agents/agent-script";
import { apiScene, settledWithChanges } from "./api-scene";
import { allowing, pause, queue, resume } from "./control-api";
import { isAlive, isFrozen } from "./machine-facts";
import { isRunning, testJobs } from "./processes-bench";
import type { Chat } from "./rein";
import { lastingDirectory } from "./temporary-directory";
import { text, toolCall } from "./upstream/upstream";
import { until } from "./within";

const { proof } = await testJobs().capabilities();
const lack = proof === "supervisor and cgroup" ? "" : " (no cgroup of its own)";
const withCgroup = lack ? test.skip : test;

const home = lastingDirectory("rein-engine-home-");
const own = {
  "own-scripted": scriptedAgent({ home }),
  "own-forgetful": { ...scriptedAgent({ resume: "fail" }), name: "Forgetful" },
};
/** In the place of an agent that uses a provider, through the gate. */
const paths = { "claude-acp": scriptedProgram(home, { home: "conversations" }) };
const scene = apiScene({ settings: { engines: { own, paths } } });
const { rein, upstream, defer, post } = scene;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rein-engine-"));
  defer(() => rmSync(directory, { recursive: true, force: true }));
});

/** Sends a first message to the scripted agent by its own log-in. */
const begin = (message: string, more: Partial<ChatRequest> = {}) =>
  rein.chat({ message, engine: "own-scripted", permissions: "all", ...more });

const settings = (request: SettingsRequest) =>
  rein.json("/api/settings", { method: "PUT", body: JSON.stringify(request) });

const next = (chat: Chat, message: string) =>
  rein.chat({ sessionId: chat.sessionId, message, interrupt: true });

const isText = (event: SessionEvent) => event.type === "part-delta" && event.field === "text";
const isOutput = (event: SessionEvent) => event.type === "part-delta" && event.field === "output";

const subagentOf = (event: SessionEvent) => "agentId" in event && event.agentId;

function answerOf({ messages }: Session): string {
  const parts = messages.findLast(({ role }) => role === "assistant")?.parts ?? [];
  return parts.flatMap((part) => (part.type === "text" ? part.text : [])).join("");
}

test("its answer streams, and the next message is in the same conversation", async () => {
  const chat = begin(play({ thought: "Hm." }, { text: "Hello" }));
  await chat.ended;
  expect(chat.session).toMatchObject({
    engine: { id: "own-scripted", conversationId: expect.any(String), version: expect.any(String) },
    provider: "own-scripted",
  });
  expect(answerOf(chat.session)).toBe("Hello");
  const second = next(chat, play({ recall: true }));
  await second.ended;
  expect(JSON.parse(answerOf(await rein.session(chat.sessionId)))).toHaveLength(2);
});

test("a stop ends what a command has left behind, tells the engine apart, and the next message goes on", async () => {
  const pidFile = join(directory, "pid");
  const command = `echo begun; setsid sh -c 'echo $$ > ${pidFile}; exec sleep 300' & sleep 300`;
  const chat = begin(
    play({ onCancel: "idle-first" }, { text: "First" }, { tool: { id: "a", command, live: true } }),
  );
  await chat.until(isOutput);
  await until(() => existsSync(pidFile) && readFileSync(pidFile, "utf8").endsWith("\n"));
  const pid = Number(readFileSync(pidFile, "utf8"));
  const answer = await rein.stop(chat.sessionId, { runId: chat.runId });
  const receipt = answer.stopped ? answer.receipt! : undefined;
  expect(isRunning(pid)).toBe(false);
  expect(receipt).toMatchObject({
    engine: { id: "own-scripted", name: "Scripted", waited: "idle", connection: "engine" },
    toolCalls: [{ outcome: "stopped", subject: command }],
    survivors: [],
  });
  expect(receipt!.processes.map((one) => one.pid)).toContain(pid);
  expect(receipt!.engine!.processes).toHaveLength(1);
  expect(receipt!.processes.map((one) => one.pid)).not.toContain(
    receipt!.engine!.processes[0]!.pid,
  );
  await chat.ended;
  const second = next(chat, play({ recall: true }));
  await second.ended;
  const said = JSON.parse(answerOf(await rein.session(chat.sessionId))) as string[];
  expect(said).toHaveLength(2);
  expect(said[1]).toContain("The previous run was stopped by the user");
});

test("a command that its own interrupt has ended is among those that the stop has ended", async () => {
  const command = "echo begun; exec sleep 300";
  const tool = { id: "a", command, live: true, endsAfterCancel: true } as const;
  const chat = begin(play({ tool }));
  await chat.until(isOutput);
  const answer = await rein.stop(chat.sessionId, { runId: chat.runId });
  const receipt = answer.stopped ? answer.receipt! : undefined;
  expect(receipt!.processes).toHaveLength(1);
  expect(receipt!.engine!.processes).toHaveLength(1);
});

test("an engine that ignores the interrupt is killed at the second press", async () => {
  const chat = begin(play({ text: "Hello" }, { onCancel: "ignore" }, { hang: true }));
  await chat.until(isText);
  const first = rein.stop(chat.sessionId, { runId: chat.runId });
  const hard = await rein.stop(chat.sessionId, { runId: chat.runId, hard: true });
  expect(hard).toMatchObject({ outcome: "stopped", receipt: { engine: { waited: "nothing" } } });
  expect(await first).toEqual(hard);
});

test("a message that interrupts is answered after the stop, in the same conversation", async () => {
  const chat = begin(play({ text: "Hello" }, { hang: true }));
  await chat.until(isText);
  const second = next(chat, play({ recall: true }));
  await second.ended;
  const session = await rein.session(chat.sessionId);
  expect(session.runs.map(({ outcome }) => outcome)).toEqual(["stopped", "done"]);
  expect(JSON.parse(answerOf(session))).toHaveLength(2);
});

test("a message for the running model is the next turn of the run", async () => {
  const go = join(directory, "go");
  const chat = begin(play({ text: "Hello" }, { wait: go }));
  await chat.until(isText);
  await queue(rein, chat.sessionId, { message: play({ text: "Second" }), waitsFor: "turn" });
  writeFileSync(go, "");
  await chat.ended;
  expect(chat.session.runs).toHaveLength(1);
  expect(chat.session.messages.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "user",
    "assistant",
  ]);
  expect(answerOf(chat.session)).toBe("Second");
});

const ask = play({ tool: { id: "a", command: "echo ran", ask: true } }, { text: "After" });

const approvalIn = (event: SessionEvent): Approval | undefined =>
  event.type === "approval-request" ? event.approval : undefined;

const lastCall = (session: Session): ToolCallPart => session.messages.flatMap(toolCallsOf).at(-1)!;

test("a question is asked on its call, and a word of denial reaches the run", async () => {
  const chat = begin(ask, { permissions: "ask" });
  const event = await chat.until((one) => approvalIn(one) !== undefined);
  await post(`/api/approvals/${approvalIn(event)!.id}`, allowing(approvalIn(event)!));
  await chat.ended;
  expect(lastCall(chat.session)).toMatchObject({ state: "done", output: "ran\n" });

  const second = next(chat, ask);
  const asked = await second.until((one) => approvalIn(one) !== undefined);
  await post(`/api/approvals/${approvalIn(asked)!.id}`, { decision: "deny", message: "Never" });
  await second.ended;
  expect(lastCall(await rein.session(chat.sessionId))).toMatchObject({ state: "failed" });
});

test("a stop while it asks runs nothing", async () => {
  const chat = begin(ask, { permissions: "ask" });
  await chat.until((one) => approvalIn(one) !== undefined);
  await rein.stop(chat.sessionId, { runId: chat.runId });
  await chat.ended;
  expect(lastCall(chat.session)).toMatchObject({ state: "stopped", output: "" });
  expect(chat.session.runs[0]!.stop!.point).toBe("approval");
});

test("what it has changed is undone", async () => {
  const chat = begin(play({ tool: { id: "a", command: "echo new > made.txt" } }));
  await settledWithChanges(rein, chat);
  const file = join(chat.session.cwd, "made.txt");
  expect(existsSync(file)).toBe(true);
  expect(findRun(chat.session, chat.runId)?.changes).toMatchObject({ count: 1 });
  await post(`/api/sessions/${chat.sessionId}/runs/${chat.runId}/undo`, {});
  expect(existsSync(file)).toBe(false);
});

test("nothing of it lives when its session is deleted", async () => {
  const chat = begin(play({ text: "Hello" }, { hang: true }));
  await chat.until(isText);
  const pids = () => engineProcesses(chat.session.cwd);
  expect(pids()).not.toEqual([]);
  await rein.fetch(`/api/sessions/${chat.sessionId}`, { method: "DELETE" });
  expect(pids()).toEqual([]);
});

/** The processes of scripted agents that work here. */
function engineProcesses(cwd: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    try {
      const isHere = readlinkSync(`/proc/${name}/cwd`) === cwd;
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      return isHere && command.includes("scripted-acp-agent") ? Number(name) : [];
    } catch {
      return [];
    }
  });
}

/** The same through the gate. */
const beginGated = (message: string, more: Partial<ChatRequest> = {}) =>
  begin(message, {
    engine: "claude-acp",
    provider: "anthropic",
    model: "claude-of-tomorrow",
    ...more,
  });

test("through the gate its requests are counted, and a stop closes them", async () => {
  upstream.script([text("From the model")]);
  const chat = beginGated(play({ model: "Say it" }));
  // At once, for a server that is killed.
  const counted = await chat.until(({ type }) => type === "message-usage");
  await chat.ended;
  expect(answerOf(chat.session)).toContain("From the model");
  const { usage, receipt } = chat.session.runs[0]!;
  expect(usage.outputTokens).toBeGreaterThan(0);
  expect(counted).toMatchObject({ usage: { outputTokens: usage.outputTokens } });
  expect(receipt).toMatchObject({ modelCalls: 1, engine: { connection: "rein" } });
});

test("through the gate each session has a home of its own, which is removed with it", async () => {
  const chat = beginGated(play({ text: "Blue" }));
  const other = beginGated(play({ text: "Red" }));
  await Promise.all([chat.ended, other.ended]);
  const homes = join(rein.dataDir, "engines");
  const filesOf = ({ sessionId, session }: Chat) =>
    readdirSync(join(homes, sessionId, "claude-acp/conversations")).map((name) =>
      name.replace(session.engine!.conversationId!, "its own"),
    );
  expect([filesOf(chat), filesOf(other)]).toEqual([["its own.json"], ["its own.json"]]);
  await rein.fetch(`/api/sessions/${chat.sessionId}`, { method: "DELETE" });
  expect(readdirSync(homes)).not.toContain(chat.sessionId);
  expect(filesOf(other)).toEqual(["its own.json"]);
  const again = next(other, play({ recall: true }));
  await again.ended;
  expect(answerOf(again.session)).toContain("Red");
});

test("a pause holds its next request to the model, and a resume lets it through", async () => {
  upstream.script([text("From the model")]);
  const go = join(directory, "go");
  const chat = beginGated(play({ text: "Hello" }, { wait: go }, { model: "Say it" }));
  await chat.until(isText);
  await pause(rein, chat.sessionId);
  writeFileSync(go, "");
  await chat.until((event) => event.type === "run-pause" && event.pause?.state === "paused");
  expect(upstream.requests).toEqual([]);
  await resume(rein, chat.sessionId);
  await chat.ended;
  expect(answerOf(chat.session)).toContain("From the model");
});

test("a limit in turns counts its requests, and stops it like a person", async () => {
  upstream.script([text("One")], [text("Two")]);
  const limits = { turns: 1 };
  const chat = beginGated(play({ model: "One" }, { model: "Two" }), { limits });
  await chat.until((event) => event.type === "run-pause" && event.pause?.state === "paused");
  expect(chat.session.runs[0]!.pause?.reached).toMatchObject({ kind: "turns", used: 1, of: 1 });
  await rein.stop(chat.sessionId, { runId: chat.runId });
  await chat.ended;
  expect(upstream.requests).toHaveLength(1);
});

test("a role of subagents has an engine, which is stopped with its subagent alone", async () => {
  await settings({ roles: { simple: { engine: "own-scripted" } } });
  const task = play({ text: "Looking" }, { hang: true });
  const input = { role: "simple", title: "Look around", task };
  upstream.script([toolCall("subagent", input)], [text("Without it, then.")]);
  const chat = scene.send({ permissions: "all" });
  await chat.until((event) => event.type === "part-delta" && event.agentId !== undefined);
  expect(engineProcesses(chat.session.cwd)).toHaveLength(1);
  const [card] = chat.session.messages.flatMap(toolCallsOf);
  expect(card!.subagent).toMatchObject({
    role: "simple",
    engine: { id: "own-scripted", name: "Scripted" },
  });
  const answer = await rein.stop(chat.sessionId, { runId: chat.runId, subagentId: card!.id });
  expect(answer).toMatchObject({ stopped: true, outcome: "stopped" });
  expect(engineProcesses(chat.session.cwd)).toEqual([]);
  await chat.ended;
  expect(chat.session.messages.flatMap(toolCallsOf)[0]).toMatchObject({
    state: "stopped",
    subagent: { messages: [{ role: "user" }, { outcome: "stopped" }] },
  });
  expect(answerOf(chat.session)).toBe("Without it, then.");
  await settings({ roles: { simple: {} } });
});

test("a hard stop of a subagent waits for no word of its engine", async () => {
  await settings({ roles: { simple: { engine: "own-scripted" } } });
  const task = play({ onCancel: "ignore" }, { text: "Looking" }, { hang: true });
  const input = { role: "simple", title: "Look around", task };
  upstream.script([toolCall("subagent", input)], [text("Without it, then.")]);
  const chat = scene.send({ permissions: "all" });
  await chat.until((event) => event.type === "part-delta" && event.agentId !== undefined);
  const [card] = chat.session.messages.flatMap(toolCallsOf);
  const named = { runId: chat.runId, subagentId: card!.id, hard: true };
  expect(await rein.stop(chat.sessionId, named)).toMatchObject({ outcome: "stopped" });
  expect(engineProcesses(chat.session.cwd)).toEqual([]);
  await chat.ended;
  const [subagent] = chat.session.runs[0]!.receipt!.subagents;
  expect(subagent).toMatchObject({ outcome: "stopped", engine: { waited: "nothing" } });
  await settings({ roles: { simple: {} } });
});

test("a stop with engines as subagents names the processes of each apart from their commands", async () => {
  await settings({ roles: { simple: { engine: "own-scripted" } } });
  const tool = { id: "t", command: "echo begun; exec sleep 300", live: true } as const;
  // Told to cancel, they leave their commands alone: else which of them is named is a matter of moments.
  const task = play({ onCancel: "idle-first" }, { tool });
  const inputs = ["One", "Two"].map((title) => ({ role: "simple", title, task }));
  upstream.script(inputs.map((input) => toolCall("subagent", input)));
  const chat = scene.send({ permissions: "all" });
  await until(() => new Set(chat.events.filter(isOutput).map(subagentOf)).size === 2);
  const alive = engineProcesses(chat.session.cwd);
  const answer = await rein.stop(chat.sessionId, { runId: chat.runId });
  const receipt = answer.stopped ? answer.receipt! : undefined;
  expect(receipt!.subagents).toMatchObject([
    { title: "One", engine: { name: "Scripted", processes: [{}] } },
    { title: "Two", engine: { name: "Scripted", processes: [{}] } },
  ]);
  const named = receipt!.subagents.flatMap(({ engine }) => engine!.processes.map(({ pid }) => pid));
  expect(new Set(named)).toEqual(new Set(alive));
  expect(receipt!.processes).toHaveLength(2);
  expect(receipt).not.toHaveProperty("engine");
  await settings({ roles: { simple: {} } });
});

test("a conversation that cannot be resumed goes on with what was said, and says so", async () => {
  const chat = begin(play({ text: "Blue" }), { engine: "own-forgetful" });
  await chat.ended;
  const cut = next(chat, play({ text: "Green" }, { hang: true }));
  await cut.until(isText);
  await rein.stop(chat.sessionId, { runId: cut.runId });
  await next(chat, play({ recall: true })).ended;
  const session = await rein.session(chat.sessionId);
  const [said] = JSON.parse(answerOf(session)) as string[];
  expect(said).toContain("| Assistant:\n| Blue");
  expect(session.messages.at(-1)!.parts[0]).toMatchObject({ type: "other", name: "notice" });
});

test("by its own log-in a pause comes after the turn, and the queue is kept", async () => {
  const go = join(directory, "go");
  const chat = begin(play({ text: "Hello" }, { wait: go }, { text: " there" }));
  await chat.until(isText);
  await queue(rein, chat.sessionId, { message: "Later" });
  await pause(rein, chat.sessionId);
  writeFileSync(go, "");
  await chat.ended;
  const session = await rein.session(chat.sessionId);
  expect(answerOf(session)).toBe("Hello there");
  expect(session.runs).toHaveLength(1);
  expect(session.queue).toMatchObject([{ text: "Later", waitsFor: "person" }]);
});

withCgroup(
  `by its own log-in a second pause freezes it, until it is resumed or stopped${lack}`,
  async () => {
    const file = join(directory, "ticks");
    const command = `echo begun; while :; do echo tick >> ${file}; sleep 0.02; done`;
    const chat = begin(play({ tool: { id: "a", command, live: true } }));
    await chat.until(isOutput);
    await until(() => existsSync(file));
    const size = () => statSync(file).size;
    const freeze = async () => {
      const held = { held: true, pause: { state: "pausing", atOnce: true } };
      expect(await pause(rein, chat.sessionId)).toMatchObject(held);
      const { pause: shown } = (await pause(rein, chat.sessionId, { cut: true })) as {
        pause?: Pause;
      };
      expect(shown).toMatchObject({ state: "paused" });
      expect(shown).not.toHaveProperty("atOnce");
      const [pid] = engineProcesses(chat.session.cwd);
      await until(() => isFrozen(pid!));
      return size();
    };

    const frozen = await freeze();
    await resume(rein, chat.sessionId);
    await until(() => size() > frozen);
    await freeze();
    const stop = await rein.stop(chat.sessionId, { runId: chat.runId });
    expect(stop).toMatchObject({
      outcome: "stopped",
      receipt: { stop: { point: "pause" }, survivors: [], proof: "proven" },
    });
    await next(chat, play({ text: "Still here" })).ended;
    expect(answerOf(await rein.session(chat.sessionId))).toBe("Still here");
  },
);

withCgroup(`at a limit in minutes its turn by its own log-in is frozen${lack}`, async () => {
  // The first time it is reached while the engine is being opened, and the second time in its turn.
  const limits = { minutes: 0.002 };
  const chat = begin(play({ text: "Hello" }, { hang: true }), { limits });
  const pauses = () =>
    chat.events.filter((event) => event.type === "run-pause" && event.pause?.state === "paused");
  await until(() => pauses().length === 1);
  await post(`/api/sessions/${chat.sessionId}/resume`, { by: 0.01 });
  await until(() => pauses().length === 2);
  expect(chat.session.runs[0]!.pause?.reached).toMatchObject({ kind: "minutes" });
  await rein.stop(chat.sessionId, { runId: chat.runId });
  await chat.ended;
});

test("a message that comes before the death of its idle process is known is answered by another one", async () => {
  // What handles SIGTERM slowly keeps the end of the job from being known.
  const ready = join(directory, "ready");
  const slow = `trap 'sleep 1' TERM; echo > ${ready}; while :; do sleep 0.1; done`;
  const command = `setsid sh -c "${slow}" > /dev/null 2>&1 &`;
  const chat = begin(play({ tool: { id: "a", command } }), { cwd: directory });
  await chat.ended;
  await until(() => existsSync(ready));
  const [pid] = engineProcesses(directory);
  process.kill(pid!, "SIGKILL");
  await until(() => !isAlive(pid!));
  await next(chat, play({ text: "I am back." })).ended;
  const session = await rein.session(chat.sessionId);
  expect(session.runs.at(-1)).toMatchObject({ outcome: "done" });
  expect(answerOf(session)).toBe("I am back.");
});

test("an agent whose command was changed in the settings is ended, and started anew with the next message", async () => {
  const chat = begin("Hello", { cwd: directory });
  await chat.ended;
  const [before] = engineProcesses(directory);
  const agent = scriptedAgent({ home });
  const changed = { ...agent, command: [...agent.command, "--other"] };
  await settings({ engines: { own: { "own-scripted": changed } } });
  await until(() => !isRunning(before!));
  await next(chat, play({ recall: true })).ended;
  const [after, ...more] = engineProcesses(directory);
  expect(after).not.toBe(before);
  expect(more).toEqual([]);
  expect(answerOf(await rein.session(chat.sessionId))).toContain("Hello");
});

test("an agent that is removed from the settings in its turn is not started again after a stop", async () => {
  const log = join(directory, "log");
  await settings({
    engines: { own: { "own-removed": { ...scriptedAgent({ log }), name: "Removed" } } },
  });
  const chat = begin(play({ text: "Hello" }, { hang: true }), { engine: "own-removed" });
  await chat.until(isText);
  await settings({ engines: { own: { "own-removed": null } } });
  await rein.stop(chat.sessionId, { runId: chat.runId });
  // It waits for one that is opened ahead.
  await next(chat, "And now?").ended;
  expect(readFileSync(log, "utf8").match(/"initialize"/g)).toHaveLength(1);
});

test("an engine that is no longer in the settings says so", async () => {
  const chat = begin("Hello");
  await chat.ended;
  await settings({ engines: { own: { "own-scripted": null } } });
  const second = next(chat, "And now?");
  await second.ended;
  const { runs } = await rein.session(chat.sessionId);
  const message = expect.stringContaining("The engine “Scripted” is no longer known here");
  expect(runs.at(-1)).toMatchObject({
    outcome: "failed",
    error: { code: "engine-missing", message },
  });
});
