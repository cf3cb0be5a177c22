/** Whatever a model service sends as an event, only the turn that it answers can fail, with words; the next message works. */
import { describe, expect, test } from "bun:test";
import { text, toolCall, usage } from "../upstream/script";
import { named, unnamed, type WireName } from "../upstream/wire";
import { ended, type EventWire, said, serviceScene, spoken, wireNames } from "./service-scene";

const scene = serviceScene();
const sessions: string[] = [];

/** The answer, and what it ends as: an error's code, "done" when it can still be used, "retried" when it is asked for anew. */
type Case = [body: string, ends: "bad-answer" | "done" | "retried" | "empty-answer"];

describe.each(wireNames)("on the wire of %s", (wire) => {
  const all = { ...everyWire(wire), ...own[wire] };
  test.each(Object.entries(all))("%s", async (_title, [body, ends]) => {
    const chat = scene.ask(wire, body);
    // It is asked again, visibly: once is enough here.
    if (ends === "retried") {
      await chat.until(({ type }) => type === "retry-start");
      await scene.rein.stop(chat.sessionId);
      await chat.ended;
    } else {
      const { outcome, error } = await ended(chat);
      expect(error?.code ?? outcome).toBe(ends);
      if (ends === "bad-answer")
        expect(error?.message).toMatch(
          /^(Anthropic|OpenAI|127\.0\.0\.1:\d+|Gemini) sent an answer that /,
        );
    }
    expect(await scene.next(wire, chat)).toBe("Still here.");
    sessions.push(chat.sessionId);
  });
});

test("an id that two calls have is replaced, in one answer and over turns", async () => {
  for (const wire of wireNames) {
    const twice = spoken(wire, call("one"), call("one"));
    const chat = scene.ask(wire, twice);
    await chat.ended;
    const again = scene.ask(wire, spoken(wire, call("one")), chat.sessionId);
    await again.ended;
    const { messages } = await scene.rein.session(chat.sessionId);
    const calls = messages.flatMap(({ parts }) =>
      parts.filter((part) => part.type === "tool-call"),
    );
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ callId }) => callId)).size).toBe(3);
    expect(await scene.next(wire, chat)).toBe("Still here.");
  }
});

test("what follows the end of an answer is no part of it", async () => {
  const whole = spoken("anthropic", text("All of it."));
  const chat = scene.ask("anthropic", `${whole}${spoken("anthropic", text("More."))}`);
  expect((await ended(chat)).outcome).toBe("done");
  expect(said(chat)).toBe("All of it.");
});

test("halves of surrogate pairs and NUL are kept, and sent on only as text", async () => {
  const chat = scene.ask("openai-chat", delta({ content: "a\ud800b\0c" }) + chatEnd);
  await chat.ended;
  expect(said(chat)).toBe("a\ud800b\0c");
  await scene.next("anthropic", chat);
  expect(scene.upstream.requests.at(-1)!.body).not.toMatch(/\\ud8/i);
});

test("the next server opens every one of these sessions", async () => {
  await scene.restart();
  expect(sessions.length).toBeGreaterThan(80);
  for (const id of sessions) expect((await scene.rein.session(id)).id).toBe(id);
});

const deep = `${"[".repeat(90_000)}${"]".repeat(90_000)}`;

/** A call of a tool that only reads. */
function call(id: string) {
  return toolCall("read", { path: `${crypto.randomUUID()}.txt` }, { id });
}

function everyWire(wire: WireName): Record<string, Case> {
  const whole = spoken(wire, text("Hello."), usage(1, 1));
  const named = (name: string): Case => [spoken(wire, toolCall(name, {})), "bad-answer"];
  // Anthropic's SDK reads no event without a name, and Google's takes anything else than an object for an empty one.
  const isNamed = wire === "anthropic";
  const unread = isNamed || wire === "gemini";
  return {
    "an event that is no object": [
      `data: 5\n\ndata: "x"\n\ndata: []\n\n${whole}`,
      unread ? "done" : "bad-answer",
    ],
    "an event nested too deeply": [`data: ${deep}\n\n${whole}`, unread ? "done" : "bad-answer"],
    "an event that is null": [
      `event: message_start\ndata: null\n\n${whole}`,
      wire === "gemini" ? "done" : "bad-answer",
    ],
    "text that is no JSON": [`data: {"a":\n\n${whole}`, isNamed ? "done" : "retried"],
    "a page of a web server": ["<html><body>Sign in</body></html>", "retried"],
    "nothing at all": ["", "retried"],
    "comments and empty events": [`${": ping\n\n".repeat(1000)}\n\n\n${whole}`, "done"],
    "line ends of other systems": [whole.replaceAll("\n", "\r\n"), "done"],
    "a name without characters": named(""),
    "a name with control characters": named("bash\u0000\u001b[2J"),
    "a name that is written from right to left": named("bash\u202ehsab"),
    "a name of many characters": named("b".repeat(100_000)),
    "an input nested too deeply": [
      spoken(wire, toolCall("bash", ['{"a":"DEEP"}'])).replaceAll(/\\?"DEEP\\?"/g, deep),
      "done",
    ],
    "an input with a prototype": [
      spoken(wire, toolCall("read", ['{"__proto__":{"path":"/x"},"constructor":1}'])),
      "done",
    ],
    "an input with thousands of keys": [
      spoken(wire, toolCall("read", Object.fromEntries(keys.map((key) => [key, key])))),
      "done",
    ],
  };
}

const keys = Array.from({ length: 10_000 }, (_, index) => `key-${index}`);

const start = named({ type: "message_start", message: { usage: { input_tokens: 1 } } });
const stop = named({ type: "message_stop" });

function block(content: unknown, index: unknown = 0): string {
  return (
    named({ type: "content_block_start", index, content_block: content }) +
    named({ type: "content_block_stop", index })
  );
}

function blockDelta(value: unknown, index: unknown = 0): string {
  return (
    named({ type: "content_block_start", index: 0, content_block: { type: "text" } }) +
    named({ type: "content_block_delta", index, delta: value })
  );
}

function delta(value: unknown, more: object = {}): string {
  return unnamed({ choices: [{ delta: value, ...more }] });
}

const chatEnd = `${delta({}, { finish_reason: "stop" })}data: [DONE]\n\n`;

function chatCall(value: unknown): Case {
  return [delta({ tool_calls: [value] }) + chatEnd, "bad-answer"];
}

function item(value: unknown): string {
  return (
    named({ type: "response.output_item.added", output_index: 0, item: value }) +
    named({ type: "response.output_item.done", output_index: 0, item: value })
  );
}

const completed = named({
  type: "response.completed",
  response: { status: "completed", output: [], usage: { input_tokens: 1, output_tokens: 1 } },
});

function parts(value: unknown): string {
  return unnamed({ candidates: [{ content: { parts: value } }] });
}

const geminiEnd = unnamed({ candidates: [{ finishReason: "STOP" }] });

function geminiCall(functionCall: unknown): Case {
  return [parts([{ functionCall }]) + geminiEnd, "bad-answer"];
}

const counts = ["x", -1, null, 1e308, {}, [1]];

const own: Record<EventWire, Record<string, Case>> = {
  anthropic: {
    "a call whose name is null": [
      start + block({ type: "tool_use", id: "a", name: null }) + stop,
      "bad-answer",
    ],
    "a call whose name is an object": [
      start + block({ type: "tool_use", id: "a", name: {} }) + stop,
      "bad-answer",
    ],
    "a call whose id is null": [
      start + block({ type: "tool_use", id: null, name: "bash" }) + stop,
      "done",
    ],
    "a call whose id is a number": [
      start + block({ type: "tool_use", id: 1, name: "bash" }) + stop,
      "bad-answer",
    ],
    "a call without an id": [start + block({ type: "tool_use", name: "bash" }) + stop, "done"],
    "a block without an index": [start + block({ type: "text" }, null) + stop, "bad-answer"],
    "a block without content": [start + block(undefined) + stop, "bad-answer"],
    "a block that begins twice": [
      start + block({ type: "text" }) + block({ type: "text" }) + stop,
      "bad-answer",
    ],
    "a delta of a block that never began": [
      start + blockDelta({ type: "text_delta", text: "x" }, 7) + stop,
      "bad-answer",
    ],
    "a delta after its block's end": [
      start +
        block({ type: "text" }) +
        named({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "x" } }),
      "bad-answer",
    ],
    "a delta that is missing": [start + blockDelta(undefined) + stop, "bad-answer"],
    "text that is an object": [
      start + blockDelta({ type: "text_delta", text: {} }) + stop,
      "bad-answer",
    ],
    "a start without a message": [named({ type: "message_start" }), "bad-answer"],
    "a reason that is an object": [
      start + named({ type: "message_delta", delta: { stop_reason: {} } }) + stop,
      "bad-answer",
    ],
    "unknown events": [
      start +
        named({ type: "new", a: 1 }) +
        named({ type: "__proto__" }) +
        block({ type: "x" }) +
        stop,
      "done",
    ],
    "counts that are none": [
      counts
        .map((count) =>
          named({ type: "message_start", message: { usage: { input_tokens: count } } }),
        )
        .join("") + stop,
      "empty-answer",
    ],
    "an error that says nothing readable": [
      start + named({ type: "error", error: { type: {}, message: { a: 1 }, details: 5 } }),
      "retried",
    ],
  },
  "openai-chat": {
    "a call whose name is null": chatCall({ index: 0, id: "a", function: { name: null } }),
    "a call whose name is an object": chatCall({ index: 0, id: "a", function: { name: {} } }),
    "a call whose id is a number": chatCall({ index: 0, id: 5, function: { name: "bash" } }),
    "a call whose input is a list": chatCall({
      index: 0,
      id: "a",
      function: { name: "bash", arguments: [] },
    }),
    "a call whose input is an object that is nested too deeply": [
      delta({ tool_calls: [{ id: "a", function: { name: "read", arguments: { a: "DEEP" } } }] })
        .replace('"DEEP"', deep)
        .concat(chatEnd),
      "done",
    ],
    "other parts that cannot be read": [
      delta({ images: 5, annotations: [null, 1], audio: "x", executed_tools: [[]] }) +
        delta({ reasoning_details: [5, { type: {} }], extra_content: 5, content: "x" }) +
        unnamed({ citations: [1], search_results: { a: 1 } }) +
        chatEnd,
      "done",
    ],
    "pieces of content of unknown kinds": [
      delta({ content: [{ type: "x".repeat(1000) }, { type: "\u202e", text: {} }] }) + chatEnd,
      "done",
    ],
    "data for the service that is nested too deeply": [
      delta({ content: "x", extra_content: { a: "DEEP" } }).replace('"DEEP"', deep) + chatEnd,
      "bad-answer",
    ],
    "a call that is null": chatCall(null),
    "calls that are an object": [delta({ tool_calls: {} }) + chatEnd, "bad-answer"],
    "text that is an array": [delta({ content: [{ type: "text" }] }) + chatEnd, "bad-answer"],
    "text that is a number": [delta({ content: 5 }) + chatEnd, "bad-answer"],
    "choices that are an object": [unnamed({ choices: { 0: 1 } }) + chatEnd, "bad-answer"],
    "a choice that is null": [unnamed({ choices: [null] }) + chatEnd, "bad-answer"],
    "a reason that is an object": [delta({}, { finish_reason: {} }), "bad-answer"],
    "no choices": [unnamed({}) + unnamed({ choices: null }) + chatEnd, "empty-answer"],
    "counts that are none": [
      counts
        .map((count) => unnamed({ usage: { prompt_tokens: count, completion_tokens: count } }))
        .join("") + chatEnd,
      "empty-answer",
    ],
    "an error that says nothing readable": [
      unnamed({ error: { message: 5, code: {}, details: {} } }),
      "retried",
    ],
  },
  openai: {
    "a call whose name is null": [
      item({ type: "function_call", call_id: "a", name: null, arguments: "{}" }) + completed,
      "bad-answer",
    ],
    "a call whose id is an object": [
      item({ type: "function_call", call_id: {}, name: "bash", arguments: "{}" }) + completed,
      "bad-answer",
    ],
    "a call whose input is an object": [
      item({ type: "function_call", call_id: "a", name: "bash", arguments: {} }) + completed,
      "done",
    ],
    "an item that is missing": [item(undefined) + completed, "bad-answer"],
    "an item that begins twice": [
      item({ type: "message", id: "a" }) + item({ type: "message", id: "a" }) + completed,
      "bad-answer",
    ],
    "reasoning nested too deeply": [
      item({ type: "reasoning", content: "DEEP" }).replaceAll('"DEEP"', deep) + completed,
      "bad-answer",
    ],
    "text that is an object": [
      named({ type: "response.output_item.added", output_index: 0, item: { type: "message" } }) +
        named({ type: "response.output_text.delta", output_index: 0, delta: {} }),
      "bad-answer",
    ],
    "an end without a response": [named({ type: "response.completed" }), "bad-answer"],
    "an end whose output is null": [
      named({ type: "response.completed", response: { output: null } }),
      "bad-answer",
    ],
    "a failure that is null": [named({ type: "response.failed", response: null }), "bad-answer"],
    "a failure that says nothing readable": [
      named({ type: "response.failed", response: { error: { message: 5, code: 7 } } }),
      "retried",
    ],
  },
  gemini: {
    "a call whose name is null": geminiCall({ name: null, args: {} }),
    "a call whose name is an object": geminiCall({ name: {}, args: {} }),
    "a call whose id is a number": geminiCall({ name: "bash", id: 5, args: {} }),
    "a call whose input is an array": geminiCall({ name: "bash", args: [1] }),
    "a call whose input is text": geminiCall({ name: "bash", args: "x" }),
    "parts that are an object": [parts({}) + geminiEnd, "bad-answer"],
    "a part that is null": [parts([null]) + geminiEnd, "bad-answer"],
    "text that is an object": [parts([{ text: {} }]) + geminiEnd, "bad-answer"],
    "candidates that are an object": [unnamed({ candidates: {} }) + geminiEnd, "bad-answer"],
    "a reason that is an object": [unnamed({ candidates: [{ finishReason: {} }] }), "bad-answer"],
    "counts that are none": [
      counts.map((count) => unnamed({ usageMetadata: { promptTokenCount: count } })).join("") +
        geminiEnd,
      "empty-answer",
    ],
  },
};
