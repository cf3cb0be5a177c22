/** A conversation becomes turns that every service accepts, with all interruptions, and loses only what no service accepts. */
import { describe, expect, test } from "bun:test";
import { toTurns } from "../server/providers/provider-history";
import { callsOf, type Reader, type Turn } from "../server/providers/provider-turns";
import type { Message, Part, StopBy, ToolCallPart } from "../shared/protocol";
import { stopped } from "./provider-wires";

const reader: Reader = { provider: "anthropic", model: "claude" };

describe("text", () => {
  test("users and the model take turns", () => {
    expect(read(user("Hi."), answer([text("Hello.")]), user("Bye."))).toEqual([
      { role: "user", text: "Hi." },
      { role: "assistant", items: [{ type: "text", text: "Hello." }] },
      { role: "user", text: "Bye." },
    ]);
  });

  test("an interrupted text keeps the text written so far, and ends with the marker", () => {
    const cut = answer([text("Once upon "), interruption()], "stopped");
    expect(itemsOf(cut)).toEqual([{ type: "text", text: "Once upon\n\n[interrupted by user]" }]);
  });

  test.each<[StopBy, string]>([
    ["user", "[interrupted by user]"],
    ["disconnect", "[interrupted: connection lost]"],
    ["crash", "[interrupted: server crashed]"],
  ])("an answer stopped by %s before its first word contains only the marker", (by, marker) => {
    expect(itemsOf(answer([interruption(by)], "stopped"))).toEqual([
      { type: "text", text: marker },
    ]);
  });

  test("a complete text is unchanged, including white space", () => {
    expect(itemsOf(answer([text("So:\n")]))).toEqual([{ type: "text", text: "So:\n" }]);
  });

  test("text that is only white space is left out", () => {
    expect(itemsOf(answer([text("\n\n"), text("Hi.")]))).toEqual([{ type: "text", text: "Hi." }]);
  });

  test("a failed answer tells the model that it was cut off", () => {
    expect(itemsOf(answer([text("Once ")], "failed"))).toEqual([
      { type: "text", text: "Once\n\n[cut off by an error]" },
    ]);
  });

  test("a failed turn without text is left out, and the user's turns around it are merged", () => {
    const turns = read(user("Hi."), answer([], "failed"), user("Still there?"));
    expect(turns).toEqual([{ role: "user", text: "Hi.\n\nStill there?" }]);
  });

  test("a turn of reasoning alone is left out, as no service accepts it", () => {
    const meta = { provider: "anthropic", signature: "s" };
    const turns = read(user("Hi."), answer([reasoning(meta)], "failed"), user("Well?"));
    expect(turns.map(({ role }) => role)).toEqual(["user"]);
  });

  test("consecutive answers are merged into one turn", () => {
    const turns = read(user("Hi."), answer([text("One")], "failed"), answer([text("Two")]));
    expect(turns.map(({ role }) => role)).toEqual(["user", "assistant"]);
  });
});

describe("reasoning", () => {
  const meta = { provider: "anthropic", signature: "s" };

  test("is sent back to the provider and model that wrote it, with the data they attached", () => {
    expect(itemsOf(answer([reasoning(meta), text("Hi.")]))[0]).toEqual({
      type: "reasoning",
      text: "Hmm.",
      meta,
    });
  });

  test("is sent to no other provider and no other model", () => {
    const message = answer([reasoning(meta), text("Hi.")]);
    for (const other of [
      { provider: "openai", model: "claude" },
      { provider: "anthropic", model: "claude-2" },
    ])
      expect(itemsOf(message, other)).toEqual([{ type: "text", text: "Hi." }]);
  });

  test("that a stop cut off has no attached data, and is left out", () => {
    const message = answer([reasoning(), interruption()], "stopped");
    expect(itemsOf(message)).toEqual([{ type: "text", text: "[interrupted by user]" }]);
  });
});

describe("a tool call", () => {
  test("that finished has its output as its result", () => {
    expect(resultsOf(answer([call({ state: "done", output: "a\nb\n" })]))).toEqual([
      { text: "a\nb", isError: false },
    ]);
  });

  test("that finished without output says so, as no service accepts an empty result", () => {
    expect(resultsOf(answer([call({ state: "done" })]))[0]!.text).toBe("(no output)");
  });

  test("that failed has its output and its error as its result", () => {
    const failed = call({ state: "failed", output: "half\n", error: "Exit code 1." });
    expect(resultsOf(answer([failed]))).toEqual([{ text: "half\n\nExit code 1.", isError: true }]);
  });

  test("with a partial output is never reported as a success", () => {
    const cut = call({ state: "stopped", output: "half\n", stop: stopped });
    expect(resultsOf(answer([cut, interruption()], "stopped"))).toEqual([
      { text: "half\n\n[interrupted by user]", isError: true },
    ]);
  });

  test.each(["pending", "waiting", "running"] as const)(
    "that a crash left %s reports the crash",
    (state) => {
      const message = answer([call({ state }), interruption("crash")], "stopped");
      expect(resultsOf(message)).toEqual([
        { text: "[interrupted: server crashed]", isError: true },
      ]);
    },
  );

  test("that was stopped on its own is marked, although the run continued", () => {
    const message = answer([
      call({ state: "stopped", stop: stopped }),
      call({ state: "done", output: "b" }),
    ]);
    expect(resultsOf(message)).toEqual([
      { text: "[interrupted by user]", isError: true },
      { text: "b", isError: false },
    ]);
  });

  test("that finished before the stop has the marker after its result", () => {
    const message = answer([call({ state: "done", output: "a" }), interruption()], "stopped");
    expect(resultsOf(message)).toEqual([{ text: "a\n\n[interrupted by user]", isError: false }]);
  });

  test("that a stop cut off is followed by no text: the marker is in the results only", () => {
    const message = answer(
      [text("Look:"), call({ state: "stopped", stop: stopped }), interruption()],
      "stopped",
    );
    expect(itemsOf(message).map(({ type }) => type)).toEqual(["text", "tool-call"]);
  });

  test("whose input a stop cut off is dropped, and the text carries the marker", () => {
    for (const state of ["writing", "stopped"] as const) {
      const cut = call({ state, input: undefined, inputText: '{"comm' });
      expect(itemsOf(answer([text("Look:"), cut, interruption()], "stopped"))).toEqual([
        { type: "text", text: "Look:\n\n[interrupted by user]" },
      ]);
    }
  });

  test("whose input a failure cut off is dropped", () => {
    const cut = call({ state: "failed", input: undefined, inputText: '{"comm', error: "Not run" });
    expect(itemsOf(answer([text("Look:"), cut], "failed")).map(({ type }) => type)).toEqual([
      "text",
    ]);
  });

  test("whose input was not JSON is sent back with an empty input and its error", () => {
    const wrong = call({ state: "failed", input: undefined, inputText: "{ls", error: "Not JSON." });
    expect(callsOf(turnOf(answer([wrong])))).toMatchObject([
      { input: {}, inputText: "{}", result: { text: "Not JSON.", isError: true } },
    ]);
  });

  test("is sent back with the input as the model wrote it", () => {
    const spaced = call({ state: "done", input: { a: 1 }, inputText: '{ "a": 1 }' });
    expect(callsOf(turnOf(answer([spaced])))[0]).toMatchObject({
      input: { a: 1 },
      inputText: '{ "a": 1 }',
    });
  });

  test("is sent to its own service with that service's id, and to others with ours, which all of them accept", () => {
    const message = answer([call({ state: "done", callId: "functions.bash:0" })]);
    expect(callsOf(turnOf(message))[0]!.id).toBe("functions.bash:0");
    const other = callsOf(turnOf(message, { provider: "openai", model: "gpt" }))[0]!;
    expect(other.id).toBe(message.parts[0]!.id);
  });

  test("to a subagent is sent with its result, without the subagent's own messages", () => {
    const subagent = {
      role: "simple" as const,
      title: "Look",
      provider: "anthropic",
      model: "claude",
      messages: [user("secret task"), answer([text("secret thought")])],
      usage: { inputTokens: 0, outputTokens: 0, estimated: false },
    };
    const turns = read(user("Hi."), answer([call({ state: "done", output: "Found.", subagent })]));
    expect(JSON.stringify(turns)).toContain("Found.");
    expect(JSON.stringify(turns)).not.toContain("secret");
  });
});

test("converting a message does not change the stored message", () => {
  const message = answer([text("Once "), interruption()], "stopped");
  const before = JSON.stringify(message);
  read(user("Hi."), message, user("Go on."));
  expect(JSON.stringify(message)).toBe(before);
});

test("a turn is the same in every later request", () => {
  const start = [user("Hi."), answer([text("Once "), interruption()], "stopped"), user("Go on.")];
  const later = [...start, answer([text("Twice.")]), user("And?")];
  expect(read(...later).slice(0, 3)).toEqual(read(...start));
});

function read(...messages: Message[]): Turn[] {
  return toTurns(messages, reader);
}

function turnOf(message: Message, as = reader) {
  const turn = toTurns([user("Hi."), message], as)[1]!;
  if (turn.role !== "assistant") throw new Error("The answer was left out.");
  return turn;
}

function itemsOf(message: Message, as = reader) {
  return turnOf(message, as).items;
}

function resultsOf(message: Message) {
  return callsOf(turnOf(message)).map(({ result }) => result);
}

function user(words: string): Message {
  return { id: "u", runId: "run", role: "user", parts: [text(words)], createdAt: 0 };
}

function answer(parts: Part[], outcome: Message["outcome"] = "done"): Message {
  const from = { provider: "anthropic", model: "claude" };
  return { id: "a", runId: "run", role: "assistant", parts, createdAt: 0, outcome, ...from };
}

function text(words: string): Part {
  return { type: "text", id: "t", text: words };
}

function reasoning(meta?: { provider: string; signature: string }): Part {
  return { type: "reasoning", id: "r", text: "Hmm.", startedAt: 0, ...(meta && { meta }) };
}

function interruption(by: StopBy = "user"): Part {
  return { type: "interruption", id: "i", stop: { ...stopped, by } };
}

function call(fields: Partial<ToolCallPart>): ToolCallPart {
  const input = { command: "ls" };
  return {
    type: "tool-call",
    id: "part-1",
    callId: "call-1",
    name: "bash",
    inputText: JSON.stringify(input),
    input,
    state: "pending",
    output: "",
    ...fields,
  };
}
