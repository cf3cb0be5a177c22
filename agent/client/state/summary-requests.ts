/** Summing up: has the conversation summed up for the model, and takes a summary back. */
import { api, patience, wordsFor } from "./api-client";
import type { Client } from "./client";
import type { OpenSession } from "./open-session";

/** From this share of the window on it is worth a word: at 0.8 it is summed up unasked. */
export const nearlyFullShare = 0.7;

export async function sumUp({ notices }: Client, open: OpenSession): Promise<void> {
  const id = open.id();
  if (id === undefined) return notices.toast("There is nothing to sum up yet");
  try {
    await api.compact(id, patience());
  } catch (error) {
    notices.toast("It was not summed up", wordsFor(error));
  }
}

export async function undoSummary(
  { notices }: Client,
  open: OpenSession,
  messageId: string,
): Promise<void> {
  try {
    await api.undoSummary(open.id() ?? "", messageId, patience());
  } catch (error) {
    notices.toast("The summary was not taken back", wordsFor(error));
  }
}
