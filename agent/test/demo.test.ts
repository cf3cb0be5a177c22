/** The scripted demo model plays every scene that it suggests, says that it is scripted, and ends when its signal aborts. */
import { describe, expect, test } from "bun:test";
import { createDemo } from "../server/providers/demo/demo";
import type { ModelEvent, ModelRequest } from "../server/providers/provider";
import { toolSpecs } from "../server/tools/specs";
import { demoSuggestions } from "../shared/demo-suggestions";
import { instructions } from "../shared/summary";
import type { Message, Part, Stop, ToolCallPart } from "../shared/protocol";
import { someTools } from "./tools-bench";

const never = new AbortController().signal;
const stop: Stop = { by: "user", from: "web", askedAt: 0 };

test("every suggestion starts its own scene", async () => {
  const openings = await Promise.all(
    demoSuggestions.map(async ({ message }) => (await answer([user(message)])).text.slice(0, 60)),
  );
  const unknown = (await answer([user("What is the weather like?")])).text.slice(0, 60);
  expect(new Set([...openings, unknown]).size).toBe(demoSuggestions.length + 1);
});

test("any other message is answered with the statement that the model is scripted", async () => {
  const { text, calls, finish } = await answer([user("Is the file of this error all right?")]);
  expect(text).toContain("I am a script, not a model");
  expect(calls).toEqual([]);
  expect(finish).toBe("stop");
});

test("the long answer begins with reasoning, has a table and code, and takes more than half a minute", async () => {
  const { text, reasoning, pieces } = await answer([suggested("A long answer")]);
  expect(reasoning.length).toBeGreaterThan(500);
  expect(text).toMatch(/\|---\|/);
  expect(text).toMatch(/```ts\n/);
  const piecesPerSecond = 50;
  expect(pieces / piecesPerSecond).toBeGreaterThan(30);
  expect(pieces / piecesPerSecond).toBeLessThan(60);
});

test("the tool inputs of every scene are valid for their tools", async () => {
  for (const { message } of demoSuggestions)
    for (const { name, inputText, input } of (await answer([user(message)])).calls) {
      expect(JSON.parse(inputText)).toEqual(input);
      const tool = someTools().find((one) => one.name === name);
      if (name !== "subagent") expect(tool!.input.safeParse(input).success).toBe(true);
    }
});

test("the file scene writes, edits and reads in one turn each, and then answers", async () => {
  const names: string[] = [];
  const messages = [suggested("A file edit")];
  for (let turn = await answer(messages); turn.calls.length > 0; turn = await answer(messages)) {
    names.push(...turn.calls.map(({ name }) => name));
    messages.push(assistant(...turn.calls.map((call) => ({ ...call, state: "done" as const }))));
  }
  expect(names).toEqual(["write", "edit", "read"]);
});

test("three subagents are started in one turn, and each gets its own task", async () => {
  const { calls, finish } = await answer([suggested("Three subagents")]);
  expect(finish).toBe("tool-calls");
  expect(calls.map(({ name }) => name)).toEqual(["subagent", "subagent", "subagent"]);
  const tasks = calls.map(({ input }) => (input as { task: string }).task);
  const openings = await Promise.all(tasks.map((task) => answer([user(task)])));
  expect(openings.flatMap((opening) => opening.calls.map(({ name }) => name))).toEqual([
    "bash",
    "glob",
  ]);
  expect(openings[1]!.text.length).toBeGreaterThan(1000);
});

test("a stopped subagent is described as stopped, beside the results of the other subagents", async () => {
  const { calls } = await answer([suggested("Three subagents")]);
  const [one, two, three] = calls as [ToolCallPart, ToolCallPart, ToolCallPart];
  const { text } = await answer([
    suggested("Three subagents"),
    assistant(
      { ...one, state: "stopped", stop, output: "1\n2" },
      { ...two, state: "done", output: "an answer" },
      { ...three, state: "failed", error: "it broke" },
    ),
  ]);
  expect(text).toContain("It was stopped (`[interrupted by user]`); 2 lines of output are kept.");
  expect(text).toContain("It ran to its end, with 1 line of output.");
  expect(text).toContain("It failed: it broke");
  expect(text).toContain("Count in a shell");
});

test("a denial is acknowledged, with the message that came with it", async () => {
  const { calls } = await answer([suggested("An approval")]);
  const approval = { id: "a", kind: "command" as const, subject: "", digest: "", always: [] };
  const reply = { decision: "deny" as const, message: "not today" };
  const call = { ...calls[0]!, state: "failed" as const, approval: { ...approval, reply } };
  const { text } = await answer([suggested("An approval"), assistant(call)]);
  expect(text).toContain("You denied it, so nothing was run. Your message to me: “not today”.");
});

test("after an interruption the next answer begins with what was kept", async () => {
  const messages = [
    suggested("A long answer"),
    assistant(textPart("one two three"), { type: "interruption", id: "i", stop }),
  ];
  const { text } = await answer([...messages, user("hello")]);
  expect(text).toStartWith(
    "(I see `[interrupted by user]` in my last answer; the 3 words before it are kept.)\n",
  );
  const later = await answer([...messages, user("hello"), assistant(textPart("x")), user("hello")]);
  expect(later.text).not.toContain("interrupted");
});

describe("an answer that was cut", () => {
  for (const { title, message } of demoSuggestions)
    test(`goes on where it was cut, wherever that was (${title})`, async () => {
      const whole = await answer([user(message)]);
      for (let cut = 0; cut < whole.events; cut += cut < 20 ? 1 : 197) {
        const first = await cutAfter(cut, [user(message)]);
        const paused = { ...stop, by: "pause" as const };
        const rest = await answer([user(message), assistant(...first, interruption(paused))]);
        expect(said([...first, ...rest.parts], "reasoning")).toBe(whole.reasoning);
        expect(said([...first, ...rest.parts], "text")).toBe(whole.text);
        // One whose input was cut is lost, and made anew.
        const calls = [...first, ...rest.parts].filter(isWholeCall);
        expect(calls.map(({ input }) => input)).toEqual(whole.calls.map(({ input }) => input));
        expect(rest.finish).toBe(rest.calls.length > 0 ? "tool-calls" : "stop");
      }
    });

  test("goes on where it was cut the last time, and after a stop when it is told to continue", async () => {
    const whole = await answer([suggested("A long answer")]);
    const messages = [suggested("A long answer")];
    const written: Part[] = [];
    for (const by of ["pause", "user", "pause", "user"] as const) {
      const parts = await cutAfter(300, messages);
      written.push(...parts);
      messages.push(assistant(...parts, interruption({ ...stop, by })));
      if (by === "user") messages.push(user("Continue from where you were stopped."));
    }
    written.push(...(await answer(messages)).parts);
    expect(said(written, "text")).toBe(whole.text);
    expect(said(written, "reasoning")).toBe(whole.reasoning);
  });

  test("goes on after the tools that it had called whole", async () => {
    const { calls, events } = await answer([suggested("Three subagents")]);
    const first = (await cutAfter(events - 8, [suggested("Three subagents")])).filter(
      (part) => part.type !== "tool-call" || isWholeCall(part),
    );
    const done = (part: Part) => (isWholeCall(part) ? { ...part, state: "done" as const } : part);
    const paused = assistant(...first.map(done), interruption({ ...stop, by: "pause" }));
    const rest = await answer([suggested("Three subagents"), paused]);
    expect(rest.calls.map(({ input }) => input)).toEqual(calls.slice(2).map(({ input }) => input));
    expect(rest.text).toBe("");
    const last = await answer([
      suggested("Three subagents"),
      paused,
      assistant(...rest.calls.map(done)),
    ]);
    expect(last.text).toStartWith("The subagents have settled:");
    expect(last.text.match(/It ran to its end/g)).toHaveLength(3);
  });

  test("and was complete is not repeated", async () => {
    const { parts } = await answer([user("hello")]);
    const paused = assistant(...parts, interruption({ ...stop, by: "pause" }));
    expect((await answer([user("hello"), paused])).text).toBe("That was all.");
  });

  test("by a stop is acknowledged, and not continued, when the next message asks for something else", async () => {
    const parts = await cutAfter(300, [suggested("A long answer")]);
    const messages = [suggested("A long answer"), assistant(...parts, interruption(stop))];
    const { text, calls } = await answer([...messages, suggested("A shell command")]);
    expect(text).toStartWith("(I see `[interrupted by user]` in my last answer;");
    expect(calls.map(({ name }) => name)).toEqual(["bash"]);
  });
});

test("a summary says that it is scripted, counts the messages it replaces, and is acknowledged by the next answer", async () => {
  const asked = user(`${instructions}\n\nUser:\nHi\n\nAssistant:\nHello [interrupted by user]`);
  const { text, calls, finish } = await answer([asked], []);
  expect(text).toContain("This summary is scripted.");
  expect(text).toContain("I can only count: your messages (1), mine (1), and interruptions (1).");
  expect({ calls, finish }).toEqual({ calls: [], finish: "stop" });
  const summary = { ...assistant(textPart(text)), summary: {}, outcome: "done" as const };
  const next = await answer([suggested("A long answer"), assistant(), summary, user("hello")]);
  expect(next.text).toStartWith("(I was sent a summary of what came before.)\n");
});

test("a tool that the session does not have is not called", async () => {
  const { calls, text } = await answer([suggested("A shell command")], []);
  expect(calls).toEqual([]);
  expect(text).toContain("needs a tool");
});

test("an abort during a delay throws the reason, and nothing is yielded after it", async () => {
  const controller = new AbortController();
  const stream = createDemo({ pieceMs: 60_000 }).stream(
    requestOf([user("hello")]),
    controller.signal,
  );
  const events: ModelEvent[] = [];
  const reading = (async () => {
    for await (const event of stream) events.push(event);
  })().catch((error: unknown) => error);
  await new Promise(setImmediate);
  controller.abort(stop);
  expect(await reading).toBe(stop);
  expect(events.map(({ type }) => type)).toEqual(["part-start"]);
});

test("an abort between any two events throws the reason", async () => {
  const messages = [suggested("A shell command")];
  const { events } = await answer(messages);
  for (let count = 0; count < events; count++) {
    const controller = new AbortController();
    const stream = createDemo({ pieceMs: 0 }).stream(requestOf(messages), controller.signal);
    const seen: string[] = [];
    if (count === 0) controller.abort(stop);
    const reading = (async () => {
      for await (const event of stream) {
        seen.push(event.type);
        if (seen.length === count) controller.abort(stop);
      }
    })().catch((error: unknown) => error);
    expect(await reading).toBe(stop);
    expect(seen).toHaveLength(count);
  }
});

test("an already aborted signal ends the look-up of models", async () => {
  const demo = createDemo();
  expect((await demo.models(never)).map(({ id }) => id)).toEqual(["scripted"]);
  expect(await demo.models(AbortSignal.abort(stop)).catch((error: unknown) => error)).toBe(stop);
});

/** Plays a turn to its end and collects its events. */
async function answer(messages: Message[], tools?: ModelRequest["tools"]) {
  const played = await play(messages, Infinity, tools);
  const { parts } = played;
  const calls = parts.filter((part) => part.type === "tool-call");
  return { ...played, text: said(parts, "text"), reasoning: said(parts, "reasoning"), calls };
}

/** The parts that a turn has after so many events. */
async function cutAfter(events: number, messages: Message[]): Promise<Part[]> {
  return (await play(messages, events)).parts;
}

async function play(messages: Message[], most: number, tools?: ModelRequest["tools"]) {
  const parts = new Map<string, Extract<Part, { type: "text" | "reasoning" | "tool-call" }>>();
  const result = { pieces: 0, events: 0, finish: "" };
  for await (const event of createDemo({ pieceMs: 0 }).stream(requestOf(messages, tools), never)) {
    if (++result.events > most) break;
    if (event.type === "finish") result.finish = event.reason;
    else if (event.type === "part-start") parts.set(event.key, startedPart(event));
    else if (event.type === "part-delta") {
      result.pieces++;
      const part = parts.get(event.key)!;
      if (part.type === "tool-call") part.inputText += event.delta;
      else part.text += event.delta;
    } else if (event.type === "part-end") {
      const part = parts.get(event.key)!;
      if (part.type === "tool-call") part.input = event.input;
    }
  }
  return { ...result, parts: [...parts.values()] };
}

function said(parts: Part[], type: "text" | "reasoning"): string {
  return parts.map((part) => (part.type === type ? part.text : "")).join("");
}

function isWholeCall(part: Part): part is ToolCallPart {
  return part.type === "tool-call" && part.input !== undefined;
}

function interruption(stopped: Stop): Part {
  return { type: "interruption", id: "i", stop: stopped };
}

function startedPart(event: Extract<ModelEvent, { type: "part-start" }>) {
  const id = event.key;
  if (event.part === "tool-call") {
    const { part: type, callId, name } = event;
    return { type, id, callId, name, inputText: "", state: "pending" as const, output: "" };
  }
  if (event.part === "text") return { type: event.part, id, text: "" };
  return { type: "reasoning" as const, id, text: "", startedAt: 0 };
}

function requestOf(messages: Message[], tools?: ModelRequest["tools"]): ModelRequest {
  const subagent = { name: "subagent", description: "", inputSchema: {} };
  const offered = tools ?? [...toolSpecs(someTools()), subagent];
  return {
    model: "scripted",
    system: "",
    messages,
    tools: offered,
    options: {},
    cacheKey: "session",
  };
}

function suggested(title: string): Message {
  return user(demoSuggestions.find((one) => one.title === title)!.message);
}

function user(text: string): Message {
  return { id: "u", runId: "r", role: "user", parts: [textPart(text)], createdAt: 0 };
}

function assistant(...parts: Part[]): Message {
  return { id: "a", runId: "r", role: "assistant", parts, createdAt: 0 };
}

function textPart(text: string): Part {
  return { type: "text", id: "t", text };
}
