/** A limit that is near or has been reached, in words. */
import { unpricedUsdPerMillion } from "../../shared/cost";
import type { LimitKind, LimitReached } from "../../shared/protocol";
import { tokens } from "./format";

/** More at once is a slip of the fingers. */
export const mostMore: Record<LimitKind, number> = {
  turns: 1e6,
  minutes: 1e6,
  tokens: 1e9,
  usd: 1e6,
};

export const unitWords: Record<LimitKind, string> = {
  turns: "turns",
  minutes: "minutes",
  tokens: "tokens",
  usd: "dollars",
};

/** "Near the limit: 17 of 20 turns." */
export function limitWords(
  { scope, kind, used, of, unpricedTokens }: LimitReached,
  state: "near" | "reached",
): string {
  const isOfRun = scope === "run";
  const which =
    state === "near"
      ? `Near ${isOfRun ? "the" : "today’s"} limit`
      : `${isOfRun ? "Limit" : "Today’s limit"} reached`;
  const guessed =
    unpricedTokens === undefined
      ? ""
      : `, counting ${tokens(unpricedTokens)} tokens of unknown cost at $${unpricedUsdPerMillion} a million`;
  return `${which}: ${count(kind, used)} of ${amount(kind, of)}${guessed}.`;
}

export function amount(kind: LimitKind, value: number): string {
  return kind === "usd" ? count(kind, value) : `${count(kind, value)} ${unitWords[kind]}`;
}

function count(kind: LimitKind, value: number): string {
  // Of less than a dollar the cents are not all.
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: value < 1 ? 4 : 2 };
  if (kind === "usd") return `$${value.toLocaleString("en", digits)}`;
  return kind === "tokens" ? tokens(value) : String(Math.round(value * 10) / 10);
}
