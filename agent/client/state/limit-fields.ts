/** The limits as they are shown and changed: each with its words, and how it is read and written. */
import type { Limits, LimitValues } from "../../shared/protocol";
import { choice, type Choice } from "./choice";
import { t } from "../../shared/translation";

export const limitFields = [
  field("turns", () => t("Turns")),
  field("minutes", () => t("Minutes")),
  field("tokens", () => t("Tokens")),
  field("usd", () => t("Dollars")),
];

function field(kind: keyof LimitValues, name: () => string) {
  return {
    kind,
    get name() {
      return name();
    },
  };
}

/** Each on a line of its own. `write` gives what changes; `empty` is what an empty field means, where it may be empty. */
export const limitAmounts: {
  readonly text: string;
  readonly label: string;
  readonly empty?: string;
  read: (limits: Limits) => number | undefined;
  write: (limits: Limits, value?: number) => Partial<Limits>;
}[] = [
  {
    get text() {
      return t("Minutes without an answer before Rein asks");
    },
    get label() {
      return t("Minutes without a byte");
    },
    get empty() {
      return t("never");
    },
    read: ({ stallMinutes }) => (stallMinutes === "never" ? undefined : stallMinutes),
    write: (_limits, stallMinutes) => ({ stallMinutes: stallMinutes ?? "never" }),
  },
  {
    get text() {
      return t("Minutes to keep trying when a service fails");
    },
    get label() {
      return t("Minutes to try again");
    },
    read: ({ retry }) => retry.minutes,
    write: ({ retry }, minutes = retry.minutes) => ({ retry: { ...retry, minutes } }),
  },
  {
    get text() {
      return t("Attempts in a row when a service fails");
    },
    get label() {
      return t("Attempts in a row");
    },
    read: ({ retry }) => retry.attempts,
    write: ({ retry }, attempts = retry.attempts) => ({ retry: { ...retry, attempts } }),
  },
];

export const limitEndings: Choice<Limits["atLimit"]>[] = [
  choice("ask", () => t("Pause and ask")),
  choice("stop", () => t("Stop")),
];
