/** The line of a receipt says once where the stop came, how long it took and what it ended. */
import { expect, test } from "bun:test";
import { receiptLine } from "../client/state/outcome-labels";
import { noUsage, type Receipt, type ReceiptToolCall, type StopPoint } from "../shared/protocol";

const points: Record<StopPoint, string> = {
  start: "before it began",
  model: "while waiting for the model",
  reasoning: "while the model was thinking",
  text: "while the model was writing",
  "tool-input": "while the model was writing a tool call",
  approval: "while waiting for your answer",
  tool: "while a tool ran",
  subagent: "while subagents were working",
  summary: "while summing up",
  retry: "while waiting to try again",
  pause: "while paused",
};

test.each(Object.entries(points))("a stop at %s is told %s", (point, words) => {
  const line = receiptLine(receipt({ point: point as StopPoint }));
  expect(line).toBe(`Stopped in 14 ms ${words}`);
});

test("a stop tells what it ended, and leaves tokens, files and closed calls to the row and the details", () => {
  const subagent = { id: "s", title: "alpha", outcome: "stopped", toolCalls: 1, usage: noUsage };
  const told = receipt({
    point: "tool",
    toolCalls: [call("bash"), call("bash", { subagentId: "s" }), call("read", { outcome: "done" })],
    processes: [1, 2, 3].map((pid) => ({ pid, command: "sleep" })),
    proof: "proven",
    subagents: [subagent, { ...subagent, outcome: "done" }] as Receipt["subagents"],
    modelCallsClosed: 2,
    usage: { ...noUsage, inputTokens: 690 },
  });
  expect(receiptLine(told)).toBe(
    "Stopped in 14 ms while a command ran · 3 processes ended · 1 subagent stopped",
  );
});

test("several calls are counted, and a cause that is not the user is named", () => {
  const two = receipt({ point: "tool", toolCalls: [call("bash"), call("read")], by: "timeout" });
  expect(receiptLine(two)).toBe("Stopped in 14 ms while 2 tools ran · time limit reached");
  const crash = receipt({ point: "text", by: "crash" });
  expect(receiptLine(crash)).toBe("Stopped while the model was writing · server crashed");
});

test("a call that never started has not run", () => {
  const toolCalls = [call("bash", { outcome: "never-started" })];
  expect(receiptLine(receipt({ point: "tool", toolCalls }))).toBe(
    "Stopped in 14 ms before a tool ran",
  );
});

function call(name: string, more: Partial<ReceiptToolCall> = {}): ReceiptToolCall {
  return { id: name, name, subject: "", outcome: "stopped", output: "", ...more };
}

type Wanted = Partial<Receipt> & { point: StopPoint; by?: "user" | "timeout" | "crash" };

function receipt({ point, by = "user", ...more }: Wanted): Receipt {
  return {
    stop: { by, from: "web", askedAt: 1, point },
    settledMs: 14,
    modelCalls: 1,
    modelCallsClosed: 0,
    toolCalls: [],
    processes: [],
    survivors: [],
    subagents: [],
    usage: noUsage,
    ...more,
  };
}
