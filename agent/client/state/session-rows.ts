/** What a session in a list of sessions is doing. */
import type { SessionSummary } from "../../shared/protocol";
import { lazyWords, t } from "../../shared/translation";

/** away: its machine does not answer, so nobody can say. */
export type RowState = SessionSummary["state"] | "failed" | "survivors" | "away";

export function rowState(
  session: SessionSummary,
  away?: (node: string | undefined) => unknown,
): RowState {
  if (away?.(session.node) !== undefined) return "away";
  if (session.state !== "idle") return session.state;
  if (session.survivors) return "survivors";
  return session.outcome === "failed" ? "failed" : "idle";
}

export const rowStateWords = lazyWords<RowState>({
  idle: () => "",
  running: () => t("Working"),
  waiting: () => t("Waits for your answer"),
  pausing: () => t("Pausing"),
  paused: () => t("Paused"),
  stopping: () => t("Stopping"),
  failed: () => t("The last run failed"),
  survivors: () => t("Processes could not be stopped"),
  away: () => t("Its machine does not answer"),
});

/** Something of it would end with "Stop everything". */
export function isAtWork({ state, processes }: SessionSummary): boolean {
  return state !== "idle" || processes !== undefined;
}
