/** The schemas of the events of a session, and of those of the list of sessions. */
import { capitalized } from "../capitalized";
import { z } from "zod";
import type { ListEvent, SessionEvent } from "../protocol";
import { approval, approvalReply } from "./approval-shapes";
import { hookRecord } from "./hook-shapes";
import { message, part, partMeta, subagent, toolCallPart } from "./message-shapes";
import { receipt } from "./receipt-shapes";
import { changes, limitReached, pause, queuedMessage, run, unpricedModel } from "./run-shapes";
import {
  backgroundProcess,
  context,
  session,
  sessionPatch,
  sessionSummary,
} from "./session-shapes";
import { sentence } from "./sentence-shape";
import { shape } from "./shape";
import { planEntry } from "./todo-shapes";
import {
  errorInfo,
  fileRef,
  milliseconds,
  outcome,
  retry,
  stop,
  stopOfRun,
  text,
  yes,
  time,
  usage,
} from "./value-shapes";

const seq = z
  .int()
  .nonnegative()
  .describe("Increases within the session; the id of the SSE frame.");

/** `run-start` is named `RunStartEvent`. */
function event<Type extends string, Fields extends z.ZodRawShape>(
  type: Type,
  description: string,
  fields: Fields,
) {
  const words = type.split("-").map((word) => capitalized(word));
  return z
    .strictObject({ type: z.literal(type), ...fields, seq })
    .meta({ id: `${words.join("")}Event`, description });
}

const agentId = text.optional().describe("The subagent that it is about.");
const inMessage = { agentId, messageId: text };
const inPart = { ...inMessage, partId: text };

const ofSession = [
  event("snapshot", "The whole session; of a long one the newest messages.", { session }),
  event("session-update", "Settings of the session have changed.", {
    patch: sessionPatch,
    at: time,
  }),
  event(
    "session-title",
    "A model was asked for a title, or for the message of a commit. Without a title: it gave none.",
    {
      runId: text,
      provider: text,
      title: text.optional(),
      usage,
    },
  ),
  event("queue-change", "What waits behind the run.", { queue: z.array(queuedMessage) }),
  event("todo-change", "The to-do list as it is now; without entries there is none.", {
    runId: text,
    entries: z.array(planEntry),
    at: time,
  }),
  event("process-start", "A background process has started.", { process: backgroundProcess }),
  event(
    "process-update",
    "A background process was pinned, is being stopped, or was lost with its machine.",
    {
      processId: text,
      patch: backgroundProcess.pick({ pinned: true, state: true }).partial(),
    },
  ),
  event("process-end", "A background process has ended. Sent again after a repeated stop.", {
    processId: text,
    outcome,
    ...backgroundProcess.pick({
      endedAt: true,
      exitCode: true,
      signalName: true,
      limitHit: true,
      stop: true,
      survivors: true,
      proof: true,
    }).shape,
  }),
] as const;

const ofRun = [
  event("run-start", "A run has begun.", { sessionId: text, run }),
  event("branch-change", "Another branch is shown: the one that ends with this run.", {
    tip: text,
    at: time,
    context: context.optional(),
  }),
  event("run-pause", "The run is paused. Without a pause: it was resumed.", {
    runId: text,
    pause: pause.optional(),
    heldMs: milliseconds.optional(),
    agreed: run.shape.agreed,
  }),
  event("run-near", "A limit of the run is near, or no longer.", {
    runId: text,
    near: limitReached.optional(),
  }),
  event("run-stall", "No byte of an answer has come for long. Without a stall: one has.", {
    runId: text,
    stall: run.shape.stall,
  }),
  event("run-connecting", "A request waits for a free connection, or no longer.", {
    runId: text,
    connecting: run.shape.connecting,
  }),
  event("run-starting", "The session’s engine is being started, or has been.", {
    runId: text,
    starting: run.shape.starting,
  }),
  event("run-unpriced", "A limit in dollars counts a model at a flat price.", {
    runId: text,
    ...unpricedModel.shape,
  }),
  event("retry-start", "A model request has failed, and waits to be sent again.", {
    agentId,
    runId: text,
    retry,
  }),
  event("retry-end", "The request is sent again, or is given up.", { agentId, runId: text }),
  event("run-stopping", "The run is being stopped.", { runId: text, stop: stopOfRun }),
  event("run-end", "The run has settled.", {
    runId: text,
    at: time,
    outcome,
    error: errorInfo.optional(),
    receipt: receipt.optional(),
    changes: changes.optional(),
    usage,
  }),
  event("run-changes", "What the run has changed is known now, or was undone.", {
    runId: text,
    changes,
  }),
  event("run-hook", "A hook after the run’s end: begun, and again once it has ended.", {
    runId: text,
    hook: hookRecord,
  }),
  event("run-receipt", "The receipt has changed: survivors were ended.", { runId: text, receipt }),
] as const;

const ofMessage = [
  event("message-start", "A message begins.", { agentId, message }),
  event("history-refused", "What precedes the message is sent again as plain text.", {
    ...inMessage,
    error: errorInfo,
    only: z.literal("files").optional().describe("Only its files were left out."),
  }),
  event("message-usage", "What an engine’s message has used so far.", { ...inMessage, usage }),
  event("message-end", "The message is complete, or was cut.", {
    ...inMessage,
    outcome,
    usage: usage.optional(),
    context: context.optional(),
    error: errorInfo.optional(),
  }),
  event("outputs-drop", "The model is no longer sent the outputs of these calls.", {
    agentId,
    partIds: z.array(text),
  }),
  event("summary-undo", "A summary was taken back.", { ...inMessage, at: time, context }),
] as const;

const ofPart = [
  event("part-start", "A part begins.", { ...inMessage, part }),
  event("part-delta", "Text that is added to a field of a part.", {
    ...inPart,
    field: z.enum(["text", "input", "output"]),
    delta: text,
  }),
  event("output-replace", "A tool’s output so far, in the place of what came before.", {
    ...inPart,
    output: text,
  }),
  event("tool-change", "More is known of an engine’s call.", {
    ...inPart,
    name: text.optional(),
    title: text.optional(),
    input: z.unknown().optional(),
  }),
  event("tool-progress", "How far a tool is, for people.", {
    ...inPart,
    progress: text.optional(),
  }),
  event("plan-change", "The plan as it is now.", { ...inPart, entries: z.array(planEntry) }),
  event("part-end", "The part is complete.", {
    ...inPart,
    at: time,
    input: z.unknown().optional(),
    meta: partMeta.optional(),
  }),
  event("approval-request", "A tool call waits for a reply.", { ...inPart, approval }),
  event("approval-reply", "The reply that it was given.", { ...inPart, reply: approvalReply }),
  event("tool-start", "A tool has started.", { ...inPart, at: time }),
  event("tool-done", "A tool’s effect has happened; hooks follow, and then its end.", {
    ...inPart,
    at: time,
  }),
  event("hook-start", "A hook around a tool has begun.", { ...inPart, hook: hookRecord }),
  event("hook-end", "The hook has ended.", { ...inPart, hook: hookRecord }),
  event("tool-end", "A tool has ended.", {
    ...inPart,
    at: time,
    outcome,
    diff: text.optional(),
    files: z.array(fileRef).optional(),
    outputFile: toolCallPart.shape.outputFile,
    limitHit: toolCallPart.shape.limitHit,
    error: text.optional(),
    stop: stop.optional(),
    told: z.literal(true).optional(),
  }),
  event("subagent-start", "A subagent begins under a tool call.", { ...inPart, subagent }),
  event("subagent-end", "A subagent has ended.", { ...inPart, outcome }),
] as const;

export const sessionEvent = shape<SessionEvent>(
  "SessionEvent",
  "An event of a session. All of them in order, applied to a snapshot, give the session as it is.",
)(z.discriminatedUnion("type", [...ofSession, ...ofRun, ...ofMessage, ...ofPart]));

export const storageChanged = z.strictObject({
  type: z.literal("storage-changed"),
  trouble: text.optional().describe("Why nothing can be saved now."),
  missing: text.optional().describe("What the start found to be missing."),
  unshared: z
    .strictObject({
      reason: text,
      said: sentence.optional(),
      holds: yes.optional().describe("For so long that runs pause until it answers."),
    })
    .optional()
    .describe("The database that several machines share does not answer this one."),
});

export const listEvent = shape<ListEvent>(
  "ListEvent",
  "An event of the list of sessions, sent beside those of a session. It has no seq.",
)(
  z.discriminatedUnion("type", [
    z.strictObject({ type: z.literal("session-changed"), summary: sessionSummary }),
    z.strictObject({ type: z.literal("session-removed"), id: text }),
    z.strictObject({
      type: z.literal("uploads-stopped"),
      sessionId: text
        .optional()
        .describe("Of the stop: it may be one that does not exist yet. Absent: of everything."),
    }),
    z.strictObject({
      type: z.literal("memory-changed"),
      root: text.describe("Of the project whose notes have changed."),
    }),
    z.strictObject({ type: z.literal("schedules-changed") }),
    z.strictObject({
      type: z.literal("files-changed"),
      cwd: text.describe("Files in it were reverted or committed: a review is read again."),
    }),
    z.strictObject({
      type: z
        .literal("projects-changed")
        .describe("What a person has set for a project, or tells models everywhere, has changed."),
    }),
    z.strictObject({
      type: z
        .literal("cluster-changed")
        .describe(
          "A machine of the cluster went away, came back or joined, or their database did.",
        ),
    }),
    storageChanged,
  ]),
);
