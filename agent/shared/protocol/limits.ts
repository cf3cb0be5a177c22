/** Limits: what a run may use, and what happens when it has used it. */

/** What a run, or all runs of a day, may use. Absent: no limit. */
export interface LimitValues {
  turns?: number;
  minutes?: number;
  tokens?: number;
  usd?: number;
}

/** What was used of each. `usd` is of tokens with a known price; the others stand beside it. */
export type UsageTotals = Required<LimitValues> & { unpricedTokens: number };

export interface Limits {
  run: LimitValues;
  day: LimitValues;
  /** At a limit: pause the run and ask, or stop it. */
  atLimit: "ask" | "stop";
  /** When no byte of an answer has come for so long, the run asks, and goes on meanwhile. */
  stallMinutes: number | "never";
  retry: RetryLimits;
}

/** How often and for how long a request that failed is sent again, in a row. */
export interface RetryLimits {
  attempts: number;
  minutes: number;
}

/** A model whose tokens a limit in dollars counts at a flat price, as its own is not known. */
export interface UnpricedModel {
  provider: string;
  model: string;
  /** US dollars for a million tokens, input and output alike. */
  usdPerMillion: number;
  /** Only while an answer is written: its service states what it has cost once it is finished. */
  statesCost?: true;
}

export type LimitKind = keyof LimitValues;

export interface LimitReached {
  scope: "run" | "day";
  kind: LimitKind;
  used: number;
  of: number;
  /** Of dollars: tokens in it whose price is not known, counted at a flat one (`unpricedUsdPerMillion`). */
  unpricedTokens?: number;
  /** What a person who lets the run continue adds: `by` unless another amount is named, and never less than `least`. */
  more?: { by: number; least: number };
}

/** The limit once the run continues. Counted from what was used: that may be beyond the limit already. */
export function limitAfter({ used, of, more }: LimitReached, by = more?.by ?? of): number {
  return Math.max(used, of) + Math.max(by, more?.least ?? 0);
}
