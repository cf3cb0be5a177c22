/** The limits as they are shown and changed: each with its words, and how it is read and written. */
import type { Limits, LimitValues } from "../../shared/protocol";

export const limitFields: { kind: keyof LimitValues; name: string }[] = [
  { kind: "turns", name: "Turns" },
  { kind: "minutes", name: "Minutes" },
  { kind: "tokens", name: "Tokens" },
  { kind: "usd", name: "Dollars" },
];

/** Each on a line of its own. `write` gives what changes; `empty` is what an empty field means, where it may be empty. */
export const limitAmounts: {
  text: string;
  label: string;
  empty?: string;
  read: (limits: Limits) => number | undefined;
  write: (limits: Limits, value?: number) => Partial<Limits>;
}[] = [
  {
    text: "Minutes without an answer before Rein asks",
    label: "Minutes without a byte",
    empty: "never",
    read: ({ stallMinutes }) => (stallMinutes === "never" ? undefined : stallMinutes),
    write: (_limits, stallMinutes) => ({ stallMinutes: stallMinutes ?? "never" }),
  },
  {
    text: "Minutes to keep trying when a service fails",
    label: "Minutes to try again",
    read: ({ retry }) => retry.minutes,
    write: ({ retry }, minutes = retry.minutes) => ({ retry: { ...retry, minutes } }),
  },
  {
    text: "Attempts in a row when a service fails",
    label: "Attempts in a row",
    read: ({ retry }) => retry.attempts,
    write: ({ retry }, attempts = retry.attempts) => ({ retry: { ...retry, attempts } }),
  },
];

export const limitEndings: { id: Limits["atLimit"]; name: string }[] = [
  { id: "ask", name: "Pause and ask" },
  { id: "stop", name: "Stop" },
];
