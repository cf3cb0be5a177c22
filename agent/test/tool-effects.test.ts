/** A tool call whose effect has happened is done, though an abort came meanwhile; only one that threw is stopped. */
import { expect, test } from "bun:test";
import { z } from "zod";
import { Scopes } from "../server/abort";
import { Approvals } from "../server/agent/approvals";
import { PauseGate } from "../server/agent/pause-gate";
import { runTool } from "../server/agent/tool-runner";
import { type Tool, ToolError, type ToolResult } from "../server/tools/tool";
import type { EventBody, Stop, ToolCallPart } from "../shared/protocol";
import { testJobs } from "./processes-bench";
import { ToolBench } from "./tools-bench";

const stop: Stop = { by: "user", from: "api", askedAt: 0 };

test("a call that returns after the abort is done, with its output and its diff", async () => {
  const events = await run(() => ({ output: "written", diff: "the diff" }));
  expect(events.at(-1)).toMatchObject({ type: "tool-end", outcome: "done", diff: "the diff" });
  expect(events.at(-2)).toMatchObject({ type: "part-delta", field: "output", delta: "written" });
});

test("a call that throws the abort reason is stopped", async () => {
  const [end] = (
    await run((signal) => {
      throw signal.reason;
    })
  ).slice(-1);
  expect(end).toMatchObject({ type: "tool-end", outcome: "stopped", stop });
});

test("a call that fails after the abort counts as stopped, not failed", async () => {
  const [end] = (
    await run(() => {
      throw new ToolError("it was cut");
    })
  ).slice(-1);
  expect(end).toMatchObject({ type: "tool-end", outcome: "stopped", stop });
  expect(end).not.toHaveProperty("error");
});

/** The events of a call during which the signal aborts before `finish` is called. */
async function run(finish: (signal: AbortSignal) => ToolResult): Promise<EventBody[]> {
  using bench = new ToolBench();
  const controller = new AbortController();
  const tool: Tool = {
    name: "effect",
    description: "",
    input: z.object({}),
    permission: () => undefined,
    async run(_input, _context, signal) {
      controller.abort(stop);
      expect(signal.aborted).toBe(true);
      return finish(signal);
    },
  };
  const events: EventBody[] = [];
  await runTool(
    {
      session: bench.session,
      runId: "run",
      scopes: new Scopes(),
      pauseGate: new PauseGate(() => {}),
      approvals: new Approvals(),
      jobs: testJobs(),
      jobEnds: [],
      readyToWrite: async () => {},
    },
    [tool],
    call,
    { messageId: "message" },
    async (event) => void events.push(event),
    controller.signal,
  );
  return events;
}

const call: ToolCallPart = {
  type: "tool-call",
  id: "call",
  callId: "call",
  name: "effect",
  inputText: "{}",
  input: {},
  output: "",
  state: "running",
};
