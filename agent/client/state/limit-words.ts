/** A limit that is near or has been reached, in words. */
import { unpricedUsdPerMillion } from "../../shared/cost";
import type { LimitKind, LimitReached } from "../../shared/protocol";
import { tokens } from "./format";
import { languageId, lazyWords, t } from "../../shared/translation";

/** More at once is a slip of the fingers. */
export const mostMore: Record<LimitKind, number> = {
  turns: 1e6,
  minutes: 1e6,
  tokens: 1e9,
  usd: 1e6,
};

export const unitWords = lazyWords<LimitKind>({
  turns: () => t("turns"),
  minutes: () => t("minutes"),
  tokens: () => t("tokens"),
  usd: () => t("dollars"),
});

/** "Near the limit: 17 of 20 turns." */
export function limitWords(
  { scope, kind, used, of, unpricedTokens }: LimitReached,
  state: "near" | "reached",
): string {
  const isOfRun = scope === "run";
  const values = { used: count(kind, used), limit: amount(kind, of) };
  const which =
    state === "near"
      ? isOfRun
        ? t("Near the limit: {used} of {limit}", values)
        : t("Near today’s limit: {used} of {limit}", values)
      : isOfRun
        ? t("Limit reached: {used} of {limit}", values)
        : t("Today’s limit reached: {used} of {limit}", values);
  if (unpricedTokens === undefined) return `${which}.`;
  const guessed = t("counting {count} tokens of unknown cost at {price} a million", {
    count: tokens(unpricedTokens),
    price: dollarsOf(unpricedUsdPerMillion, 0),
  });
  return `${which}, ${guessed}.`;
}

export function amount(kind: LimitKind, value: number): string {
  return kind === "usd" ? count(kind, value) : `${count(kind, value)} ${unitWords[kind]}`;
}

function count(kind: LimitKind, value: number): string {
  // Of less than a dollar the cents are not all.
  if (kind === "usd") return dollarsOf(value, 2, value < 1 ? 4 : 2);
  if (kind === "tokens") return tokens(value);
  const most = { maximumFractionDigits: 1, useGrouping: false };
  return value.toLocaleString(languageId(), most);
}

/** As the language writes it, with so many digits behind the point. */
export function dollarsOf(value: number, least: number, most = least): string {
  return value.toLocaleString(languageId(), {
    style: "currency",
    currency: "USD",
    minimumFractionDigits: least,
    maximumFractionDigits: most,
  });
}
