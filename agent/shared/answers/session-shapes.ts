/** The schemas of sessions, their rows in the list, and their background processes. */
import { z } from "zod";
import {
  type BackgroundProcess,
  type BranchFiles,
  type EarlierMessages,
  type JoinAnswer,
  type NewShareLink,
  type MessageLocation,
  permissionIds,
  type ProcessLook,
  type ProcessOutput,
  type Session,
  type SessionPatch,
  type SessionPerson,
  type SessionSummary,
  sessionRoles,
  type ShareLink,
} from "../protocol";
import { allowedRule } from "./approval-shapes";
import { message } from "./message-shapes";
import { survivor } from "./receipt-shapes";
import { pause, queuedMessage, run } from "./run-shapes";
import { shape } from "./shape";
import { todoList } from "./todo-shapes";
import {
  count,
  milliseconds,
  modelOptions,
  outcome,
  proof,
  sessionEngine,
  stop,
  text,
  time,
  usage,
  jobLimitHit,
} from "./value-shapes";

export const backgroundProcess = shape<BackgroundProcess>(
  "BackgroundProcess",
  "A process that outlives the call that started it.",
)(
  z.strictObject({
    id: text,
    command: text,
    pid: count,
    runId: text,
    toolCallId: text,
    subagentId: text.optional(),
    startedAt: time,
    pinned: z.boolean().describe("A stop of its run leaves it running."),
    state: z
      .enum(["running", "stopping", "unknown", ...outcome.options])
      .describe("unknown: its machine does not answer; it says what became of it once it is back."),
    endedAt: time.optional(),
    exitCode: z.number().optional(),
    signalName: text.optional(),
    limitHit: jobLimitHit.optional(),
    stop: stop.optional(),
    survivors: z.array(survivor).optional(),
    proof: proof.optional(),
  }),
);

export const processLook = shape<ProcessLook>(
  "ProcessLook",
  "A running job as the system reports it now.",
)(
  z.strictObject({
    id: text,
    toolCallId: text.optional(),
    engine: z.enum(["itself", "command"]).optional(),
    mcpServer: z.literal(true).optional(),
    hook: z.literal(true).optional(),
    languageServer: z.literal(true).optional(),
    command: text,
    pid: count,
    startedAt: time,
    processes: count,
    cpuMs: milliseconds,
    memoryBytes: count,
    ports: z.array(count),
    lastLine: text.optional(),
  }),
);

export const processOutput = shape<ProcessOutput>(
  "ProcessOutput",
  "The output of a background process from a place on, in characters since its start.",
)(z.strictObject({ text, from: count, next: count }));

export const context = z.strictObject({ usedTokens: count, windowTokens: count.optional() });

const sessionPerson = shape<SessionPerson>(
  "SessionPerson",
  "Somebody with whom a session is shared.",
)(
  z.strictObject({
    name: text,
    role: z.enum(sessionRoles),
    linkId: text,
    since: time,
    until: time.optional(),
  }),
);

export const shareLink = shape<ShareLink>(
  "ShareLink",
  "A link that shares a session with whoever is signed in and opens it.",
)(
  z.strictObject({
    id: text,
    role: z.enum(sessionRoles),
    hash: text.describe("Of its token."),
    createdBy: text.optional(),
    createdAt: time,
    until: time.optional(),
  }),
);

export const newShareLink = shape<NewShareLink>(
  "NewShareLink",
  "A new link, whose token is shown this once.",
)(z.strictObject({ token: text, link: shareLink }));

export const joinAnswer = shape<JoinAnswer>(
  "JoinAnswer",
  "What somebody may do in a session whose link they have opened.",
)(z.strictObject({ role: z.enum(sessionRoles) }));

const sessionSchedule = z
  .strictObject({ id: text, name: text })
  .describe("The schedule that began it.");

export const session = shape<Session>(
  "Session",
  "The durable conversation.",
)(
  z.strictObject({
    id: text,
    title: text,
    titledBy: z.enum(["person", "model"]).optional(),
    user: text.optional().describe("Who began it, where the server has names for people."),
    people: z.array(sessionPerson).optional().describe("With whom it is shared."),
    links: z.array(shareLink).optional().describe("By which links it is shared."),
    cwd: text,
    engine: sessionEngine.optional(),
    provider: text,
    model: text,
    options: modelOptions.optional(),
    permissions: z.enum(permissionIds),
    allowed: z.array(allowedRule),
    schedule: sessionSchedule.optional(),
    forkedFrom: z
      .strictObject({ sessionId: text, runId: text.optional() })
      .optional()
      .describe("The session of which it began as a copy, up to this run."),
    importedAt: time.optional(),
    reviewed: z
      .array(text)
      .optional()
      .describe("The hunks and files that a person has marked as seen in a review."),
    pinnedAt: time.optional().describe("It stands above the others in the list."),
    archivedAt: time.optional().describe("It is out of the list, until a message is sent to it."),
    deletedAt: time
      .optional()
      .describe("It is in no list, and can be brought back for some minutes."),
    createdAt: time,
    updatedAt: time,
    messages: z.array(message),
    earlier: count.optional().describe("The number of messages before these, which were left out."),
    runs: z.array(run),
    tip: text
      .optional()
      .describe("The last run of the branch that is shown; absent: the last of all."),
    forks: z
      .array(z.array(text))
      .optional()
      .describe("Runs that stand in one place, where several do and not all runs are here."),
    processes: z.array(backgroundProcess).optional(),
    usage,
    todo: todoList.optional(),
    queue: z.array(queuedMessage),
    context: context.optional(),
    unreadable: count.optional(),
    seq: count.describe("The id of the last event in it."),
  }),
);

export const exportedSession = z
  .strictObject({
    rein: z.literal("session"),
    version: count.describe("Of this form."),
    exportedAt: time,
    session,
  })
  .meta({ id: "ExportedSession", description: "A session as it is exported for an import." });

export const sessionPatch = shape<SessionPatch>(
  "SessionPatch",
  "The settings of a session that have changed.",
)(
  session
    .pick({
      title: true,
      titledBy: true,
      cwd: true,
      engine: true,
      provider: true,
      model: true,
      options: true,
      permissions: true,
      allowed: true,
      reviewed: true,
      people: true,
      links: true,
    })
    .partial()
    .extend({
      pinnedAt: time.nullable().optional(),
      archivedAt: time.nullable().optional(),
      deletedAt: time.nullable().optional(),
    })
    .describe("Settings that are null are no longer set."),
);

export const sessionSummary = shape<SessionSummary>(
  "SessionSummary",
  "A session without its messages: a row of the list.",
)(
  z.strictObject({
    id: text,
    title: text,
    user: text.optional(),
    people: z.array(sessionPerson).optional(),
    cwd: text,
    engine: text.optional(),
    schedule: sessionSchedule.optional(),
    provider: text,
    model: text,
    pinnedAt: time.optional(),
    archivedAt: time.optional(),
    deletedAt: time.optional(),
    createdAt: time,
    updatedAt: time,
    state: z.enum(["idle", ...pause.shape.state.options, "running", "waiting", "stopping"]),
    outcome: outcome.optional(),
    survivors: count.optional(),
    runId: text.optional(),
    processes: count.optional(),
    node: text.optional().describe("The machine of a cluster that it is on."),
  }),
);

export const messagePlace = shape<MessageLocation>(
  "MessageLocation",
  "Where a message is.",
)(
  z.strictObject({
    messageId: text.describe(
      "The session’s own message: of a subagent’s, the one in which that works.",
    ),
    agentId: text.optional().describe("The subagent whose message it is."),
    runId: text,
    isShown: z.boolean().describe("Whether it is in the branch that is shown."),
  }),
);

const runFiles = z.strictObject({ runId: text, count: count.describe("Of files.") });

export const branchFiles = shape<BranchFiles>(
  "BranchFiles",
  "What the branches of a session have changed in files.",
)(
  z.strictObject({
    left: z
      .array(runFiles)
      .describe("Of runs outside of the branch that is shown, newest first: their changes stand."),
    undone: z
      .array(runFiles)
      .describe("Of runs in the branch that is shown, oldest first: their changes were undone."),
  }),
);

export const earlierMessages = shape<EarlierMessages>(
  "EarlierMessages",
  "The messages right before one, oldest first.",
)(
  z.strictObject({
    before: text,
    messages: z.array(message),
    runs: z.array(run),
    forks: z.array(z.array(text)).optional().describe("As in the session."),
    earlier: count.describe("The number of messages before these."),
  }),
);
