/** What a run may use: in turns, minutes, tokens and money, for itself and for the day. */
import { limitedUsd } from "../../shared/cost";
import { limitAfter } from "../../shared/protocol";
import type {
  LimitReached,
  Limits,
  LimitValues,
  Run,
  Usage,
  UsageTotals,
} from "../../shared/protocol";

/** From this share on a limit is near. */
const nearShare = 0.8;
/** These grow while the model writes. */
export const costs = ["tokens", "usd"] as const;
const kinds = ["turns", "minutes", ...costs] as const;

/** The first limit that is reached, and the first that is near, of the run and of the day. */
export function compareLimits(
  limits: Limits,
  run: Run,
  used: { run: UsageTotals; day: UsageTotals },
  compared: readonly (keyof LimitValues)[] = kinds,
) {
  const found: { reached?: LimitReached; near?: LimitReached } = {};
  for (const scope of ["run", "day"] as const)
    for (const kind of compared) {
      const of = allowed(limits, run, scope)[kind];
      if (of === undefined) continue;
      const state: LimitReached = { scope, kind, ...usedOf(kind, used[scope]), of };
      if (state.used >= of) found.reached ??= state;
      else if (state.used >= of * nearShare) found.near ??= state;
    }
  return found;
}

/** Of dollars, tokens without a known price count too, at a flat one: a limit never counts nothing. */
function usedOf(kind: keyof LimitValues, totals: UsageTotals) {
  const { usd, unpricedTokens } = totals;
  if (kind !== "usd" || unpricedTokens === 0) return { used: totals[kind] };
  return { used: limitedUsd({ costUsd: usd, unpricedTokens }), unpricedTokens };
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

/**
 * The same limit with what continuing adds: as much as it first was, and room for another request like the last one, or
 * the run would pay for that and be halted in it once more. Twice what it took: the next one reads its answer too.
 */
export function withMore(
  reached: LimitReached,
  limits: Limits,
  run: Run,
  last: Usage,
): LimitReached {
  const first = firstOf(limits, run, reached.scope)[reached.kind] ?? 0;
  const tokens = last.inputTokens + last.outputTokens;
  // A turn is always left, and at the end of its minutes a request is not cut.
  const taken = { turns: 0, minutes: 0, tokens, usd: limitedUsd(last) };
  const least = 2 * taken[reached.kind];
  return { ...reached, more: { by: Math.max(first, least), least } };
}

/** What the run may use whatever the limits are meanwhile, when a person lets it continue: up to what was said. */
export function extendLimit(
  { agreed }: Run,
  reached: LimitReached,
  by: number | undefined,
): NonNullable<Run["agreed"]> {
  const { scope, kind } = reached;
  return { ...agreed, [scope]: { ...agreed?.[scope], [kind]: limitAfter(reached, by) } };
}

function firstOf(limits: Limits, run: Run, scope: "run" | "day"): LimitValues {
  return scope === "run" ? { ...limits.run, ...run.limits } : limits.day;
}

function allowed(limits: Limits, run: Run, scope: "run" | "day"): LimitValues {
  const base = firstOf(limits, run, scope);
  const agreed = run.agreed?.[scope];
  const values: LimitValues = {};
  for (const kind of kinds) {
    const value = base[kind];
    if (value !== undefined) values[kind] = Math.max(value, agreed?.[kind] ?? 0);
  }
  return values;
}
