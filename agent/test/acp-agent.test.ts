/** `rein acp`: an editor that speaks ACP drives sessions of the server, each method as the protocol has it. */
import type { ResumeSessionResponse } from "@agentclientprotocol/sdk";
import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Session } from "../shared/protocol";
import { editorScene, failureOf } from "./acp-editor";
import { apiScene, everyWire } from "./api-scene";
import { pause } from "./control-api";
import { failure, finish, makeGate, reasoning, text, toolCall } from "./upstream/upstream";

const scene = apiScene({
  environment: everyWire,
  settings: { provider: "openai-chat", model: "local-model" },
});
const { upstream } = scene;
const editors = editorScene(scene);

test("a prompt is answered, and its text and thoughts arrive as they are written", async () => {
  const editor = await editors.open();
  expect(editor.initialized).toMatchObject({
    protocolVersion: 1,
    agentInfo: { name: "rein" },
    agentCapabilities: {
      loadSession: true,
      sessionCapabilities: { list: {}, resume: {}, close: {}, delete: {} },
    },
  });
  const { sessionId } = await editor.newSession();
  const gate = makeGate();
  upstream.script([reasoning("Let me see."), text("Hello ", gate, "there.")]);
  const prompt = editor.prompt(sessionId, "Hi");
  await editor.until(() => editor.text(sessionId) === "Hello " || undefined, "the first words");
  gate.open();
  expect(await prompt).toMatchObject({
    stopReason: "end_turn",
    _meta: { rein: { outcome: "done", sessionId } },
  });
  expect(editor.text(sessionId)).toBe("Hello there.");
  expect(editor.text(sessionId, "agent_thought_chunk")).toBe("Let me see.");
  expect(editor.text(sessionId, "user_message_chunk")).toBe("");
  expect(editor.kinds(sessionId)).toContain("available_commands_update");
  expect(editor.kinds(sessionId)).toContain("session_info_update");
  const { sessions } = await editor.agent.request("session/list", { cwd: scene.rein.cwd });
  expect(sessions).toMatchObject([{ sessionId, cwd: scene.rein.cwd, title: "Hi" }]);
});

test("prompts of MCP servers are commands, whose text is sent, and whose wait is cancelled", async () => {
  const args = [join(import.meta.dir, "agents", "offering-mcp-server.ts"), "/dev/null"];
  const server = { type: "stdio", command: process.execPath, args };
  const save = (offers: object | null) =>
    scene.rein.json("/api/settings", {
      method: "PUT",
      body: JSON.stringify({ mcp: { servers: { offers } } }),
    });
  await save({ server, isOn: true });
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  const commands = await editor.until(() => {
    const { update } = editor.updates.at(-1) ?? {};
    return update?.sessionUpdate === "available_commands_update" &&
      update.availableCommands.length > 5
      ? update.availableCommands
      : undefined;
  }, "the prompts");
  expect(commands).toContainEqual({
    name: "offers:greet",
    description: "Greets ⟨ESC⟩[31msomebody",
    input: { hint: "name, [tone]" },
  });
  const lacking = await failureOf(editor.prompt(sessionId, "/offers:greet"));
  expect(lacking).toContain("/offers:greet needs name");
  upstream.script([text("Hello, Ada.")], [text("Hello.")]);
  await editor.prompt(sessionId, "/offers:greet Ada warm");
  expect(JSON.stringify((await upstream.request(0)).body)).toContain("Greet Ada, warm.");
  writeFileSync(join(scene.rein.cwd, "named.txt"), "content that nobody asked for");
  await editor.prompt(sessionId, "/offers:greet @named.txt warm");
  const named = JSON.stringify((await upstream.request(1)).body);
  expect(named).toContain(JSON.stringify("Greet \\@named.txt, warm.").slice(1, -1));
  expect(named).not.toContain("content that nobody asked for");
  const waiting = editor.prompt(sessionId, "/offers:hang");
  await editor.agent.notify("session/cancel", { sessionId });
  expect(await waiting).toEqual({ stopReason: "cancelled" });
  await save(null);
});

test("an edit is asked about with what it changes, and shown as a diff with its place", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  const path = join(scene.rein.cwd, "a.txt");
  writeFileSync(path, "one\ntwo\nthree\n");
  upstream.script(
    [toolCall("edit", { path: "a.txt", oldText: "two", newText: "2" })],
    [text("Done.")],
  );
  const prompt = editor.prompt(sessionId, "Change it");
  const question = await editor.untilAsked();
  expect(question.toolCall).toMatchObject({
    kind: "edit",
    status: "pending",
    locations: [{ path }],
  });
  expect(JSON.stringify(question.toolCall.content)).toContain("-two\\n+2");
  expect(question.options.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["allow_once", "allow_always", "reject_once"]),
  );
  question.choose("allow_once");
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  expect(readFileSync(path, "utf8")).toBe("one\n2\nthree\n");
  expect(editor.card(sessionId, question.toolCall.toolCallId)).toMatchObject({
    kind: "edit",
    status: "completed",
    locations: [{ path, line: 1 }],
    content: expect.arrayContaining([
      { type: "diff", path, oldText: "one\ntwo\nthree\n", newText: "one\n2\nthree\n" },
    ]),
  });
});

test("a command is shown whole when it is asked about; one that is denied does not run", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  const command = "echo begun\ntouch made # \u202e";
  upstream.script([toolCall("bash", { command })], [text("Not then.")]);
  const prompt = editor.prompt(sessionId, "Run it");
  const question = await editor.untilAsked();
  expect(JSON.stringify(question.toolCall.content)).toContain("echo begun\\ntouch made # ⟨");
  question.choose("reject_once");
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  expect(editor.card(sessionId, question.toolCall.toolCallId)).toMatchObject({ status: "failed" });
});

test("what is allowed always is not asked again in the session", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  const run = () => [toolCall("bash", { command: "echo again" })];
  upstream.script(run(), run(), [text("Done.")]);
  const prompt = editor.prompt(sessionId, "Run it");
  (await editor.untilAsked()).choose("allow_always");
  await prompt;
  expect(editor.asked.length).toBe(1);
  const { allowed } = await scene.rein.session(sessionId);
  expect(allowed.length).toBe(1);
});

test("a question that the page answers is withdrawn from the editor", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([toolCall("bash", { command: "echo hi" })], [text("Done.")]);
  const prompt = editor.prompt(sessionId, "Run it");
  const question = await editor.untilAsked();
  const { approvalId, digest } = (question.toolCall._meta as { rein: Record<string, string> }).rein;
  await scene.post(`/api/approvals/${approvalId}`, { decision: "once", digest });
  await prompt;
  expect(question.signal.aborted).toBe(true);
});

test("a question that the editor cannot show is denied", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([toolCall("bash", { command: "echo hi" })], [text("Not then.")]);
  const prompt = editor.prompt(sessionId, "Run it");
  (await editor.untilAsked()).fail("There is no window.");
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  expect(JSON.stringify(upstream.requests[1]!.body)).toContain("could not ask a person");
});

test("a dismissed question ends the prompt as cancelled", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([toolCall("bash", { command: "echo hi" })]);
  const prompt = editor.prompt(sessionId, "Run it");
  (await editor.untilAsked()).reply({ outcome: { outcome: "cancelled" } });
  expect(await prompt).toMatchObject({ stopReason: "cancelled" });
});

test("loading replays all of a session, resuming shows only what comes", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([reasoning("Hm."), text("First.")], [text("Second.")], [text("Third.")]);
  await editor.prompt(sessionId, "One");
  await editor.prompt(sessionId, "Two");
  await editor.agent.request("session/close", { sessionId });
  const place = { sessionId, cwd: scene.rein.cwd, mcpServers: [] };

  editor.updates.length = 0;
  const resumed: ResumeSessionResponse = await editor.agent.request("session/resume", place);
  expect(resumed.modes).toMatchObject({ currentModeId: "ask" });
  await editor.prompt(sessionId, "Three");
  expect(editor.text(sessionId)).toBe("Third.");

  editor.updates.length = 0;
  await editor.agent.request("session/load", place);
  expect(editor.text(sessionId)).toBe("First.Second.Third.");
  expect(editor.text(sessionId, "user_message_chunk")).toBe("OneTwoThree");
  expect(editor.text(sessionId, "agent_thought_chunk")).toBe("Hm.");
});

test("a session that is loaded while it runs is shown so far, and its prompt is answered", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  const gate = makeGate();
  upstream.script([text("Half ", gate, "and half.")]);
  const prompt = editor.prompt(sessionId, "Go");
  await editor.until(() => editor.text(sessionId) || undefined, "its text");
  editor.updates.length = 0;
  await editor.agent.request("session/load", { sessionId, cwd: scene.rein.cwd, mcpServers: [] });
  expect(editor.text(sessionId)).toBe("Half ");
  expect(editor.text(sessionId, "user_message_chunk")).toBe("Go");
  gate.open();
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(sessionId)).toBe("Half and half.");
});

test("what the page sends appears in the editor, and its settings do", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([text("One.")], [text("From the page.")]);
  await editor.prompt(sessionId, "First");
  await scene.send("Second", { sessionId }).ended;
  await editor.until(
    () => (editor.text(sessionId) === "One.From the page." ? true : undefined),
    "the page's answer",
  );
  expect(editor.text(sessionId, "user_message_chunk")).toBe("Second");
  const patch = { method: "PATCH", body: JSON.stringify({ permissions: "edits" }) };
  await scene.rein.json(`/api/sessions/${sessionId}`, patch);
  await editor.untilUpdate(
    (one) => one.sessionUpdate === "current_mode_update" && one.currentModeId === "edits",
  );
});

test("the mode, the model and the effort are chosen before the first message, and after it", async () => {
  const editor = await editors.open();
  const { sessionId, configOptions, modes } = await editor.newSession();
  expect(modes?.availableModes.map(({ id }) => id)).toEqual(["plan", "ask", "edits", "all"]);
  expect(configOptions).toMatchObject([
    { id: "mode", category: "mode", currentValue: "ask" },
    { id: "model", category: "model", currentValue: "openai-chat/local-model" },
  ]);
  const set = (configId: string, value: string) =>
    editor.agent.request("session/set_config_option", { sessionId, configId, value });
  await set("model", "anthropic/claude-of-tomorrow");
  const { configOptions: after } = await set("effort", "high");
  expect(after).toMatchObject([
    { id: "mode" },
    { id: "model" },
    { id: "effort", currentValue: "high" },
  ]);
  await editor.agent.request("session/set_mode", { sessionId, modeId: "all" });
  upstream.script([text("One.")]);
  await editor.prompt(sessionId, "Hi");
  expect(await scene.rein.session(sessionId)).toMatchObject({
    provider: "anthropic",
    model: "claude-of-tomorrow",
    options: { effort: "high" },
    permissions: "all",
  } satisfies Partial<Session>);
  await set("mode", "edits");
  await set("model", "openai-chat/local-model");
  expect(await scene.rein.session(sessionId)).toMatchObject({
    provider: "openai-chat",
    permissions: "edits",
  });
  expect(await failureOf(set("model", "nobody/nothing"))).toContain("no such value");
});

test("pictures, quoted files and links reach the model; what Rein does not take is refused", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([text("Seen.")]);
  const uri = `file://${scene.rein.cwd}/notes.md`;
  await editor.prompt(sessionId, [
    { type: "text", text: "Look at " },
    { type: "resource_link", name: "b.txt", uri: `file://${scene.rein.cwd}/b%20c.txt` },
    { type: "resource", resource: { uri, text: "```\nquoted\n```" } },
    {
      type: "resource",
      resource: { uri: `${uri}.txt`, mimeType: "text/plain", blob: btoa("as bytes") },
    },
    { type: "image", mimeType: "image/png", data: picture },
  ]);
  const sent = JSON.stringify(upstream.requests[0]!.body);
  expect(sent).toContain("Look at b c.txt");
  expect(sent).toContain("b c.txt notes.md  notes.md.txt");
  expect(sent).toContain("```\\nquoted\\n```");
  expect(sent).toContain("as bytes");
  expect(sent).toContain(picture);
  const audio = editor.prompt(sessionId, [{ type: "audio", mimeType: "audio/wav", data: "AAAA" }]);
  expect(await failureOf(audio)).toContain("no audio");
  const broken = { type: "image" as const, mimeType: "image/png", data: btoa("none") };
  expect(await failureOf(editor.prompt(sessionId, [broken]))).not.toBe("");
  expect(await failureOf(editor.prompt(sessionId, []))).toContain("empty");
});

test("an answer that is too long, declined or failed ends with its reason", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script(
    [text("Long"), finish("length")],
    [text("No"), finish("content-filter")],
    [failure("invalid-request", { message: "It is not like this." })],
  );
  expect(await editor.prompt(sessionId, "1")).toMatchObject({ stopReason: "max_tokens" });
  expect(editor.text(sessionId)).toContain("length limit");
  expect(await editor.prompt(sessionId, "2")).toMatchObject({ stopReason: "refusal" });
  expect(await failureOf(editor.prompt(sessionId, "3"))).toContain("It is not like this.");
});

test("a paused run asks in the editor whether it goes on", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  const gate = makeGate();
  upstream.script([text("Wait ", gate), toolCall("glob", { pattern: "*" })], [text("Done.")]);
  const prompt = editor.prompt(sessionId, "Go");
  await editor.until(() => editor.text(sessionId) || undefined, "its text");
  await pause(scene.rein, sessionId);
  gate.open();
  const question = await editor.untilAsked();
  expect(question.options.map(({ name }) => name)).toEqual(["Continue", "Stop"]);
  const { toolCallId } = question.toolCall;
  const title = "Paused. Nothing runs until it continues.";
  expect(editor.card(sessionId, toolCallId)).toMatchObject({ status: "pending", title });
  question.choose("allow_once");
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  expect(editor.card(sessionId, toolCallId)).toMatchObject({ status: "completed" });
});

test("a wait has a card: for the next try, and for a model that is silent", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  const limits = { stallMinutes: 0.005 };
  await scene.rein.json("/api/limits", { method: "PUT", body: JSON.stringify(limits) });
  const gate = makeGate();
  upstream.script([failure("overloaded")], [gate, text("Done.")]);
  const prompt = editor.prompt(sessionId, "Go");
  const wait = (title: RegExp) =>
    editor.untilUpdate((update) => "title" in update && title.test(update.title ?? ""));
  const tries = await wait(/Trying again .* \(attempt 2 of \d+\)/);
  const silent = await wait(/Nothing comes from the model/);
  gate.open();
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  for (const update of [tries, silent]) {
    expect(update).toMatchObject({ sessionUpdate: "tool_call", status: "in_progress" });
    const { toolCallId } = update as { toolCallId: string };
    expect(editor.card(sessionId, toolCallId)).toMatchObject({ status: "completed" });
  }
  expect(editor.text(sessionId)).toBe("Done.");
});

test("a limit that is reached asks in the editor for more", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  upstream.script([toolCall("glob", { pattern: "*" })], [text("Done.")]);
  const limits = { run: { turns: 1 } };
  await scene.rein.json("/api/limits", { method: "PUT", body: JSON.stringify(limits) });
  const prompt = editor.prompt(sessionId, "Go");
  const question = await editor.untilAsked();
  expect(question.toolCall.title).toStartWith("Limit reached: 1 of 1 turns. Paused.");
  expect(question.options[0]?.name).toBe("Continue, up to 2 turns");
  question.choose("allow_once");
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(sessionId)).toBe("Done.");
});

test("a plan of plan mode is asked about, whole, and allowing it once ends the mode", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  await editor.agent.request("session/set_mode", { sessionId, modeId: "plan" });
  upstream.script([toolCall("plan", { title: "Go", plan: "1. Go" })], [text("I begin.")]);
  const prompt = editor.prompt(sessionId, "How?");
  const question = await editor.untilAsked();
  expect(JSON.stringify(question.toolCall.content)).toContain("1. Go");
  question.choose("allow_once");
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  expect((await scene.rein.session(sessionId)).permissions).toBe("ask");
});

test("slash commands undo, retry, nudge and compact", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  await editor.agent.request("session/set_mode", { sessionId, modeId: "edits" });
  const path = join(scene.rein.cwd, "new.txt");
  upstream.script([toolCall("write", { path: "new.txt", content: "text" })], [text("Written.")]);
  await editor.prompt(sessionId, "Write");
  expect(readFileSync(path, "utf8")).toBe("text");
  await editor.prompt(sessionId, "/undo");
  expect(() => readFileSync(path)).toThrow();
  expect(editor.text(sessionId)).toContain("Undone: 1 file restored.");

  upstream.script([text("Again.")]);
  expect(await editor.prompt(sessionId, "/retry Once more")).toMatchObject({
    stopReason: "end_turn",
  });
  expect(JSON.stringify(upstream.requests.at(-1)!.body)).toContain("Once more");

  const gate = makeGate();
  upstream.script([text("Stuck ", gate)], [text("Now it goes.")]);
  const stuck = editor.prompt(sessionId, "Go");
  await editor.until(() => editor.text(sessionId).includes("Stuck") || undefined, "its text");
  const nudged = editor.prompt(sessionId, "/nudge Try the other way");
  expect(await stuck).toMatchObject({ stopReason: "cancelled" });
  expect(await nudged).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(sessionId)).toContain("Now it goes.");

  upstream.script([text("The summary.")]);
  expect(await editor.prompt(sessionId, "/compact")).toMatchObject({ stopReason: "end_turn" });
  expect(editor.text(sessionId)).toContain("The summary.");
});

/** One dot. */
const picture =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

test("a command of a file is offered, and sent as what it is", async () => {
  const directory = join(scene.rein.cwd, ".claude/commands");
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, "look.md"),
    "---\ndescription: Looks \u001B[31mclosely\nargument-hint: FILE\n---\nLook at $1.\n!`echo seen`\n",
  );
  const { sdk, cwd } = scene.rein;
  const signal = AbortSignal.timeout(20_000);
  writeFileSync(join(cwd, "AGENTS.md"), "Use tabs.");
  writeFileSync(join(directory, "wait.md"), "Wait.");
  const { definitions } = await sdk.project(cwd, signal);
  const { kind, name, digest } = definitions.find((one) => one.name === "look")!;
  await sdk.answerProject({ cwd, answers: [{ kind, name, digest, answer: "allow" }] }, signal);
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  const offered = await editor.until(
    () =>
      editor.updates
        .flatMap(({ update }) =>
          update.sessionUpdate === "available_commands_update" ? update.availableCommands : [],
        )
        .find((one) => one.name === "look"),
    "the command",
  );
  expect(offered).toEqual({
    name: "look",
    description: "Looks ⟨ESC⟩[31mclosely",
    input: { hint: "FILE" },
  });
  upstream.script([text("I looked.")]);
  await editor.agent.request("session/set_mode", { sessionId, modeId: "all" });
  await editor.prompt(sessionId, "/look main.ts");
  const sent = JSON.stringify(upstream.requests.at(-1)?.body);
  expect(sent).toContain("Look at main.ts.");
  expect(sent).toContain("seen");
  expect(editor.kinds(sessionId)).toContain("tool_call");
  expect(editor.text(sessionId, "user_message_chunk")).toBe("");
  const waiting =
    /^This project brings 1 instruction file and 1 command\. None of it acts before you have seen it\. “rein project”/;
  expect(editor.text(sessionId)).toMatch(waiting);
  expect(await failureOf(editor.prompt(sessionId, "/wait"))).toContain("waits for an answer");
  expect(await failureOf(editor.prompt(sessionId, "/wiat"))).toContain("no command /wiat");
  upstream.script([text("A list.")]);
  await editor.prompt(sessionId, "/etc/hosts is what?");
  expect(editor.text(sessionId)).toMatch(/I looked\.\s*A list\.$/);
});

test("a to-do list is the editor's plan, and a plan is approved as one of its permission requests", async () => {
  const editor = await editors.open();
  const { sessionId } = await editor.newSession();
  await editor.agent.request("session/set_mode", { sessionId, modeId: "plan" });
  const entries = [
    { text: "Read", state: "completed" },
    { text: "Write", state: "in_progress" },
  ];
  upstream.script(
    [toolCall("todo", { entries }), toolCall("plan", { title: "Write", plan: "1. Write it" })],
    [text("I begin.")],
  );
  const prompt = editor.prompt(sessionId, "Plan it");
  const asked = await editor.until(() => editor.asked[0], "the question");
  expect(JSON.stringify(asked.toolCall.content)).toContain("1. Write it");
  expect(asked.options.map(({ optionId, kind }) => [optionId, kind])).toEqual([
    ["plan-ask", "allow_once"],
    ["plan-edits", "allow_once"],
    ["plan-all", "allow_once"],
    ["deny", "reject_once"],
  ]);
  asked.reply({ outcome: { outcome: "selected", optionId: "plan-edits" } });
  expect(await prompt).toMatchObject({ stopReason: "end_turn" });
  const updates = editor.updates.map(({ update }) => update);
  expect(updates).toContainEqual({ sessionUpdate: "current_mode_update", currentModeId: "edits" });
  const plans = updates.filter((update) => update.sessionUpdate === "plan");
  expect(plans[0]).toMatchObject({
    entries: [
      { content: "Read", status: "completed" },
      { content: "Write", status: "in_progress" },
    ],
  });
  // What was under way when the run ended is still to do.
  expect(plans.at(-1)).toMatchObject({ entries: [{}, { content: "Write", status: "pending" }] });
});
