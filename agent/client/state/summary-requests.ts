/** Requests a summary of the conversation for the model, and undoes one. */
import type { Session } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Client } from "./client";
import type { OpenSession } from "./open-session";

/** From this share of the model's window on the page offers a summary. At 0.8 the server makes one by itself. */
export const nearlyFullShare = 0.7;

/** An engine keeps its conversation itself, and sums it up when it needs to. */
export function canSumUp({ engine }: Pick<Session, "engine">): boolean {
  return engine === undefined;
}

export async function sumUp({ notices }: Client, open: OpenSession): Promise<void> {
  const id = open.id();
  if (id === undefined) return notices.toast("There is nothing to summarize yet");
  try {
    await api.compact(id, requestTimeout());
  } catch (error) {
    notices.toast("The conversation could not be summarized", wordsFor(error));
  }
}

export async function undoSummary(
  { notices }: Client,
  open: OpenSession,
  messageId: string,
): Promise<void> {
  try {
    await api.undoSummary(open.id() ?? "", messageId, requestTimeout());
  } catch (error) {
    notices.toast("The summary could not be undone", wordsFor(error));
  }
}
