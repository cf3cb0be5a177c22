/** What an ACP agent does in a turn becomes events: text, calls with their output, questions, plans, subagents. */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { AcpUpdates } from "../server/engines/acp/acp-updates";
import type { EngineAnswer, EngineEvent } from "../server/engines/engine";
import { openAcp } from "./acp-scene";
import { play } from "./agents/agent-script";
import { lastingDirectory } from "./temporary-directory";

const directory = lastingDirectory("rein-acp-");

const ofType = <Type extends EngineEvent["type"]>(events: EngineEvent[], type: Type) =>
  events.filter((event): event is Extract<EngineEvent, { type: Type }> => event.type === type);

test("text, reasoning, a plan, the context and a notice come in their order", async () => {
  await using scene = await openAcp();
  const { events, end } = await scene.turn(
    play(
      { thought: "Let me " },
      { thought: "think." },
      { text: "Hel" },
      { text: "lo" },
      { plan: [{ content: "Look", status: "in_progress" }] },
      { usage: { used: 1200, size: 200_000 } },
      { update: { sessionUpdate: "available_commands_update", availableCommands: [] } },
      {
        update: { sessionUpdate: "user_message_chunk", content: { type: "text", text: "not me" } },
      },
      { notice: "A warning" },
      { text: "Another", messageId: "2" },
    ),
  );
  const joined = events.map((event) =>
    event.type === "text" || event.type === "reasoning" ? event.type : event,
  );
  expect(end).toEqual({ outcome: "done" });
  expect(joined.filter((one, at) => one !== joined[at - 1])).toEqual([
    "reasoning",
    "text",
    { type: "plan", entries: [{ text: "Look", state: "in_progress" }] },
    { type: "context", usedTokens: 1200, windowTokens: 200_000 },
    { type: "notice", text: "A warning" },
    "text",
  ]);
  const texts = events.flatMap((one) => (one.type === "text" ? one : []));
  expect(texts.map(({ delta }) => delta).join("")).toBe("HelloAnother");
  expect(new Set(texts.map(({ key }) => key)).size).toBe(2);
});

test("of Rein as an agent the output is exact, and that of a command that was cut is whole", () => {
  const events: EngineEvent[] = [];
  const updates = new AcpUpdates((event) => events.push(event));
  const card = (
    toolCallId: string,
    output: string,
    status: "in_progress" | "completed" | "failed",
  ) => {
    const texts = ["```sh\nrun\n```", `\`\`\`\n${output}\n\`\`\``, "[interrupted by user]"];
    updates.apply({
      sessionUpdate: "tool_call",
      toolCallId,
      title: "run",
      kind: "execute",
      status,
      content: texts.map((text) => ({ type: "content", content: { type: "text", text } })),
      _meta: { rein: { output } },
    });
  };
  card("a", "one", "in_progress");
  card("a", "one\ntwo", "completed");
  card("b", "one", "in_progress");
  updates.interrupted();
  card("b", "one\nlate", "failed");
  expect(ofType(events, "tool-output")).toMatchObject([
    { key: "a", whole: "one" },
    { key: "b", whole: "one" },
    { key: "b", whole: "one\nlate" },
  ]);
  expect(ofType(events, "tool-end")).toMatchObject([{ key: "a", output: "one\ntwo" }]);
});

test("a call has its input, its output as it grows, its diff and its end", async () => {
  await using scene = await openAcp();
  const diff = { type: "diff", path: "/a.txt", oldText: "one\ntwo\n", newText: "one\n2\n" };
  const { events } = await scene.turn(
    play(
      { tool: { id: "a", title: "echo", command: "echo one; echo two" } },
      { tool: { id: "b", title: "live", command: "echo three", live: true } },
      {
        tool: {
          id: "c",
          title: "Edit",
          kind: "edit",
          content: [diff],
          locations: [{ path: "/a.txt" }],
        },
      },
      { tool: { id: "d", kind: "read", output: "no such file", status: "failed" } },
    ),
  );
  const of = (key: string) => events.filter((event) => "key" in event && event.key === key);
  expect(of("a")[0]).toEqual({
    type: "tool",
    key: "a",
    name: "execute",
    kind: "execute",
    title: "echo",
    input: { command: "echo one; echo two" },
  });
  expect(of("a").at(-1)).toEqual({
    type: "tool-end",
    key: "a",
    outcome: "done",
    output: "one\ntwo\n",
  });
  expect(ofType(of("a"), "tool-start")).toHaveLength(1);
  expect(ofType(of("b"), "tool-output")).toEqual([
    { type: "tool-output", key: "b", delta: "three\n" },
  ]);
  expect(of("b").at(-1)).toEqual({ type: "tool-end", key: "b", outcome: "done" });
  const [end] = ofType(of("c"), "tool-end");
  expect(end!.diff).toContain("--- /a.txt\n+++ /a.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n");
  expect(of("d").at(-1)).toMatchObject({ outcome: "failed", error: "no such file" });
});

test("what a command has written is told without the fences around it, and whole without such", async () => {
  const outputs = {
    "```console\none\ntwo\n```\n": "one\ntwo",
    " \n````\n```\n````": "```",
    "```\n```": "",
    "```a`b\none\n```": "```a`b\none\n```",
    "````\none\n```": "````\none\n```",
    "```": "```",
    " one\n": " one\n",
    // Of a length for which every look for an end would take minutes.
    [`${"`".repeat(800_000)}\n${"`".repeat(1_600_000)}x`]: undefined,
  };
  await using scene = await openAcp();
  const tools = Object.keys(outputs).map((output, at) => ({ tool: { id: `${at}`, output } }));
  const { events } = await scene.turn(play(...tools));
  const told = ofType(events, "tool-end").map(({ output }) => output ?? "");
  expect(told).toEqual(Object.entries(outputs).map(([output, inside]) => inside ?? output));
});

test("a call that names another as its parent makes that one a subagent", async () => {
  await using scene = await openAcp();
  const { events } = await scene.turn(
    play(
      { tool: { id: "agent", name: "Agent", title: "Look around", kind: "think", status: "open" } },
      { text: "inner", parent: "agent" },
      { tool: { id: "in", command: "echo in", parent: "agent" } },
      { text: "of nobody", parent: "unknown" },
      { update: { sessionUpdate: "tool_call_update", toolCallId: "agent", status: "completed" } },
      { text: "outer" },
    ),
  );
  expect(ofType(events, "subagent")).toEqual([
    { type: "subagent", key: "agent", title: "Look around", kind: "Agent", stop: false },
  ]);
  const texts = events.flatMap((one) => (one.type === "text" ? [[one.delta, one.agent]] : []));
  expect(texts).toEqual([
    ["inner", "agent"],
    ["of nobody", undefined],
    ["outer", undefined],
  ]);
  expect(ofType(events, "tool").find(({ key }) => key === "in")).toMatchObject({ agent: "agent" });
  expect(ofType(events, "subagent-end")).toEqual([
    { type: "subagent-end", key: "agent", outcome: "done" },
  ]);
});

test("a question is asked with what the call would do, and answered for this once", async () => {
  const answers = [{ allow: true } as const, { allow: false, message: "no" } as const];
  await using scene = await openAcp({}, { answer: () => Promise.resolve(answers.shift()!) });
  const { events } = await scene.turn(
    play(
      { tool: { id: "a", title: "Run", command: "echo ran", ask: true } },
      {
        tool: {
          id: "b",
          title: "Edit",
          kind: "edit",
          input: { file_path: "/b" },
          content: [{ type: "diff", path: "/b", oldText: "x\n", newText: "y\n" }],
          locations: [{ path: "/a" }],
          ask: true,
        },
      },
    ),
  );
  expect(scene.questions.map(({ question }) => [question.key, question.access])).toEqual([
    ["a", { kind: "command", command: "echo ran" }],
    ["b", { kind: "edit", path: "/a", also: ["/b"] }],
  ]);
  // What only the content says of the change is asked too.
  expect(scene.questions[1]!.question.input).toEqual({
    file_path: "/b",
    diff: expect.stringContaining("-x\n+y\n"),
  });
  expect(events.find((one) => one.type === "tool-end" && one.key === "a")).toMatchObject({
    output: "ran\n",
  });
  expect(events.find((one) => one.type === "tool-end" && one.key === "b")).toMatchObject({
    error: "no",
  });
});

test("a turn that an agent ends because of a denial is no interruption", async () => {
  await using scene = await openAcp(
    {},
    { answer: () => Promise.resolve({ allow: false, message: "no" }) },
  );
  const { end } = await scene.turn(
    play({ tool: { id: "a", command: "echo no", ask: true } }, { end: "cancelled" }),
  );
  expect(end).toEqual({ outcome: "done" });
  expect((await scene.turn(play({ end: "cancelled" }))).end).toEqual({ outcome: "interrupted" });
});

test("what a person says with a denial is told to the model in the same turn, once; of a rule's denial with the next message", async () => {
  const answers: EngineAnswer[] = [
    { allow: false, message: "They said: use pnpm.", hasWords: true },
    { allow: false, message: "A rule forbids it." },
  ];
  await using scene = await openAcp({}, { answer: () => Promise.resolve(answers.shift()!) });
  const ask = (id: string) =>
    ({ tool: { id, name: "shell", command: "echo no", ask: true } }) as const;
  // Some go on after a denial, and some end their turn by it.
  const first = await scene.turn(play(ask("a"), { end: "cancelled" }));
  expect(first.end).toEqual({ outcome: "done" });
  expect(first.text).toBe("You said: [Your call of shell was not allowed. They said: use pnpm.]");
  expect(ofType(first.events, "notice")).toEqual([]);
  const second = await scene.turn(play(ask("b"), { end: "cancelled" }));
  expect(ofType(second.events, "notice")).toHaveLength(1);
  expect((await scene.turn("Go on.")).text).toBe(
    "You said: [Your call of shell was not allowed. A rule forbids it.]\n\nGo on.",
  );
  expect((await scene.turn("Again.")).text).toBe("You said: Again.");
});

test("the answer to what a person says with a denial is a text of its own", async () => {
  await using scene = await openAcp(
    {},
    { answer: () => Promise.resolve({ allow: false, message: "no", hasWords: true }) },
  );
  const ask = { tool: { id: "a", name: "shell", command: "echo no", ask: true } } as const;
  const { events } = await scene.turn(play(ask, { text: "Then not." }));
  expect(new Set(ofType(events, "text").map(({ key }) => key)).size).toBe(2);
});

test("an agent that only offers what it remembers is denied, and a person is told", async () => {
  await using scene = await openAcp();
  const { events } = await scene.turn(
    play({ tool: { id: "a", command: "touch x", ask: "always" } }),
  );
  expect(ofType(events, "notice")[0]!.text).toContain("only once");
  expect(ofType(events, "tool-end")[0]).toMatchObject({ outcome: "failed" });
});

test("no file, no terminal and no other method is offered", async () => {
  await using scene = await openAcp();
  for (const method of [
    "fs/read_text_file",
    "fs/write_text_file",
    "terminal/create",
    "elicitation/create",
  ]) {
    const { text } = await scene.turn(
      play({ request: { method, params: { path: "/etc/passwd" } } }),
    );
    expect(JSON.parse(text)).toMatchObject({ code: -32_601 });
  }
});

test("a conversation is taken up again by its id, whichever way the agent has, and no replay is shown", async () => {
  for (const resume of ["resume", "load"] as const) {
    const home = join(directory, resume);
    let id: string;
    {
      await using scene = await openAcp({ resume, home });
      await scene.turn("first");
      ({ id } = scene.conversation);
    }
    await using next = await openAcp({ resume, home }, { request: { conversationId: id } });
    expect(next.conversation.id).toBe(id);
    const { text } = await next.turn(play({ recall: true }));
    expect((JSON.parse(text) as string[])[0]).toBe("first");
  }
});

test("a model is set where the agent offers it, and refused where not", async () => {
  const log = join(directory, "models.log");
  await using scene = await openAcp({ models: ["small", "large"], log });
  await scene.conversation.setModel!("large");
  const lines = (await Bun.file(log).text()).trim().split("\n");
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({
    method: "session/set_config_option",
    params: { configId: "m", value: "large" },
  });
  expect(scene.conversation.setModel!("other")).rejects.toMatchObject({ code: "engine-model" });
});
