/** The schemas of receipts, of the answers of stops, and of their history. */
import { z } from "zod";
import type {
  EndedProcess,
  Receipt,
  ReceiptEngine,
  ReceiptHook,
  ReceiptSubagent,
  ReceiptToolCall,
  StopAnswer,
  StopRecord,
  Survivor,
} from "../protocol";
import { hookEvent } from "./hook-shapes";
import { shape } from "./shape";
import {
  count,
  milliseconds,
  outcome,
  proof,
  stopOfRun,
  text,
  toolKind,
  usage,
} from "./value-shapes";

export const survivor = shape<Survivor>(
  "Survivor",
  "A process that could not be killed.",
)(
  z.strictObject({
    pid: count,
    command: text,
    reason: text,
    startedAt: text.optional(),
    boot: text.optional(),
  }),
);

export const endedProcess = shape<EndedProcess>(
  "EndedProcess",
  "A process that was alive when the stop came, and how long after it was seen dead.",
)(z.strictObject({ pid: count, command: text, endedMs: milliseconds.optional() }));

const receiptEngine = shape<ReceiptEngine>(
  "ReceiptEngine",
  "The engine that a run had.",
)(
  z.strictObject({
    id: text,
    name: text,
    processes: z.array(endedProcess),
    idleMs: milliseconds.optional(),
    waited: z.enum(["idle", "time", "nothing"]).optional(),
    connection: z.enum(["rein", "engine"]),
  }),
);

const receiptToolCall = shape<ReceiptToolCall>(
  "ReceiptToolCall",
  "A tool call of a run.",
)(
  z.strictObject({
    id: text,
    name: text,
    kind: toolKind.optional(),
    subject: text,
    outcome: z.enum([...outcome.options, "denied", "never-started"]),
    output: text.describe("The end of its output."),
    told: z.literal(true).optional(),
    subagentId: text.optional(),
    proof: proof.optional(),
  }),
);

const receiptSubagent = shape<ReceiptSubagent>(
  "ReceiptSubagent",
  "A subagent of a run.",
)(
  z.strictObject({
    id: text,
    title: text,
    outcome,
    engine: receiptEngine.optional(),
    toolCalls: count,
    usage,
  }),
);

const receiptHook = shape<ReceiptHook>(
  "ReceiptHook",
  "A hook around a tool of a run.",
)(z.strictObject({ id: text, name: text, on: hookEvent, outcome, proof: proof.optional() }));

const unreached = text
  .optional()
  .describe("The machine of the run, where that was not reached: its processes were not seen.");

export const receipt = shape<Receipt>(
  "Receipt",
  "What a run did; when it was stopped, what the stop ended.",
)(
  z.strictObject({
    stop: stopOfRun.optional().describe("Absent when the run ended by itself."),
    during: text.optional(),
    settledMs: milliseconds.describe("From the stop until everything was closed and dead."),
    modelCalls: count,
    modelCallsClosed: count.describe("Those that were open when the stop came, and are closed."),
    modelClosedMs: milliseconds.optional(),
    toolCalls: z.array(receiptToolCall),
    engine: receiptEngine.optional(),
    processes: z.array(endedProcess),
    survivors: z.array(survivor),
    proof: proof.optional(),
    unreached,
    kept: z.array(endedProcess).optional(),
    subagents: z.array(receiptSubagent),
    hooks: z.array(receiptHook).optional(),
    usage,
  }),
);

export const uploads = count
  .optional()
  .describe("Unfinished uploads that it cancelled, where there were any.");

export const stopAnswer = shape<StopAnswer>(
  "StopAnswer",
  "The answer of a stop. With stopped: false nothing named so was running.",
)(
  z.discriminatedUnion("stopped", [
    z.strictObject({
      stopped: z.literal(true),
      runId: text,
      receipt: receipt.nullable(),
      outcome,
      unshared: z
        .literal(true)
        .optional()
        .describe(
          "Only its machine has the end so far: the database that all share does not have it yet.",
        ),
      uploads,
    }),
    z.strictObject({ stopped: z.literal(false), message: text, uploads }),
  ]),
);

export const stopRecord = shape<StopRecord>(
  "StopRecord",
  "One row of the history of stops.",
)(
  z.strictObject({
    sessionId: text,
    title: text,
    runId: text,
    stop: stopOfRun,
    settledMs: milliseconds.optional(),
    during: text.optional(),
    usage,
    modelCallsClosed: count,
    processesEnded: count,
    engine: z
      .strictObject({ name: text, processesEnded: count, idleMs: milliseconds.optional() })
      .optional(),
    subagentsStopped: count,
    filesChanged: count,
    survivors: z.array(survivor),
    proof: proof.optional(),
    node: text.optional().describe("The machine of a cluster that it was on."),
    unreached,
  }),
);
