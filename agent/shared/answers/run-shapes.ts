/** The schemas of runs, their pauses and limits, the changes that they made, and the queue behind them. */
import { z } from "zod";
import type {
  Changes,
  FileChange,
  LimitReached,
  LimitValues,
  Pause,
  PauseAnswer,
  QueuedMessage,
  Run,
  UnpricedModel,
} from "../protocol";
import { limitValues as limitFields } from "../requests";
import { commandLine } from "./definition-shapes";
import { hookRecord } from "./hook-shapes";
import { messageCommand } from "./message-shapes";
import { receipt } from "./receipt-shapes";
import { shape } from "./shape";
import {
  count,
  errorInfo,
  fileRef,
  milliseconds,
  outcome,
  retry,
  stop,
  stopOfRun,
  text,
  time,
  usage,
  yes,
} from "./value-shapes";

export const limitValues = shape<LimitValues>(
  "LimitValues",
  "What a run, or all runs of a day, may use. Absent: no limit.",
)(limitFields);

export const limitReached = shape<LimitReached>(
  "LimitReached",
  "A limit that is reached or near.",
)(
  z.strictObject({
    scope: z.enum(["run", "day"]),
    kind: z.enum(["turns", "minutes", "tokens", "usd"]),
    used: count,
    of: count,
    unpricedTokens: count.optional(),
    more: z.strictObject({ by: count, least: count }).optional(),
  }),
);

const unpricedFields = {
  provider: text,
  model: text,
  usdPerMillion: count,
  statesCost: yes.optional(),
};

export const unpricedModel = shape<UnpricedModel>(
  "UnpricedModel",
  "A model whose price is not known: a limit in dollars counts its tokens at a flat one.",
)(z.strictObject(unpricedFields));

export const fileChange = shape<FileChange>(
  "FileChange",
  "A file that a run changed.",
)(
  z.strictObject({
    path: text,
    kind: z.enum(["created", "changed", "deleted", "renamed"]),
    from: text.optional(),
  }),
);

export const changes = shape<Changes>(
  "Changes",
  "What a run changed in its working directory.",
)(
  z.strictObject({
    state: z.enum(["pending", "known", "unknown"]),
    reason: text.optional(),
    files: z.array(fileChange).describe("The first hundred, by name."),
    count,
    unseen: z.array(text),
    undoneAt: time.optional(),
    redoneAt: time.optional(),
  }),
);

export const pause = shape<Pause>(
  "Pause",
  "A pause: nothing new starts until it is resumed.",
)(
  z.strictObject({
    state: z.enum(["pausing", "paused"]),
    from: stop.shape.from,
    askedAt: time,
    reached: limitReached.optional(),
    unsaved: yes.optional(),
    unshared: yes.optional(),
    atOnce: yes.optional(),
  }),
);

export const pauseAnswer = shape<PauseAnswer>(
  "PauseAnswer",
  "The answer of a pause or a resume. With held: false no run of that name is paused, or no longer.",
)(
  z.discriminatedUnion("held", [
    z.strictObject({ held: z.literal(true), pause }),
    z.strictObject({ held: z.literal(false), message: text }),
  ]),
);

const since = z.strictObject({ since: time });

export const run = shape<Run>(
  "Run",
  "One user message until settled.",
)(
  z.strictObject({
    id: text,
    follows: text
      .nullable()
      .optional()
      .describe(
        "The run before it in its branch, where that is not the one before it; null: it is the first.",
      ),
    copied: yes
      .optional()
      .describe("It ran in the session of which this one is a copy, or elsewhere."),
    sumsUp: yes.optional(),
    user: text.optional().describe("Who has sent its message, where people have names."),
    unattended: yes.optional().describe("Nobody is asked: what would be asked is denied."),
    state: z.enum(["running", "waiting", "stopping", "settled"]),
    startedAt: time,
    endedAt: time.optional(),
    outcome: outcome.optional(),
    error: errorInfo.optional(),
    stop: stopOfRun.optional(),
    pause: pause.optional(),
    heldMs: milliseconds.optional(),
    limits: limitValues.optional(),
    agreed: z
      .strictObject({ run: limitValues.optional(), day: limitValues.optional() })
      .optional()
      .describe("Up to where a person let it continue."),
    unpriced: z.array(unpricedModel).optional(),
    near: limitReached.optional(),
    retry: retry.optional(),
    stall: since.optional().describe("No byte of an answer has come since then."),
    connecting: since.optional().describe("A request waits since then for a free connection."),
    starting: since.optional().describe("The session’s engine is being started since then."),
    usage,
    receipt: receipt.optional(),
    hooks: z.array(hookRecord).optional().describe("Those that ran after its end."),
    changes: changes.optional(),
  }),
);

export const queuedMessage = shape<QueuedMessage>(
  "QueuedMessage",
  "A message that a person wrote during a run.",
)(
  z.strictObject({
    id: text,
    text,
    command: messageCommand.optional(),
    asks: z
      .array(commandLine)
      .optional()
      .describe("Lines of the command that are run when it is sent."),
    files: z.array(fileRef).optional(),
    limits: limitValues.optional(),
    user: text.optional().describe("Who has written it, or has changed or sent it last."),
    createdAt: time,
    waitsFor: z.enum(["run", "turn", "person"]),
  }),
);
