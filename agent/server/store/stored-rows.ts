/** What a row of each table must hold so that the rest of Rein can use it. What only adds to a row is dropped when it is damaged. */
import { z } from "zod";
import { roleIds } from "../../shared/subagent-roles";
import {
  mediaTypes,
  noUsage,
  proofs,
  stopCauses,
  stopPoints,
  toolKinds,
} from "../../shared/protocol";
import { allowedRule, fileHash, modelOptions } from "../../shared/requests";

/** Milliseconds since the epoch, as far as a Date reaches. */
const time = z.number().min(0).max(8.64e15);
const count = z.number().min(0);
const text = z.string();
const outcome = z.enum(["done", "failed", "stopped"]);

const usage = z
  .looseObject({
    inputTokens: count,
    outputTokens: count,
    estimated: z.boolean(),
    cacheReadTokens: count.optional(),
    cacheWriteTokens: count.optional(),
    costUsd: count.optional(),
    costs: extra(z.object({ input: count, cacheRead: count, cacheWrite: count, output: count })),
    unpricedTokens: count.optional(),
    lastAttempt: extra(z.object({ inputTokens: count, outputTokens: count })),
  })
  .catch({ ...noUsage });
const error = extra(z.looseObject({ code: text, message: text }));
const stopFields = {
  by: z.enum([...stopCauses, "pause"]),
  from: z.enum(["web", "terminal", "api", "server"]),
  askedAt: time,
};
const stop = z.looseObject(stopFields);
const stopOfRun = extra(z.looseObject({ ...stopFields, point: z.enum(stopPoints) }));
const meta = extra(z.looseObject({ provider: text }));
const retry = extra(
  z.looseObject({
    attempt: count,
    of: count,
    at: time,
    error: z.looseObject({ code: text, message: text }),
  }),
);
const survivor = z.looseObject({
  pid: z.number(),
  command: text,
  reason: text,
  startedAt: extra(text),
});
const proof = extra(z.enum(proofs));
const process = z.looseObject({ pid: z.number(), command: text });
const engine = extra(
  z.looseObject({
    id: text,
    name: extra(text),
    version: extra(text),
    conversationId: extra(text),
    toldRunId: extra(text),
  }),
);

const receipt = extra(
  z.looseObject({
    stop: stopOfRun,
    during: extra(text),
    settledMs: count,
    modelCalls: count,
    modelCallsClosed: count,
    toolCalls: z.array(
      z.looseObject({
        id: text,
        name: text,
        kind: extra(z.enum(toolKinds)),
        subject: text,
        outcome: text,
        output: text,
        proof,
      }),
    ),
    processes: z.array(process),
    survivors: z.array(survivor),
    proof,
    kept: extra(z.array(process)),
    engine: extra(
      z.looseObject({
        id: text,
        name: text,
        processes: z.array(process),
        idleMs: extra(count),
        waited: extra(z.enum(["idle", "time", "nothing"])),
        connection: z.enum(["rein", "engine"]),
      }),
    ),
    subagents: z.array(z.looseObject({ id: text, title: text, outcome, toolCalls: count, usage })),
    usage,
  }),
);

const changes = extra(
  z.looseObject({
    state: z.enum(["pending", "known", "unknown"]),
    files: z.array(z.looseObject({ path: text, kind: text })),
    count,
    unseen: z.array(text),
    undoneAt: extra(time),
    redoneAt: extra(time),
  }),
);

const reached = extra(
  z.looseObject({
    scope: z.enum(["run", "day"]),
    kind: z.enum(["turns", "minutes", "tokens", "usd"]),
    used: count,
    of: count,
    unpricedTokens: extra(count),
    more: extra(z.object({ by: count, least: count })),
  }),
);
const limitValues = z.looseObject({
  turns: count.optional(),
  minutes: count.optional(),
  tokens: count.optional(),
  usd: count.optional(),
});

const runs = z.looseObject({
  state: z.enum(["running", "waiting", "stopping", "settled"]),
  startedAt: time,
  endedAt: extra(time),
  outcome: extra(outcome),
  error,
  stop: stopOfRun,
  pause: extra(
    z.looseObject({
      state: z.enum(["pausing", "paused"]),
      from: text,
      askedAt: time,
      reached,
      unsaved: extra(z.literal(true)),
      atOnce: extra(z.literal(true)),
    }),
  ),
  heldMs: extra(count),
  limits: extra(limitValues),
  agreed: extra(z.looseObject({ run: limitValues.optional(), day: limitValues.optional() })),
  unpriced: extra(
    z.array(
      z.looseObject({
        provider: text,
        model: text,
        usdPerMillion: count,
        statesCost: extra(z.literal(true)),
      }),
    ),
  ),
  near: reached,
  stall: extra(z.looseObject({ since: time })),
  connecting: extra(z.looseObject({ since: time })),
  starting: extra(z.looseObject({ since: time })),
  retry,
  usage,
  receipt,
  changes,
});

const messages = z.looseObject({
  runId: text,
  role: z.enum(["user", "assistant"]),
  createdAt: time,
  note: extra(text),
  retryOf: extra(text),
  summary: extra(z.looseObject({ keeps: text.optional(), undoneAt: time.optional() })),
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
};
const files = extra(z.array(z.looseObject(fileFields)));

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
    entries: z
      .array(z.looseObject({ text, state: z.enum(["pending", "in_progress", "completed"]) }))
      .catch([]),
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
    inputText: text,
    state: z.enum(["writing", "pending", "waiting", "running", "done", "failed", "stopped"]),
    output: text,
    diff: extra(text),
    files,
    error: extra(text),
    startedAt: extra(time),
    endedAt: extra(time),
    stop: extra(stop),
    approval: extra(
      z.looseObject({
        id: text,
        subject: text,
        tool: extra(text),
        anywhere: extra(z.literal(true)),
        alsoPaths: extra(z.array(text)),
        // Without these it is of a version before them: it covers no call, and is asked again.
        digest: text.catch(""),
        always: z.array(z.looseObject({})).catch([]),
        reply: extra(z.looseObject({ decision: z.enum(["once", "session", "project", "deny"]) })),
      }),
    ),
    subagent: extra(
      z.looseObject({
        // A damaged one is that of no engine's subagent: those have a kind.
        role: z.enum(roleIds).optional().catch("simple"),
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
  state: z.enum(["running", "stopping", "done", "failed", "stopped"]),
  endedAt: extra(time),
  exitCode: extra(z.number()),
  signalName: extra(text),
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
  permissions: z.enum(["ask", "edits", "all"]).catch("ask"),
  // What an older version or a damaged row allowed is asked again.
  allowed: z
    .array(allowedRule.optional().catch(undefined))
    .catch([])
    .transform((rules) => rules.filter((one) => one !== undefined)),
  createdAt: time,
  updatedAt: time,
  processes: extra(z.array(processes)),
  usage,
  queue: z
    .array(
      z.looseObject({
        id: text,
        text,
        files,
        limits: extra(limitValues),
        createdAt: time,
        waitsFor: z.enum(["run", "turn", "person"]),
      }),
    )
    .catch([]),
  context: extra(z.looseObject({ usedTokens: count, windowTokens: count.optional() })),
});

export const storedRows = { sessions, runs, messages, parts };

/** Left out when it is damaged. */
function extra<Schema extends z.ZodType>(schema: Schema) {
  return schema.optional().catch(undefined);
}
