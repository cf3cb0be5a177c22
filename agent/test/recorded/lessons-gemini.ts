/** What recorded answers of Gemini taught, in small. */
import type { Answer } from "./answer";
import type { Lesson } from "./lesson";

const chunk = (
  parts: object[],
  more: object = {},
  usageMetadata: object = { trafficType: "ON_DEMAND" },
) => ({
  candidates: [{ content: { role: "model", parts }, ...more }],
  usageMetadata,
  modelVersion: "gemini-3-flash-preview",
  responseId: "1",
});
const counts = {
  promptTokenCount: 10,
  candidatesTokenCount: 3,
  thoughtsTokenCount: 2,
  totalTokenCount: 15,
};
const end = (parts: object[] = [{ text: "" }], finishReason = "STOP") =>
  chunk(parts, { finishReason, index: 0 }, counts);
const call = (functionCall: object, more: object = {}) => chunk([{ functionCall, ...more }]);
const argument = (jsonPath: string, value: object, more: object = { willContinue: true }) =>
  call({ partialArgs: [{ jsonPath, ...value }], ...more });

const usage = { input: 10, cacheRead: 0, cacheWrite: 0, output: 5 };
const made = (...inputs: unknown[]): Answer => ({
  parts: inputs.map((input) => ({ type: "tool-call", id: "", name: "roll", input })),
  usage,
  end: "tool-calls",
});

export const geminiLessons: Record<string, Lesson> = {
  "thoughts are reasoning, and their tokens are output": {
    chunks: [chunk([{ text: "Hm.", thought: true }]), chunk([{ text: "Hello." }]), end()],
    answer: {
      parts: [
        { type: "reasoning", text: "Hm." },
        { type: "text", text: "Hello." },
      ],
      usage,
      end: "stop",
    },
  },
  "the last part may hold only a signature": {
    chunks: [chunk([{ text: "Hello." }]), end([{ text: "", thoughtSignature: "c2ln" }])],
    answer: { parts: [{ type: "text", text: "Hello." }], usage, end: "stop" },
  },
  "arguments that come in pieces are put together": {
    chunks: [
      call({ name: "roll", willContinue: true }, { thoughtSignature: "c2ln" }),
      argument("$.player", { stringValue: "Bo", willContinue: true }),
      argument("$.player", { stringValue: "b" }),
      argument("$.dice[0].sides", { numberValue: 6 }),
      argument("$.dice[1].sides", { numberValue: 20 }),
      argument("$.fair", { boolValue: false }),
      call({}),
      end(),
    ],
    answer: made({ player: "Bob", dice: [{ sides: 6 }, { sides: 20 }], fair: false }),
  },
  "a call in pieces may end with its last argument": {
    chunks: [
      call({ name: "roll", willContinue: true }),
      argument("$.player", { numberValue: 1 }, {}),
      end(),
    ],
    answer: made({ player: 1 }),
  },
  "calls without arguments and calls in pieces follow one another": {
    chunks: [
      call({ name: "roll" }),
      call({ name: "roll", willContinue: true }),
      argument("$.player", { numberValue: 1 }),
      call({}),
      call({ name: "roll", willContinue: true }),
      argument("$.player", { numberValue: 2 }),
      end([{ functionCall: {} }]),
    ],
    answer: made({}, { player: 1 }, { player: 2 }),
  },
  "an answer that a filter ended is no refusal by the model": {
    chunks: [chunk([{ text: "Hello." }]), end([{ text: "" }], "SAFETY")],
    answer: { parts: [{ type: "text", text: "Hello." }], usage, end: "content-filter" },
  },
};
