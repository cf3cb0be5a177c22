/** What a person can do with a session in a list, which need not be open. */
import type { SessionSummary } from "../../shared/protocol";
import type { SessionPatchRequest } from "../../shared/requests";
import { t } from "../../shared/translation";
import { visibleString } from "../../shared/visible-text";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Client } from "./client";
import { isAtWork } from "./session-rows";
import { isGone } from "./undelivered-stops";

export async function renameSession(client: Client, id: string, title: string): Promise<void> {
  await change(client, id, { title }, () => t("The session was not renamed"));
}

export async function pinSession(client: Client, id: string, pinned: boolean): Promise<void> {
  await change(client, id, { pinned }, () => t("The session was not pinned"));
}

/** One that is shown stays so: a message to it takes it out of the archive again. */
export async function archiveSession(
  client: Client,
  { id, title }: SessionSummary,
  archived: boolean,
): Promise<void> {
  const isDone = await change(client, id, { archived }, () => t("The session was not archived"));
  if (!isDone || !archived) return;
  const named = visibleString(title) || t("Untitled");
  offerBack(client, `archived-${id}`, t("Archived: {title}", { title: named }), () =>
    change(client, id, { archived: false }, () => t("The session was not brought back")),
  );
}

/** Of the question before it is deleted. */
export function deletionWords(session: SessionSummary): string {
  const title = visibleString(session.title);
  return isAtWork(session)
    ? t("“{title}” is at work: that is stopped first. Files that it changed stay as they are.", {
        title,
      })
    : t("“{title}” can be brought back for ten minutes. Files that it changed stay as they are.", {
        title,
      });
}

/** It can be taken back for some minutes, which is offered. */
export async function deleteSession(client: Client, session: SessionSummary): Promise<void> {
  const { id, title } = session;
  try {
    await api.deleteSession(id, requestTimeout(), { undo: true });
  } catch (error) {
    return client.notices.toast(t("The session was not deleted"), wordsFor(error));
  }
  client.list.apply({ type: "session-removed", id });
  const wasShown = client.current().id() === id;
  if (wasShown) client.route.go(undefined);
  const named = visibleString(title) || t("Untitled");
  offerBack(client, `deleted-${id}`, t("Deleted: {title}", { title: named }), async () => {
    await restoreSession(client, id);
    // Not away from what was gone to since.
    if (wasShown && client.route.sessionId() === undefined) client.route.go(id);
  });
}

async function restoreSession({ notices }: Client, id: string): Promise<void> {
  try {
    await api.restoreSession(id, requestTimeout());
  } catch (error) {
    notices.toast(t("The session was not brought back"), wordsFor(error));
  }
}

function offerBack(
  { notices }: Client,
  noticeId: string,
  text: string,
  back: () => Promise<unknown>,
): void {
  const run = () => {
    notices.dismiss(noticeId);
    void back();
  };
  notices.toast(text, undefined, noticeId, { label: t("Undo"), run });
}

/** Shows the copy. */
export async function forkSession({ notices, route }: Client, id: string): Promise<void> {
  try {
    const { session } = await api.fork(id, {}, requestTimeout());
    route.go(session.id);
    notices.toast(t("This is a copy: the other session stays as it is"));
  } catch (error) {
    notices.toast(t("The session was not copied"), wordsFor(error));
  }
}

/** Resolves with whether it was changed; else the person was told, in these words. */
async function change(
  { notices }: Client,
  id: string,
  patch: SessionPatchRequest,
  failed: () => string,
): Promise<boolean> {
  try {
    await api.patchSession(id, patch, requestTimeout());
    return true;
  } catch (error) {
    notices.toast(failed(), wordsFor(error));
    return false;
  }
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
      undelivered.add({ id: runId, kind: "run", runIds: [runId], sessionId: id, title }, error);
  }
}
