/** What a run may use: in turns, minutes, tokens and money, for itself and for the day. */
import type { LimitReached, Limits, LimitValues, Run } from "../../shared/protocol";
import type { UsageTotals } from "./usage-totals";

/** From here on it says that the limit is near. */
const nearShare = 0.8;
/** What grows while the model writes. */
export const costs = ["tokens", "usd"] as const;
const kinds = ["turns", "minutes", ...costs] as const;

/** The first limit that is reached, and the first that is near. `used` and `limits` of the run and of the day. */
export function compare(
  limits: Limits,
  run: Run,
  used: { run: UsageTotals; day: UsageTotals },
  looked: readonly (keyof UsageTotals)[] = kinds,
) {
  const found: { reached?: LimitReached; near?: LimitReached } = {};
  for (const scope of ["run", "day"] as const)
    for (const kind of looked) {
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
  used: { run: UsageTotals; day: UsageTotals },
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
