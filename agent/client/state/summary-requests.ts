/** Requests a summary of the conversation for the model, and undoes one. */
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Client } from "./client";
import { findEngine } from "./engine-list";
import { findModel } from "./model-list";
import type { OpenSession } from "./open-session";
import { t } from "../../shared/translation";

/** From this share of the model's window on the page offers a summary. At 0.8 the server makes one by itself. */
const nearlyFullShare = 0.7;

export interface ContextUse {
  /** In tokens. */
  used: number;
  window: number;
  isNearlyFull: boolean;
}

/** How full the model's window is; undefined where that is not known. */
export function contextUse({ current, models }: Client): ContextUse | undefined {
  const { context, provider, model } = current().session;
  const used = context?.usedTokens;
  const window =
    context?.windowTokens ?? findModel(models.models(), provider, model)?.contextTokens;
  if (used === undefined || window === undefined) return undefined;
  return { used, window, isNearlyFull: used / window > nearlyFullShare };
}

/** An engine keeps its conversation itself; some sum it up when they are asked to. */
export function canSumUp({ engines }: Client, { session: { engine } }: OpenSession): boolean {
  return engine === undefined || findEngine(engines.engines(), engine.id)?.gives.sumsUp === true;
}

export async function sumUp({ notices }: Client, open: OpenSession): Promise<void> {
  const id = open.id();
  if (id === undefined) return notices.toast(t("There is nothing to summarize yet"));
  try {
    await api.compact(id, requestTimeout());
  } catch (error) {
    notices.toast(t("The conversation could not be summarized"), wordsFor(error));
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
    notices.toast(t("The summary could not be undone"), wordsFor(error));
  }
}
