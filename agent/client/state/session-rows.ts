/** A session in a list of sessions: what it is doing, and what a person can do with it there. */
import type { SessionSummary } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Client } from "./client";
import { isGone } from "./undelivered-stops";
import { lazyWords, t } from "../../shared/translation";

export type RowState = SessionSummary["state"] | "failed" | "survivors";

export function rowState(session: SessionSummary): RowState {
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
});

export async function renameSession({ notices }: Client, id: string, title: string): Promise<void> {
  try {
    await api.patchSession(id, { title }, requestTimeout());
  } catch (error) {
    notices.toast(t("The session was not renamed"), wordsFor(error));
  }
}

/** Of the question before it is deleted. */
export function deletionWords({ title }: SessionSummary): string {
  return t("“{title}” and its messages will be deleted. Files that it changed stay as they are.", {
    title: visibleString(title),
  });
}

export async function deleteSession(client: Client, { id }: SessionSummary): Promise<void> {
  try {
    await api.deleteSession(id, requestTimeout());
    client.list.apply({ type: "session-removed", id });
    if (client.current().id() === id) client.route.go(undefined);
  } catch (error) {
    client.notices.toast(t("The session was not deleted"), wordsFor(error));
  }
}

/** Something of it would end with "Stop everything". */
export function isAtWork({ state, processes }: SessionSummary): boolean {
  return state !== "idle" || processes !== undefined;
}

/** Stops the run of a session that need not be open. One that cannot be delivered waits for the server. */
export async function stopListed(
  { undelivered }: Client,
  { id, runId, title }: SessionSummary,
): Promise<void> {
  if (runId === undefined) return;
  try {
    await api.stopSession(id, { runId }, requestTimeout());
    undelivered.remove(runId);
  } catch (error) {
    if (!isGone(error))
      undelivered.add({ id: runId, kind: "run", runIds: [runId], sessionId: id, title });
  }
}
