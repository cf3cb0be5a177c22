/** Claude Code as an engine, with a program of the tests that speaks its lines: each event once, and nothing outside a turn. */
import { afterAll, expect, test } from "bun:test";
import { claudeAccess } from "../server/engines/claude/claude-tools";
import { join } from "node:path";
import { claudeBench } from "./claude-bench";
import { ReadTurn } from "./read-turn";
import { diffOf } from "../server/engines/claude/claude-diff";
import type { EngineConversation } from "../server/engines/engine";

const program = join(import.meta.dir, "agents/scripted-claude.ts");
const bench = claudeBench([process.execPath, program], { url: "http://127.0.0.1:9" });
afterAll(() => bench[Symbol.dispose]());

async function open(environment: Record<string, string> = {}): Promise<EngineConversation> {
  bench.environment = environment;
  bench.answer = () => Promise.resolve({ allow: true });
  bench.questions.length = 0;
  return bench.open();
}

async function turn(conversation: EngineConversation, text: string): Promise<ReadTurn> {
  const read = new ReadTurn(conversation.turn(text));
  await read.end;
  return read;
}

test("text that comes in pieces and again as a whole is there once, with its thinking and its usage", async () => {
  const conversation = await open();
  for (const total of [1, 2]) {
    const read = await turn(conversation, "hello");
    expect(await read.end).toEqual({ outcome: "done" });
    expect(read.text()).toBe("Hello world.");
    expect(read.text("reasoning")).toBe("Hm.");
    expect(read.of("usage").at(-1)?.usage).toMatchObject({
      inputTokens: 100,
      outputTokens: 20,
      costUsd: 1,
      estimated: false,
    });
    expect(read.of("context").at(-1)).toMatchObject({ usedTokens: 120, windowTokens: 200_000 });
    expect(total).toBeLessThan(3);
  }
  await conversation.child.stop("hard");
});

test("it is started without the settings, servers and hooks of a directory, and asks for every use of a tool", async () => {
  const conversation = await open();
  const { args, env } = JSON.parse((await turn(conversation, "args")).text()) as {
    args: string[];
    env: Record<string, string>;
  };
  const session = `--session-id=${conversation.id}`;
  for (const argument of ["--setting-sources=", "--strict-mcp-config", session])
    expect(args).toContain(argument);
  expect(args.join(" ")).toContain("--permission-prompt-tool stdio --permission-mode default");
  const settings = args.find((one) => one.startsWith("--settings="))!.slice("--settings=".length);
  expect(JSON.parse(settings)).toMatchObject({
    permissions: { ask: expect.arrayContaining(["Bash", "Read", "Edit", "Write", "WebFetch"]) },
    includeGitInstructions: false,
  });
  expect(env).toMatchObject({
    ANTHROPIC_BASE_URL: "http://127.0.0.1:9",
    ANTHROPIC_API_KEY: "token",
    CLAUDE_CODE_DISABLE_FILE_MENTIONS: "1",
    CLAUDE_CODE_DISABLE_BACKGROUND_TASKS: "1",
  });
  await conversation.child.stop("hard");
});

test("a search by a pattern that leads out of its directory is no search of it", () => {
  const inside = { kind: "read", path: "/cwd" };
  expect(claudeAccess("Glob", { pattern: "**/*.ts" }, "/cwd")).toMatchObject(inside);
  expect(claudeAccess("Grep", { pattern: "/api/", glob: "*.ts" }, "/cwd")).toMatchObject(inside);
  const braced = claudeAccess("Glob", { pattern: "{src,test}/**/*.{test.ts,tsx}" }, "/cwd");
  expect(braced).toMatchObject(inside);
  const outward = ["/etc/*", "~/*", "../*", "a/../../*", "{/etc,.}/*", "{zz,/etc/*}", "{zz, ~/*}"];
  const dots = ["{.,x}./*", ".{.,x}/*", "{x,.}./*", ".{x,.}/*", "{x,{.,y}}./*", ".{,x}./*"];
  const others = ["{,x}/etc/*", "{x,}/etc/*", "[.][.]/*", "\\.\\./*", "{zz,\\/etc/*}"];
  for (const pattern of [...outward, ...dots, ...others])
    expect(claudeAccess("Glob", { pattern }, "/cwd")).toMatchObject({ kind: "tool", once: true });
  const grep = { pattern: "x", glob: "../*" };
  expect(claudeAccess("Grep", grep, "/cwd")).toMatchObject({ kind: "tool", once: true });
});

test("a question is answered with its input unchanged, or with the reason why not; a call starts with the answer", async () => {
  const conversation = await open();
  const allowed = await turn(conversation, "tool");
  expect(bench.questions).toEqual([
    {
      key: "bash",
      name: "Bash",
      kind: "execute",
      input: { command: "ls" },
      access: { kind: "command", command: "ls" },
    },
  ]);
  const calls = allowed.events.filter(({ type }) => type.startsWith("tool"));
  expect(calls).toEqual([
    { type: "tool", key: "bash", name: "Bash", kind: "execute", input: { command: "ls" } },
    { type: "tool-start", key: "bash" },
    { type: "tool-end", key: "bash", outcome: "done", output: "files" },
  ]);
  bench.answer = () => Promise.resolve({ allow: false, message: "Not here." });
  const denied = await turn(conversation, "tool");
  expect(denied.text()).toBe('{"behavior":"deny","message":"Not here."}');
  expect(denied.of("tool-start")).toEqual([]);
  expect(denied.of("tool-end")).toMatchObject([{ outcome: "failed", error: "Not here." }]);
  await conversation.child.stop("hard");
});

test("an interrupt ends the turn and its question; what it cut has not failed, and the next message is answered", async () => {
  const conversation = await open();
  const asked = Promise.withResolvers<AbortSignal>();
  const unanswered = Promise.withResolvers<{ allow: false; cancelled: true }>();
  bench.answer = (_question, signal) => {
    asked.resolve(signal);
    return unanswered.promise;
  };
  const read = new ReadTurn(conversation.turn("tool"));
  const signal = await asked.promise;
  conversation.interrupt();
  conversation.interrupt();
  expect(await read.end).toEqual({ outcome: "interrupted" });
  expect(signal.aborted).toBe(true);
  expect(read.of("tool-end")).toEqual([]);
  unanswered.resolve({ allow: false, cancelled: true });

  const held = new ReadTurn(conversation.turn("hang"));
  await held.until(({ type }) => type === "text");
  conversation.interrupt();
  expect(await held.end).toEqual({ outcome: "interrupted" });
  expect((await turn(conversation, "say next")).text()).toBe("next");
  await conversation.child.stop("hard");
});

test("a message that an older version would still run is taken back after an interrupt, and was not taken", async () => {
  const conversation = await open();
  const read = new ReadTurn(conversation.turn("queue"));
  await read.until(({ type }) => type === "text");
  const steered = conversation.steer!("also this");
  // The program reads in order: with this answer it has the message.
  await conversation.setModel!("m");
  conversation.interrupt();
  expect(await read.end).toEqual({ outcome: "interrupted" });
  expect(await steered).toBe(false);
  const queue = (await turn(conversation, "cancelled")).text();
  expect(queue).toMatch(/^queued (\S+) cancelled \1$/);
  await conversation.child.stop("hard");
});

test("a message within a turn is true once it is taken, and false outside a turn", async () => {
  const conversation = await open();
  expect(await conversation.steer!("too early")).toBe(false);
  const read = new ReadTurn(conversation.turn("steer"));
  await read.until(({ type }) => type === "text");
  expect(await conversation.steer!("also this")).toBe(true);
  expect(await read.end).toEqual({ outcome: "done" });
  expect(read.text()).toBe("One took also this");
  await conversation.child.stop("hard");
});

test("a turn that nobody asked for is interrupted and dropped, also by an older version", async () => {
  for (const environment of [{}, { OLD_CLAUDE: "1" }] as Record<string, string>[]) {
    const conversation = await open(environment);
    const first = await turn(conversation, "invented");
    // Its turn begins before it answers.
    await conversation.setModel!("m");
    const second = await turn(conversation, "interrupts");
    expect(await second.end).toEqual({ outcome: "done" });
    expect([first.text(), second.text()]).toEqual(["mine", "1 interrupts"]);
    await conversation.child.stop("hard");
  }
});

test("what is said before a message is taken is no answer to it, and does not take the message along", async () => {
  const conversation = await open();
  const first = await turn(conversation, "inventing");
  const second = await turn(conversation, "say next");
  expect(await second.end).toEqual({ outcome: "done" });
  expect([first.text(), second.text()]).toEqual(["mine", "next"]);
  await conversation.child.stop("hard");
});

test("subagents have their own texts, calls and questions, and one can be stopped alone", async () => {
  const conversation = await open();
  const read = new ReadTurn(conversation.turn("agents"));
  await read.until((event) => event.type === "tool-start" && event.key === "b-bash");
  expect(await conversation.stopSubagent!("a")).toBe(true);
  expect(await read.end).toEqual({ outcome: "done" });
  expect(read.of("subagent")).toEqual([
    { type: "subagent", key: "a", title: "Look a", kind: "general" },
    { type: "subagent", key: "b", title: "Look b", kind: "general" },
  ]);
  expect([read.text("text", "a"), read.text("text", "b"), read.text()]).toEqual([
    "I am a.",
    "I am b.",
    "done",
  ]);
  expect(bench.questions).toMatchObject([{ key: "b-bash", agent: "b" }]);
  expect(read.of("subagent-end").map(({ key, outcome }) => [key, outcome])).toEqual([
    ["a", "stopped"],
    ["b", "done"],
  ]);
  expect(read.of("tool-end").at(-1)).toEqual({
    type: "tool-end",
    key: "b",
    outcome: "done",
    output: "report",
  });
  expect(await conversation.stopSubagent!("a")).toBe(false);
  await conversation.child.stop("hard");
});

test("an edit has a diff from the session's directory, and tasks are a plan instead of calls", async () => {
  const conversation = await open();
  const edited = await turn(conversation, "edit");
  expect(edited.of("tool-end")[0]?.diff).toBe(
    "--- a/a.txt\n+++ b/a.txt\n@@ -1,1 +1,1 @@\n-a\n+b\n",
  );
  const planned = await turn(conversation, "plan");
  expect(planned.of("plan").at(-1)?.entries).toEqual([{ text: "First", state: "completed" }]);
  expect(planned.of("tool")).toEqual([]);
  await conversation.child.stop("hard");
});

test("lines that are no messages, and fields of other types, are left out", async () => {
  const conversation = await open();
  const read = await turn(conversation, "noise");
  expect(await read.end).toEqual({ outcome: "done" });
  expect(read.text()).toBe("still here");
  const notices = read.of("notice").map(({ text }) => text);
  expect(notices).toEqual(["The limit of your Claude plan is used up."]);
  await conversation.child.stop("hard");
});

test("it sums up its own conversation, and says when it could not", async () => {
  const conversation = await open();
  const failed = new ReadTurn(conversation.compact!());
  expect(await failed.end).toEqual({
    outcome: "failed",
    error: { code: "engine-compaction", message: "Too short." },
  });
  const summedUp = new ReadTurn(conversation.compact!());
  expect(await summedUp.end).toEqual({ outcome: "done" });
  expect(summedUp.of("notice").map(({ text }) => text)).toEqual([
    "Claude Code has summed up the conversation: 900 tokens became 100.",
  ]);
  await conversation.child.stop("hard");
});

test("a message that begins with a slash is text, and no command of its window", async () => {
  const conversation = await open();
  expect((await turn(conversation, "/clear")).text()).toBe("got  /clear");
  await conversation.child.stop("hard");
});

test("a failed request and the end of the program are failures in words", async () => {
  const conversation = await open();
  expect(await (await turn(conversation, "failed")).end).toEqual({
    outcome: "failed",
    error: {
      // With a gate it is the key of Rein's provider that was refused.
      code: "authentication",
      message: "Not logged in.",
    },
  });
  expect(await (await turn(conversation, "crash")).end).toEqual({
    outcome: "failed",
    error: {
      code: "engine-ended",
      message: "Claude Code ended (exit code 3). It wrote: out of memory",
    },
  });
  expect(await (await turn(conversation, "say more")).end).toMatchObject({
    outcome: "failed",
    error: { code: "engine-ended" },
  });
});

test("it is resumed by its id; one of which nothing was kept, and a log-in that is missing, are said", async () => {
  const conversation = await open();
  await turn(conversation, "say first");
  await conversation.child.stop("hard");
  const again = await bench.open({ conversationId: conversation.id });
  expect(again.id).toBe(conversation.id);
  expect((await turn(again, "say second")).text()).toBe("second");
  await again.child.stop("hard");
  for (const conversationId of [crypto.randomUUID(), "--version"])
    expect(bench.open({ conversationId })).rejects.toMatchObject({ code: "engine-conversation" });
  expect(bench.open({ gate: undefined as never })).rejects.toMatchObject({
    code: "engine-login",
    message:
      "Claude Code is not logged in. Run `claude` in a terminal and log in with /login, or use one of Rein’s providers.",
  });
});

test("a new file is a patch from nothing to its first line", () => {
  const created = { type: "create", filePath: "/w/a.txt", content: "a\nb", structuredPatch: [] };
  expect(diffOf(created, "/w")).toContain(
    "--- /dev/null\n+++ b/a.txt\n@@ -0,0 +1,2 @@\n+a\n+b\n\\ No newline at end of file\n",
  );
});
