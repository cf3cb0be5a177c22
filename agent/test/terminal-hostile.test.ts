/** Whatever a model, a command, a file name or an engine says, nothing of it reaches the terminal as a control. */
import "@opentui/solid/preload";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EventBody,
  type Message,
  noUsage,
  type Part,
  type Receipt,
  type ToolCallPart,
} from "../shared/protocol";
import { emptySession, writeSession } from "./long-session";
import { type Rein, startRein } from "./rein";
import { toolCall } from "./upstream/script";
import { startUpstream, type Upstream } from "./upstream/upstream";

// After the preload: only then can the components be read.
const { openScreen } = await import("./terminal-scene");

/** Each begins with a word to wait for. */
const hostile = {
  colour: "colour\x1b[31;1mred\x1b[0m",
  clipboard: "clipboard\x1b]52;c;ZXZpbA==\x07after",
  link: "link\x1b]8;;https://evil.example\x1b\\text\x1b]8;;\x1b\\",
  title: "title\x1b]0;owned\x07",
  c1: "c1\x9b31mcsi\x9d0;x\x9cosc\x90dcs\x9c",
  device: "device\x1bP+q544e\x1b\\\x1b_Gi=1\x1b\\",
  bell: "bell\x07\x08\x08\x08\x0e\x0f",
  cursor: "cursor\x1b[2J\x1b[H\x1b[?1049l\x1b[6n\x1bc",
  return: "return shown\rreplaced",
  bidi: "bidi\u202egnp.exe\u202c\u2066iso\u2069\u200e",
  zero: "zero\u200bwidth\u2060\ufeff\u00ad",
  tag: "tag\u{e0041}\u{e0042}",
  delete: "delete\x7f\x7f",
  reference: "reference&#27;[31m&#x9b;31m&#x202e;",
  wide: "wide 日本語 👩‍👩‍👧 e\u0301\u0301\u0301\u0301\u0301 שלום مرحبا",
  nested: `nested${"> ".repeat(200)}deep ${"[".repeat(300)}`,
  long: `long${"x".repeat(1_000_000)}`,
};

/** Control characters other than the line feed of a frame, and what is invisible or moves text, but the joiner of an emoji. */
const controls =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/u;

const everything = Object.values(hostile)
  .filter((words) => words.length < 10_000)
  .join("\n");
const dataDir = mkdtempSync(join(tmpdir(), "rein-data-"));
let upstream: Upstream;
let rein: Rein;

beforeAll(async () => {
  upstream = startUpstream();
  for (const [id, words] of Object.entries(hostile))
    writeSession(dataDir, { ...emptySession(tmpdir()), id, title: words }, eventsOf(id, words));
  rein = await startRein({ dataDir, environment: upstream.environment });
});
afterAll(async () => {
  await rein[Symbol.asyncDispose]();
  await upstream.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test.each(Object.entries(hostile))("%s, in every place of a session", async (id, words) => {
  const options = { url: rein.url, token: rein.token, sessionId: id, width: 100, height: 60 };
  await using screen = await openScreen(options);
  const first = /^\w+/.exec(words)![0].slice(0, 20);
  expect(await screen.shows("could not be stopped")).toContain(first);
  // Each card opened, from the last to the first, and all that is above it read.
  for (let card = 0; card < 12; card++) {
    screen.select();
    screen.mockInput.pressEnter();
    expect(controls.exec(await screen.frame())?.[0]).toBeUndefined();
    screen.mockInput.pressEscape();
    await screen.frame();
  }
  for (const key of ["End", "PageUp", "PageUp", "PageUp", "PageUp", "Home"] as const) {
    screen.press(key);
    const painted = await screen.frame();
    expect(controls.exec(painted)?.[0]).toBeUndefined();
    for (const line of painted.replace(/\n$/, "").split("\n"))
      expect(Bun.stringWidth(line)).toBe(100);
  }
});

test("the conversation draws text by the component that marks controls, and by no other", () => {
  const folder = join(import.meta.dir, "../terminal/conversation");
  const drawing = [...new Bun.Glob("*.tsx").scanSync({ cwd: folder })].filter((file) =>
    /<(?:text|span|code|markdown|diff|textarea)\b|\btitle=/.test(
      readFileSync(join(folder, file), "utf8"),
    ),
  );
  expect(drawing).toEqual(["Words.tsx"]);
});

test("an approval names each hidden character of what it asks", async () => {
  const command = everything.replaceAll("\0", "");
  upstream.script([toolCall("bash", { command })]);
  const chat = rein.chat({ message: "Go", provider: "anthropic", model: "m", permissions: "ask" });
  await chat.until((event) => event.type === "approval-request");
  const named = { url: rein.url, token: rein.token, sessionId: chat.sessionId };
  await using screen = await openScreen({ ...named, width: 120, height: 60 });
  const painted = await screen.shows("Tab to answer:");
  expect(controls.exec(painted)?.[0]).toBeUndefined();
  for (const mark of ["ESC", "BEL", "CR", "BS", "U+009B", "U+202E", "U+200B", "U+FEFF", "DEL"])
    expect(painted).toContain(mark);
  await rein.stop(chat.sessionId);
});

function* eventsOf(sessionId: string, words: string): Generator<EventBody> {
  const runId = `run-${sessionId}`;
  const at = 1_700_000_000_000;
  yield {
    type: "run-start",
    sessionId,
    run: { id: runId, state: "running", startedAt: at, usage: noUsage },
  };
  const message = (id: string, role: Message["role"], parts: Part[]): Message => ({
    id: `${sessionId}-${id}`,
    runId,
    role,
    parts,
    createdAt: at,
    ...(role === "assistant" && { outcome: "done", provider: words, model: words }),
  });
  const partText = (id: string, text: string): Part => ({
    type: "text",
    id: `${sessionId}-${id}`,
    text,
  });
  yield { type: "message-start", message: message("user", "user", [partText("said", words)]) };
  const call = (id: string, more: Partial<ToolCallPart>): ToolCallPart => ({
    type: "tool-call",
    id: `${sessionId}-${id}`,
    callId: id,
    name: words.slice(0, 200),
    inputText: "",
    input: { command: words, path: words, [words.slice(0, 200)]: words },
    state: "done",
    output: words,
    startedAt: at,
    endedAt: at + 1,
    ...more,
  });
  const markdown = `# ${words}\n\n${words} **${words}** \`${words}\` [${words}](https://e/${words})\n\n- ${words}\n\n> ${words}\n\n\`\`\`ts\n${words}\n\`\`\`\n\n| ${words} |\n|---|\n| ${words} |\n\n<b>${words}</b>\n`;
  const parts: Part[] = [
    {
      type: "reasoning",
      id: `${sessionId}-r`,
      text: words.slice(0, 20_000),
      startedAt: at,
      endedAt: at + 1,
    },
    partText("text", words.length > 10_000 ? words.slice(0, 20_000) : markdown),
    call("done", {}),
    call("failed", { name: "bash", state: "failed", error: words }),
    call("diff", { name: "edit", diff: `@@ -1 +1 @@\n-${words}\n+${words}\n` }),
    { type: "other", id: `${sessionId}-o`, name: words.slice(0, 200), text: words },
    {
      type: "plan",
      id: `${sessionId}-p`,
      entries: [{ text: words, state: "in_progress" }],
    },
    call("sub", {
      name: "subagent",
      subagent: { title: words, provider: "p", model: words, messages: [], usage: noUsage },
    }),
  ];
  yield { type: "message-start", message: message("answer", "assistant", parts) };
  yield {
    type: "message-start",
    agentId: `${sessionId}-sub`,
    message: message("inner", "assistant", [partText("inner", words)]),
  };
  yield {
    type: "run-end",
    runId,
    at: at + 2,
    outcome: "stopped",
    usage: noUsage,
    receipt: receiptOf(words.slice(0, 300)),
  };
}

function receiptOf(words: string): Receipt {
  return {
    stop: { by: "user", from: "web", askedAt: 1, point: "tool" },
    settledMs: 1,
    modelCalls: 1,
    modelCallsClosed: 0,
    toolCalls: [{ id: "c", name: words, subject: words, outcome: "done", output: words }],
    processes: [{ pid: 1, command: words }],
    survivors: [{ pid: 2, command: words, reason: words }],
    subagents: [{ id: "s", title: words, outcome: "done", toolCalls: 1, usage: noUsage }],
    usage: noUsage,
  };
}
