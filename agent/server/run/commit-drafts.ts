/** Drafts the message of a commit by a small request: no part of any run, and ended by every stop. */
import { priced } from "../../shared/cost";
import { type DraftAnswer, noUsage, type ReviewFile, type Usage } from "../../shared/protocol";
import { askCommitMessage } from "../agent/ask-commit-message";
import { link } from "../abort";
import type { LiveSession } from "../session/live-session";
import type { RunParts } from "./run-types";
import { askedModel, isAtLimit, type SessionTitles } from "./session-titles";

/** More than a draft takes. */
const atMost: Usage = { ...noUsage, inputTokens: 15_000, outputTokens: 1000 };

/**
 * Resolves with a message, or with why there is none. `signal` closes its socket, and so does a stop of the session or of
 * everything, which ends `readFiles`, too; what it has cost counts with the session's last run. Throws what `readFiles` throws.
 */
export async function draftMessage(
  parts: RunParts,
  titles: SessionTitles,
  live: LiveSession,
  readFiles: (signal: AbortSignal) => Promise<ReviewFile[]>,
  signal: AbortSignal,
): Promise<DraftAnswer> {
  const { catalog, sessions } = parts;
  const { session } = live;
  const choice = parts.titles();
  const asked = askedModel(choice === "off" ? "auto" : choice, catalog, session);
  if (asked === undefined)
    return { problem: "There is no model to ask: choose one for titles in the settings." };
  if (sessions.storageError !== undefined)
    return { problem: "Nothing can be saved now, so no model is asked." };
  const info = () => catalog.info(asked.provider, asked.model);
  const runId = session.runs.at(-1)?.id;
  if (runId !== undefined && isAtLimit(parts, session, runId, priced(atMost, info()?.price)))
    return { problem: "A limit is reached, so no model is asked." };
  using linked = link(signal);
  const own = linked.controller.signal;
  using _open = titles.hold(session.id, asked.provider, linked.controller);
  const files = await readFiles(own).catch((error: unknown) => {
    if (own.aborted) return undefined;
    throw error;
  });
  if (own.aborted || files === undefined) return { problem: "It was stopped." };
  const { message, usage, failure } = await askCommitMessage(
    {
      sessionId: session.id,
      runId: runId ?? "",
      provider: catalog.provider(asked.provider),
      model: asked.model,
      info,
      files,
    },
    own,
  );
  const counting = sessions.getReadable(session.id);
  if (usage)
    counting?.emit({ type: "session-title", runId: runId ?? "", provider: asked.provider, usage });
  if (own.aborted) return { problem: "It was stopped." };
  if (message !== undefined) return { message };
  return { problem: failure ?? "The model gave no message that can be used." };
}
