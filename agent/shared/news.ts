/** Of what people are told about sessions that they do not look at. */
import type { SessionSummary } from "./protocol";

export const newsKinds = ["waiting", "paused", "done", "failed", "stopped"] as const;

export type News = (typeof newsKinds)[number];

/** Undefined while it works. */
export function newsOf(
  state: SessionSummary["state"],
  outcome: SessionSummary["outcome"],
): News | undefined {
  if (state === "waiting" || state === "paused") return state;
  return state === "idle" ? (outcome ?? "done") : undefined;
}
