/** A tool call whose effect has happened is done, though an abort came meanwhile; only one that threw is stopped. */
import { describe, expect, test } from "bun:test";
import { z } from "zod";
import { noHooks } from "../server/hooks/tool-hooks";
import { neverAborts, Scopes } from "../server/abort";
import { Approvals } from "../server/agent/approvals";
import { PauseGate } from "../server/agent/pause-gate";
import { runTool, type ToolRun } from "../server/agent/tool-runner";
import { RulesFile } from "../server/rules/rules-file";
import {
  type PreparedCall,
  type Tool,
  type ToolContext,
  ToolError,
  type ToolResult,
} from "../server/tools/tool";
import { defined } from "../shared/defined";
import type { EventBody, Stop, ToolCallPart } from "../shared/protocol";
import type { Access } from "../shared/rules";
import { noDiagnostics, noOutputs } from "./no-context";
import { testJobs } from "./processes-bench";
import { ToolBench } from "./tools-bench";

const stop: Stop = { by: "user", from: "api", askedAt: 0 };

test("a call that returns after the abort is done, with its output and its diff", async () => {
  const events = await run((_signal, context) => {
    context.changed("the diff");
    return { output: "written" };
  });
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

test("a call that is stopped, or fails, keeps the diff of what it has changed", async () => {
  for (const error of [stop, new ToolError("the disk is full")]) {
    const events = await run((_signal, context) => {
      context.changed("the first ");
      context.changed("the second");
      throw error;
    });
    expect(events.at(-1)).toMatchObject({ type: "tool-end", diff: "the first the second" });
  }
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

describe("a call that a pause holds before it runs", () => {
  test("runs when the pause is over, though it only reads", async () => {
    const gate = new PauseGate(() => {});
    gate.close({ ...stop, by: "pause" }, false);
    let ran = false;
    const events: EventBody[] = [];
    const ended = call(gate, live, events, () => {
      ran = true;
      return {};
    });
    for (let tick = 0; tick < 100 && !gate.isHalted; tick++) await Promise.resolve();
    expect(ran).toBe(false);
    gate.open();
    await ended;
    expect(events.map(({ type }) => type)).toEqual(["tool-start", "tool-end"]);
  });

  test("never starts when a stop comes then", async () => {
    const controller = new AbortController();
    const gate = new PauseGate(() => controller.abort(stop));
    gate.close({ ...stop, by: "pause" }, false);
    const events: EventBody[] = [];
    await call(gate, controller.signal, events, () => {
      throw new Error("it ran");
    });
    expect(events).toMatchObject([{ type: "tool-end", outcome: "stopped", stop }]);
  });
});

test("a call that writes waits for an undo in its directory, and is prepared anew before it runs", async () => {
  const steps: string[] = [];
  const writing = {
    readyToWrite: async () => void steps.push("ready"),
    write() {
      const isSecond = steps.includes("write");
      steps.push("write");
      return isSecond ? new DisposableStack() : undefined;
    },
  };
  const effect = () => {
    steps.push("run");
    return {};
  };
  const access = () => {
    steps.push("prepare");
    return { kind: "edit", path: "/made" } as const;
  };
  await call(new PauseGate(() => {}), live, [], effect, { access, ...writing });
  const waits = ["ready", "prepare", "write"];
  expect(steps).toEqual(["prepare", ...waits, ...waits, "run"]);
});

test("a call that changes nothing here waits for no recording, and holds no undo", async () => {
  const refuse = () => {
    throw new Error("it waited");
  };
  const events: EventBody[] = [];
  await call(new PauseGate(() => {}), live, events, () => ({ output: "page" }), {
    access: () => ({ kind: "tool", tool: "fetch", subject: "https://a.test/" }),
    changesNothing: true,
    readyToWrite: refuse,
    write: refuse,
  });
  expect(events.at(-1)).toMatchObject({ type: "tool-end", outcome: "done" });
});

/** The events of a call during which the signal aborts before `finish` is called. */
async function run(finish: Effect): Promise<EventBody[]> {
  const controller = new AbortController();
  const events: EventBody[] = [];
  await call(new PauseGate(() => {}), controller.signal, events, (signal, context) => {
    controller.abort(stop);
    expect(signal.aborted).toBe(true);
    return finish(signal, context);
  });
  return events;
}

type Effect = (signal: AbortSignal, context: ToolContext) => ToolResult;

/** Runs one call of a tool that does what `effect` does. It needs no permission unless `more` says what it accesses. */
async function call(
  pauseGate: PauseGate,
  signal: AbortSignal,
  events: EventBody[],
  effect: Effect,
  {
    access = () => undefined,
    changesNothing,
    ...more
  }: Partial<ToolRun> &
    Partial<Pick<PreparedCall, "changesNothing">> & { access?: () => Access | undefined } = {},
): Promise<void> {
  using bench = new ToolBench();
  const tool: Tool = {
    name: "effect",
    description: "",
    input: z.object({}),
    prepare: (_input, context, own) => ({
      run: async () => effect(own, context),
      ...defined({ access: access(), changesNothing }),
    }),
  };
  await runTool(
    {
      session: { ...bench.session, permissions: "all" },
      runId: "run",
      readable: () => [],
      scopes: new Scopes(neverAborts),
      pauseGate,
      approvals: new Approvals(),
      rules: new RulesFile("/nonexistent/rules.json"),
      own: [],
      granted: [],
      unattended: false,
      remember: () => true,
      permit() {},
      jobs: testJobs(),
      jobEnds: [],
      files: bench.context.files,
      outputs: noOutputs,
      hooks: noHooks,
      diagnose: noDiagnostics,
      readyToWrite: async () => {},
      write: () => new DisposableStack(),
      ...more,
    },
    [tool],
    toolCall,
    { messageId: "message" },
    async (event) => void events.push(event),
    signal,
  );
}

const live = new AbortController().signal;

const toolCall: ToolCallPart = {
  type: "tool-call",
  id: "call",
  callId: "call",
  name: "effect",
  inputText: "{}",
  input: {},
  output: "",
  state: "pending",
};
