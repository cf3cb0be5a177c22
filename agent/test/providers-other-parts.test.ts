/** What a service does by itself within an answer is named, kept, and given back to it where it accepts it. */
import { expect, test } from "bun:test";
import type { Message, OtherPart } from "../shared/protocol";
import type { ModelEvent } from "../server/providers/provider";
import {
  ask,
  callsIn,
  collect,
  finished,
  interrupted,
  messageOf,
  providerCases,
  userMessage,
} from "./provider-wires";
import { textSignature } from "./upstream/gemini-wire";
import { upstreamScene } from "./upstream-scene";
import { finish, other, reasoning, type Step, text, toolCall } from "./upstream/upstream";

const live = new AbortController().signal;
const [anthropic, openai, , gemini] = providerCases;

const upstream = upstreamScene();

type Raw = Extract<Step, { type: "other" }>["raw"];

const search = {
  type: "server_tool_use",
  id: "srvtoolu_1",
  name: "web_search",
  input: { query: "rein" },
};
const found = {
  type: "web_search_tool_result",
  tool_use_id: "srvtoolu_1",
  content: [{ type: "web_search_result", title: "Reins", url: "https://example.com" }],
};
const compaction = { type: "compaction", content: "What came before." };

const written: [typeof anthropic, Raw[], Step[], [name: string, text: string][]][] = [
  [
    anthropic,
    [search, found, compaction],
    [],
    [
      ["web_search", "rein"],
      ["web_search_tool_result", "Reins"],
      ["compaction", ""],
    ],
  ],
  [
    openai,
    [
      { type: "web_search_call", id: "ws_1", status: "completed", action: { query: "rein" } },
      { type: "shell_call", id: "sh_1", call_id: "call_1", action: { commands: ["ls", "pwd"] } },
      { type: "shell_call_output", id: "sho_1", call_id: "call_1", output: [{ stdout: "a" }] },
    ],
    [reasoning("Let me search.")],
    [
      ["web_search_call", "rein"],
      ["shell_call", "ls pwd"],
      ["shell_call_output", "a"],
    ],
  ],
  [
    gemini,
    [
      { executableCode: { language: "PYTHON", code: "print(1)" } },
      { codeExecutionResult: { outcome: "OUTCOME_OK", output: "1" } },
      {
        inlineData: { mimeType: "image/png", data: "iVBORw0KGgo=" },
        thoughtSignature: textSignature,
      },
    ],
    [],
    [
      ["executableCode", "print(1)"],
      ["codeExecutionResult", "1"],
      ["inlineData", "image/png, 1 kB"],
    ],
  ],
];

test.each(written)(
  "they are named parts, and go back as they came, in their place (%#)",
  async (one, raws, before, shown) => {
    const message = await write(one, [
      ...before,
      ...raws.map((raw) => other(raw)),
      text("Found."),
      toolCall("bash", { command: "ls" }),
    ]);
    expect(othersIn(message).map(({ name, text }) => [name, text])).toEqual(shown);
    const body = await sendBack(one, finished(message));
    const places = raws.map((raw) => body.indexOf(JSON.stringify(raw).slice(1, -1)));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  },
);

test.each(written)(
  "another model reads a line about each, and refuses nothing (%#)",
  async (one, raws, before, shown) => {
    const message = finished(await write(one, [...before, ...raws.map((raw) => other(raw))]));
    for (const reader of providerCases) {
      if (reader === one) continue;
      const body = await sendBack(reader, structuredClone(message));
      for (const [name] of shown) expect(body).toContain(`(${name}`);
    }
  },
);

test("a call of a tool that Rein does not have goes back as a line, without the reasoning that led to it", async () => {
  const call = {
    type: "custom_tool_call",
    id: "ct_1",
    call_id: "call_1",
    name: "write_sql",
    input: "SELECT 1",
  };
  const patch = {
    type: "apply_patch_call",
    id: "apc_1",
    call_id: "call_2",
    operation: { path: "a.md" },
  };
  const message = await write(openai, [reasoning("SQL."), other(call), other(patch)]);
  expect(othersIn(message).map(({ name, text }) => [name, text])).toEqual([
    ["write_sql", "SELECT 1"],
    ["apply_patch_call", "a.md"],
  ]);
  const body = await sendBack(openai, finished(message));
  expect(body).toContain("(write_sql: SELECT 1)");
  expect(body).not.toContain("custom_tool_call");
  expect(body).not.toContain('encrypted_content":"sealed');
});

test("a call of the service that a stop has cut from its result goes back as a line", async () => {
  const message = await write(anthropic, [text("Searching."), other(search)]);
  const body = await sendBack(anthropic, interrupted(message));
  expect(body).not.toContain("server_tool_use");
  expect(body).toContain("(web_search: rein)");
});

test("a turn that the service has paused goes back as it is, and only then without a result", async () => {
  const message = await write(anthropic, [text("Searching."), other(search), finish("pause")]);
  upstream.script([other(found), text("Found.")]);
  const model = anthropic.models[0]!;
  const request = ask(model, userMessage("Hello."), finished(message));
  const events = await collect(anthropic.create(upstream).stream(request, live));
  const { messages } = upstream.requests.at(-1)!.body as {
    messages: { role: string; content: object[] }[];
  };
  expect(messages.at(-1)).toEqual({
    role: "assistant",
    content: [{ type: "text", text: "Searching." }, search],
  });
  const rest = messageOf(events, "anthropic", model);
  const after = await sendBack(anthropic, finished(message), finished(rest));
  expect(after).toContain(JSON.stringify([search, found]).slice(1, -1));
});

test("a search that the service has called beside a tool goes back with the tool's result, which it waits for", async () => {
  const message = await write(anthropic, [other(search), toolCall("bash", { command: "ls" })]);
  for (const call of callsIn(message)) call.state = "done";
  upstream.script([other(found), text("Found.")]);
  const model = anthropic.models[0]!;
  const request = ask(model, userMessage("Hello."), finished(message));
  const events = await collect(anthropic.create(upstream).stream(request, live));
  const { body, refusal } = upstream.requests.at(-1)!;
  expect(refusal).toBeUndefined();
  const { messages } = body as { messages: { content: object[] }[] };
  expect(messages.at(-2)!.content[0]).toEqual(search);
  expect(messages.at(-1)!.content).toMatchObject([{ type: "tool_result" }]);
  const rest = messageOf(events, "anthropic", model);
  const after = await sendBack(anthropic, finished(message), finished(rest));
  for (const raw of [search, found]) expect(after).toContain(JSON.stringify(raw).slice(1, -1));
  // Without the answer to it, when the user writes meanwhile, it is a line.
  const alone = await sendBack(anthropic, finished(message));
  expect(alone).not.toContain("server_tool_use");
});

test("a part that is too large to be kept is named, and goes back as a line", async () => {
  const picture = {
    type: "image_generation_call",
    id: "ig_1",
    status: "completed",
    result: "A".repeat(600_000),
  };
  const message = await write(openai, [reasoning("Paint."), other(picture), text("Painted.")]);
  expect(othersIn(message)).toMatchObject([
    { name: "image_generation_call", meta: { provider: "openai" } },
  ]);
  expect(JSON.stringify(message).length).toBeLessThan(10_000);
  expect(await sendBack(openai, finished(message))).toContain("(image_generation_call)");
});

test.each([
  [anthropic, search],
  [openai, { type: "web_search_call", id: "ws_1", status: "completed" }],
])(
  "what is stored of such a part goes back as a line when it is damaged (%#)",
  async (one, raw) => {
    const message = finished(await write(one, [other(raw), text("Found.")]));
    const [part] = othersIn(message);
    part!.meta!["raw"] = { text: "Its type is lost." };
    const body = await sendBack(one, message);
    expect(upstream.requests.at(-1)!.refusal).toBeUndefined();
    expect(body).toContain(`(${part!.name}`);
    expect(body).not.toContain("Its type is lost.");
  },
);

test("the name and the line of a hostile part are bounded", async () => {
  const message = await write(openai, [
    other({ type: `x${"y".repeat(1000)}\u0000\u202e`, query: "a\n".repeat(100_000) }),
    other({ type: "web_search_call", deep: JSON.parse(`${"[".repeat(200)}${"]".repeat(200)}`) }),
  ]);
  const [first, second] = othersIn(message);
  expect(first!.name.length).toBe(200);
  expect(first!.text.length).toBeLessThan(310);
  expect(second!.meta).toEqual({ provider: "openai" });
});

test.each([
  ["Hello.", ""],
  ["Hel", "lo."],
  ["", "Hello."],
])(
  "Gemini gets the signature of a text back on the piece that it signs (%p, %p)",
  async (before, signed) => {
    const piece = { text: signed, thoughtSignature: textSignature };
    const first = before === "" ? [] : [text(before)];
    const message = await write(gemini, [...first, other(piece), text("More.")]);
    expect(message.parts.map((part) => part.type === "text" && part.text)).toEqual([
      before + signed,
      "More.",
    ]);
    const body = await sendBack(gemini, finished(message), userMessage("And?"));
    const pieces = before === "" ? [piece] : [{ text: before }, piece];
    expect(body).toContain(JSON.stringify([...pieces, { text: "More." }]).slice(1, -1));
  },
);

async function write(one: typeof anthropic, steps: Step[]): Promise<Message> {
  upstream.script(steps);
  const model = one.models[0]!;
  const events: ModelEvent[] = await collect(one.create(upstream).stream(ask(model), live));
  expect(events.at(-1)!.type).toBe("finish");
  return messageOf(events, one.wire, model);
}

/** The body in which these messages and the user's next one were sent, and accepted. */
async function sendBack(one: typeof anthropic, ...messages: Message[]): Promise<string> {
  upstream.script([text("Here I am.")]);
  for (const call of messages.flatMap(callsIn)) if (!("outcome" in call)) call.state = "done";
  const request = ask(one.models[0]!, userMessage("Hello."), ...messages, userMessage("Go on."));
  await collect(one.create(upstream).stream(request, live));
  return JSON.stringify(upstream.requests.at(-1)!.body);
}

function othersIn({ parts }: Message): OtherPart[] {
  return parts.filter((part) => part.type === "other");
}
