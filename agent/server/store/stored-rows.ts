/** What a row of each table must hold so that the rest of Rein can use it. What only adds to a row is dropped when it is damaged. */
import { z } from "zod";
import {
  mediaTypes,
  permissionIds,
  planStates,
  sessionRoles,
  toolKinds,
} from "../../shared/protocol";
import { allowedRule, fileHash, modelOptions } from "../../shared/requests";
import {
  time,
  count,
  text,
  outcome,
  usage,
  error,
  stop,
  retry,
  survivor,
  proof,
  extra,
  hooks,
} from "./stored-fields";
import { limitValues, storedRun } from "./stored-runs";

const command = extra(
  z.looseObject({
    name: text,
    arguments: text,
    origin: z.enum(["built-in", "person", "project"]),
    digest: text,
  }),
);
const commandLine = z.looseObject({
  command: text,
  parameters: extra(z.array(text)),
  arguments: extra(text),
});
const planEntries = z.array(z.looseObject({ text, state: z.enum(planStates) }));

const meta = extra(z.looseObject({ provider: text }));
const engine = extra(
  z.looseObject({
    id: text,
    name: extra(text),
    version: extra(text),
    conversationId: extra(text),
    toldRunId: extra(text),
    toldInstructions: extra(text),
    takes: extra(z.object({ images: extra(z.boolean()), pdfs: extra(z.boolean()) })),
  }),
);

/** One that is damaged gives nobody anything. */
const sessionPerson = z.looseObject({
  name: text,
  role: z.enum(sessionRoles),
  linkId: text,
  since: time,
  until: time.optional(),
});
const shareLink = z.looseObject({
  id: text,
  role: z.enum(sessionRoles),
  hash: text,
  createdBy: extra(text),
  createdAt: time,
  until: time.optional(),
});

const messages = z.looseObject({
  runId: text,
  role: z.enum(["user", "assistant"]),
  createdAt: time,
  note: extra(text),
  retryOf: extra(text),
  command,
  summary: extra(
    z.looseObject({ keeps: text.optional(), undoneAt: time.optional(), todo: extra(planEntries) }),
  ),
  plainHistory: error,
  withoutFiles: error,
  outcome: extra(outcome),
  error,
  usage: extra(usage),
  provider: extra(text),
  model: extra(text),
});

const fileFields = {
  name: text,
  mediaType: z.enum(mediaTypes),
  bytes: count,
  hash: fileHash,
  pages: extra(count),
  mention: extra(text),
};
const files = extra(z.array(z.looseObject(fileFields)));

const limitHit = extra(
  z.looseObject({
    limit: z.enum(["memory", "processes"]),
    of: z.enum(["job", "jobs", "machine"]),
    most: extra(count),
    ended: extra(z.literal(true)),
  }),
);

const parts = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("text"), text, meta }),
  z.looseObject({ type: z.literal("file"), ...fileFields }),
  z.looseObject({
    type: z.literal("reasoning"),
    text,
    startedAt: time,
    endedAt: extra(time),
    meta,
  }),
  z.looseObject({ type: z.literal("other"), name: text, text, meta }),
  z.looseObject({
    type: z.literal("plan"),
    entries: planEntries.catch([]),
  }),
  z
    .looseObject({ type: z.literal("interruption"), stop: stop.optional(), error })
    .refine(({ stop, error }) => (stop === undefined) !== (error === undefined)),
  z.looseObject({
    type: z.literal("tool-call"),
    callId: text,
    name: text,
    kind: extra(z.enum(toolKinds)),
    title: extra(text),
    asked: extra(z.literal(true)),
    inputText: text,
    state: z.enum(["writing", "pending", "waiting", "running", "done", "failed", "stopped"]),
    output: text,
    diff: extra(text),
    files,
    outputDropped: extra(z.literal(true)),
    outputFile: extra(z.looseObject({ characters: count })),
    limitHit,
    error: extra(text),
    startedAt: extra(time),
    doneAt: extra(time),
    endedAt: extra(time),
    stop: extra(stop),
    hooks,
    approval: extra(
      z.looseObject({
        id: text,
        subject: text,
        tool: extra(text),
        anywhere: extra(z.literal(true)),
        readsOnly: extra(z.literal(true)),
        alsoPaths: extra(z.array(text)),
        // Without these it is of a version before them: it covers no call, and is asked again.
        digest: text.catch(""),
        always: z.array(z.looseObject({})).catch([]),
        reply: extra(
          z.looseObject({ decision: z.enum(["once", "session", "project", "plan", "deny"]) }),
        ),
      }),
    ),
    subagent: extra(
      z.looseObject({
        // A damaged one is that of no engine's subagent: those have a kind.
        role: text.optional().catch("simple"),
        kind: extra(text),
        notStoppable: extra(z.literal(true)),
        engine,
        title: text,
        provider: text,
        model: text,
        messages: z.array(z.never()).catch([]),
        usage,
        retry,
      }),
    ),
    meta,
  }),
]);

const processes = z.looseObject({
  // The name of its log, too.
  id: z.string().regex(/^p\d{1,9}$/),
  command: text,
  pid: z.number(),
  runId: text,
  toolCallId: text,
  startedAt: time,
  pinned: z.boolean(),
  state: z.enum(["running", "stopping", "unknown", "done", "failed", "stopped"]),
  endedAt: extra(time),
  exitCode: extra(z.number()),
  signalName: extra(text),
  limitHit,
  stop: extra(stop),
  survivors: extra(z.array(survivor)),
  proof,
});

const sessions = z.looseObject({
  title: text,
  titledBy: extra(z.enum(["person", "model"])),
  cwd: text,
  engine,
  provider: text,
  model: text,
  options: extra(modelOptions),
  permissions: z.enum(permissionIds).catch("ask"),
  // What an older version or a damaged row allowed is asked again.
  allowed: z
    .array(allowedRule.optional().catch(undefined))
    .catch([])
    .transform((rules) => rules.filter((one) => one !== undefined)),
  schedule: extra(z.looseObject({ id: text, name: text })),
  tip: extra(text),
  forkedFrom: extra(z.looseObject({ sessionId: text, runId: extra(text) })),
  importedAt: extra(time),
  reviewed: extra(z.array(text)),
  user: extra(text),
  people: extra(z.array(sessionPerson)),
  links: extra(z.array(shareLink)),
  pinnedAt: extra(time),
  archivedAt: extra(time),
  deletedAt: extra(time),
  createdAt: time,
  updatedAt: time,
  processes: extra(z.array(processes)),
  usage,
  todo: extra(z.looseObject({ runId: text, entries: planEntries, updatedAt: time })),
  queue: z
    .array(
      z.looseObject({
        id: text,
        text,
        command,
        asks: extra(z.array(commandLine)),
        files,
        limits: extra(limitValues),
        user: extra(text),
        createdAt: time,
        waitsFor: z.enum(["run", "turn", "person"]),
      }),
    )
    .catch([]),
  context: extra(z.looseObject({ usedTokens: count, windowTokens: count.optional() })),
});

export const storedRows = { sessions, runs: storedRun, messages, parts };
