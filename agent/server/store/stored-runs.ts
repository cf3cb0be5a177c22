/** What the row of a run must hold, with its receipt, its limits and its changes of files. */
import { z } from "zod";
import { hookEvents, stopPoints, toolKinds } from "../../shared/protocol";
import {
  time,
  count,
  text,
  outcome,
  usage,
  error,
  stopFields,
  retry,
  survivor,
  proof,
  extra,
  hooks,
} from "./stored-fields";

const stopOfRun = extra(z.looseObject({ ...stopFields, point: z.enum(stopPoints) }));
const process = z.looseObject({ pid: z.number(), command: text });

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
    unreached: extra(text),
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
    hooks: extra(z.array(z.looseObject({ name: text, on: z.enum(hookEvents), outcome, proof }))),
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
export const limitValues = z.looseObject({
  turns: count.optional(),
  minutes: count.optional(),
  tokens: count.optional(),
  usd: count.optional(),
});

export const storedRun = z.looseObject({
  follows: extra(text.nullable()),
  copied: extra(z.literal(true)),
  user: extra(text),
  unattended: extra(z.literal(true)),
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
      unshared: extra(z.literal(true)),
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
  hooks,
  changes,
});
