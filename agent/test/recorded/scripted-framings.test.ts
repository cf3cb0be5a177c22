/** An answer reads the same however its events are framed, on every wire: as the recorded ones, for a clone alone. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask } from "../provider-wires";
import { anthropic } from "../upstream/anthropic-wire";
import { gemini } from "../upstream/gemini-wire";
import { openaiChat } from "../upstream/openai-chat-wire";
import { openai } from "../upstream/openai-wire";
import { reasoning, text, toolCall, usage } from "../upstream/script";
import { type Answer, readAnswer } from "./answer";
import { framings } from "./framings";
import type { RecordedWire } from "./recordings";
import { caseOf, type Replay, startReplay } from "./replay";

const live = new AbortController().signal;

/** With characters of several bytes, and what could be taken for framing. */
const steps = [
  reasoning("Let me ", "look – déjà vu."),
  text("Zwei ", "Dateien 📁:\r\n", "data: none\n\n", "event: no"),
  toolCall("bash", { command: "ls 'ä b' # 漢字" }, { id: "call_1" }),
  usage(120, 14),
];

const expected: Answer = {
  parts: [
    { type: "reasoning", text: "Let me look – déjà vu." },
    { type: "text", text: "Zwei Dateien 📁:\r\ndata: none\n\nevent: no" },
    { type: "tool-call", id: "call_1", name: "bash", input: { command: "ls 'ä b' # 漢字" } },
  ],
  usage: { input: 120, cacheRead: 0, cacheWrite: 0, output: 14 },
  end: "tool-calls",
};

let replay: Replay;
beforeAll(() => void (replay = startReplay()));
afterAll(() => replay[Symbol.dispose]());

describe.each([anthropic, openai, openaiChat, gemini])("on the wire of $name", (wire) => {
  const ours = framings.filter(({ only }) => only === undefined || only === wire.name);
  test.each(ours)("an answer is read right with $name", async (framing) => {
    const { models, wire: name } = caseOf(wire.name);
    const stream = { wire: name, frames: framesOf() };
    const provider = replay.provider({ wire: wire.name as RecordedWire }, stream, framing);
    const answer = await readAnswer(provider.stream(ask(models[0]!), live));
    expect(answer).toEqual(expected);
    await replay.upstream.requests.at(-1)!.closed;
  });

  function framesOf(): string[] {
    let count = 0;
    const frames = [...wire.frames(steps, { model: "model", next: () => ++count })];
    return frames.filter((frame) => typeof frame === "string");
  }
});
