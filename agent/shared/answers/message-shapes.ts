/** The schemas of messages and their parts. */
import { z } from "zod";
import type {
  FilePart,
  InterruptionPart,
  Message,
  MessageCommand,
  OtherPart,
  Part,
  PartMeta,
  PlanPart,
  ReasoningPart,
  Subagent,
  TextPart,
  ToolCallPart,
} from "../protocol";
import { approval } from "./approval-shapes";
import { commandCall, definitionOrigin } from "./definition-shapes";
import { hookRecord } from "./hook-shapes";
import { shape } from "./shape";
import { planEntry } from "./todo-shapes";
import {
  count,
  errorInfo,
  fileFields,
  fileRef,
  outcome,
  retry,
  sessionEngine,
  stop,
  text,
  time,
  toolKind,
  usage,
  yes,
  jobLimitHit,
} from "./value-shapes";

export const partMeta = shape<PartMeta>(
  "PartMeta",
  "Data that a provider attached to a part, and gets back unchanged.",
)(z.looseObject({ provider: text }));

const textPart = shape<TextPart>(
  "TextPart",
  "Text of the user or of the model.",
)(z.strictObject({ type: z.literal("text"), id: text, text, meta: partMeta.optional() }));

const filePart = shape<FilePart>(
  "FilePart",
  "A file that the user’s message brings.",
)(z.strictObject({ type: z.literal("file"), id: text, ...fileFields }));

const reasoningPart = shape<ReasoningPart>(
  "ReasoningPart",
  "What the model thinks.",
)(
  z.strictObject({
    type: z.literal("reasoning"),
    id: text,
    text,
    startedAt: time,
    endedAt: time.optional(),
    meta: partMeta.optional(),
  }),
);

export const subagent = shape<Subagent>(
  "Subagent",
  "A loop under a tool call. Its id is the id of that call’s part.",
)(
  z.strictObject({
    role: text.optional(),
    kind: text.optional(),
    notStoppable: yes.optional(),
    engine: sessionEngine.optional(),
    title: text,
    provider: text,
    model: text,
    get messages(): z.ZodType<Message[]> {
      return z.array(message);
    },
    retry: retry.optional(),
    usage,
  }),
);

export const toolCallPart = shape<ToolCallPart>(
  "ToolCallPart",
  "A tool call, and its result.",
)(
  z.strictObject({
    type: z.literal("tool-call"),
    id: text,
    callId: text,
    name: text,
    kind: toolKind.optional(),
    title: text.optional(),
    asked: yes.optional().describe("A line of the user’s command."),
    inputText: text.describe("The input as the model writes it: JSON, possibly unfinished."),
    input: z.unknown().optional().describe("The parsed input; absent until it is complete."),
    state: z.enum(["writing", "pending", "waiting", "running", ...outcome.options]),
    output: text.describe("The output of the tool so far."),
    diff: text.optional().describe("A unified diff of what the call changed in files."),
    files: z.array(fileRef).optional(),
    outputDropped: yes.optional().describe("The model is no longer sent its output."),
    outputFile: z
      .strictObject({ characters: count })
      .optional()
      .describe("All of its output is kept on the disk."),
    limitHit: jobLimitHit.optional(),
    error: text.optional(),
    startedAt: time.optional(),
    doneAt: time.optional().describe("When its effect had happened, where hooks followed it."),
    endedAt: time.optional(),
    stop: stop.optional(),
    told: z.literal(true).optional(),
    progress: text.optional(),
    hooks: z.array(hookRecord).optional(),
    approval: approval.optional(),
    subagent: subagent.optional(),
    meta: partMeta.optional(),
  }),
);

const otherPart = shape<OtherPart>(
  "OtherPart",
  "A part of an answer of another kind: the service’s own search, a picture, citations.",
)(
  z.strictObject({
    type: z.literal("other"),
    id: text,
    name: text,
    text,
    meta: partMeta.optional(),
  }),
);

const planPart = shape<PlanPart>(
  "PlanPart",
  "What an agent means to do, as it is now.",
)(z.strictObject({ type: z.literal("plan"), id: text, entries: z.array(planEntry) }));

const interruption = { type: z.literal("interruption"), id: text };

const interruptionPart = shape<InterruptionPart>(
  "InterruptionPart",
  "Where the answer was cut: by a stop, a pause, or a failure of the service.",
)(
  z.union([
    z.strictObject({ ...interruption, stop, error: z.never().optional() }),
    z.strictObject({ ...interruption, error: errorInfo, stop: z.never().optional() }),
  ]),
);

export const part = shape<Part>(
  "Part",
  "A part of a message.",
)(
  z.union([textPart, filePart, reasoningPart, toolCallPart, otherPart, planPart, interruptionPart]),
);

export const summary = z.strictObject({
  keeps: text.optional(),
  undoneAt: time.optional(),
  todo: z.array(planEntry).optional(),
});

export const messageCommand = shape<MessageCommand>(
  "MessageCommand",
  "The command that a person typed, and the file that it came from.",
)(commandCall.extend({ origin: definitionOrigin, digest: text }));

export const message = shape<Message>(
  "Message",
  "A message of the user or of the model.",
)(
  z.strictObject({
    id: text,
    runId: text,
    role: z.enum(["user", "assistant"]),
    parts: z.array(part),
    createdAt: time,
    note: text.optional().describe("What the model is told with it about an earlier run."),
    retryOf: text.optional().describe("The run that it replaces."),
    command: messageCommand.optional(),
    summary: summary.optional().describe("It replaces the messages before it for the model."),
    plainHistory: errorInfo.optional(),
    withoutFiles: errorInfo.optional(),
    outcome: outcome.optional().describe("Of an assistant’s message; absent while it is written."),
    error: errorInfo.optional(),
    usage: usage.optional(),
    provider: text.optional(),
    model: text.optional(),
  }),
);
