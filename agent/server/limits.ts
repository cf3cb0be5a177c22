/** What a run has used, and what it may use: in turns, minutes, tokens and money, for itself and for the day. */
import type {
  LimitKind,
  LimitReached,
  Limits,
  LimitValues,
  Run,
  Session,
} from "../shared/protocol";
import { messagesOfRun } from "./receipt";

export type Used = Record<Exclude<LimitKind, "stall">, number>;

/** From here on it says that the limit is near. */
const nearShare = 0.8;
const kinds = ["turns", "minutes", "tokens", "usd"] as const;

/** Read from what is stored, so that it is the same after a restart. Time in which the run was held is not counted. */
export function usedBy(session: Session, run: Run, now: number): Used {
  const heldMs = (run.heldMs ?? 0) + (run.pause ? now - run.pause.askedAt : 0);
  const asked = messagesOfRun(session, run.id).filter(
    ({ message }) => message.role === "assistant",
  );
  return {
    turns: asked.length,
    minutes: ((run.endedAt ?? now) - run.startedAt - heldMs) / 60_000,
    tokens: run.usage.inputTokens + run.usage.outputTokens,
    usd: run.usage.costUsd ?? 0,
  };
}

export const nothingUsed: Used = { turns: 0, minutes: 0, tokens: 0, usd: 0 };

export function addUsed(a: Used, b: Used): Used {
  return {
    turns: a.turns + b.turns,
    minutes: a.minutes + b.minutes,
    tokens: a.tokens + b.tokens,
    usd: a.usd + b.usd,
  };
}

/** The first limit that is reached, and the first that is near. `used` and `limits` of the run and of the day. */
export function compare(limits: Limits, run: Run, used: { run: Used; day: Used }) {
  const found: { reached?: LimitReached; near?: LimitReached } = {};
  for (const scope of ["run", "day"] as const)
    for (const kind of kinds) {
      const of = allowed(limits, run, scope)[kind];
      if (of === undefined) continue;
      const state: LimitReached = { scope, kind, used: used[scope][kind], of };
      if (state.used >= of) found.reached ??= state;
      else if (state.used >= of * nearShare) found.near ??= state;
    }
  return found;
}

/** Until the next limit in minutes is reached, in milliseconds; undefined when there is none. */
export function minutesLeftMs(
  limits: Limits,
  run: Run,
  used: { run: Used; day: Used },
): number | undefined {
  const left = (["run", "day"] as const).flatMap((scope) => {
    const of = allowed(limits, run, scope).minutes;
    return of === undefined ? [] : [(of - used[scope].minutes) * 60_000];
  });
  return left.length === 0 ? undefined : Math.max(0, Math.min(...left));
}

/** What the run may use besides, when a person lets it go on by so much; without `by`, by as much again. */
export function extended(run: Run, limits: Limits, reached: LimitReached, by: number | undefined) {
  const { scope, kind } = reached;
  if (kind === "stall") return run.more ?? {};
  const first = (scope === "run" ? { ...limits.run, ...run.limits } : limits.day)[kind] ?? 0;
  const before = run.more?.[scope] ?? {};
  // From what was used, not from what was allowed: it may be past its limit already.
  const beyond = Math.max(0, reached.used - reached.of);
  const more = (before[kind] ?? 0) + beyond + (by ?? first);
  return { ...run.more, [scope]: { ...before, [kind]: more } };
}

function allowed(limits: Limits, run: Run, scope: "run" | "day"): LimitValues {
  const base = scope === "run" ? { ...limits.run, ...run.limits } : limits.day;
  const more = run.more?.[scope];
  const values: LimitValues = {};
  for (const kind of kinds) {
    const value = base[kind];
    if (value !== undefined) values[kind] = value + (more?.[kind] ?? 0);
  }
  return values;
}
