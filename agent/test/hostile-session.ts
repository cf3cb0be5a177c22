/** A session with the same hostile words in every place that a session has for words. */
import {
  type EventBody,
  type Message,
  noUsage,
  type Part,
  type Receipt,
  type ToolCallPart,
} from "../shared/protocol";

/** Each begins with a word to wait for. */
export const hostileWords = {
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

export function* hostileEvents(sessionId: string, words: string): Generator<EventBody> {
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
