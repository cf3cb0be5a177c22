/** What a session keeps of its engine's conversation: the name by which it is resumed, and what the engine says of itself. */
import { isDeepStrictEqual } from "node:util";
import { defined } from "../../shared/defined";
import type { SessionEngine } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import type { EngineConversation } from "../engines/engine";
import type { LiveSession } from "../session/live-session";
import { cutTurnOf } from "./cut-turn";

/** What it was told of stops and instructions is of this conversation alone. */
export function keepConversation(
  live: LiveSession,
  name: string,
  { id, version, takes }: Pick<EngineConversation, "id" | "version" | "takes">,
): void {
  const before = live.session.engine!;
  const { toldRunId, toldInstructions } = before.conversationId === id ? before : {};
  const engine: SessionEngine = {
    id: before.id,
    name,
    conversationId: id,
    ...defined({ version, toldRunId, toldInstructions, takes }),
  };
  if (isDeepStrictEqual(engine, before)) return;
  live.emit({ type: "session-update", at: Date.now(), patch: { engine } });
}

/** `digest`: of the person's instructions that it has been told. */
export function keepInstructions(live: LiveSession, digest: string | undefined): void {
  const { toldInstructions, ...engine } = live.session.engine!;
  if (toldInstructions === digest) return;
  const patch = { engine: { ...engine, ...defined({ toldInstructions: digest }) } };
  live.emit({ type: "session-update", at: Date.now(), patch });
}

/** What the engine has kept of it goes with the session. */
export function dropConversation(live: LiveSession): void {
  const { id, name } = live.session.engine!;
  const engine: SessionEngine = { id, ...defined({ name }) };
  live.emit({ type: "session-update", at: Date.now(), patch: { engine } });
}

/**
 * Once: what the history has been given no note repeats, and what a note has told is not added to it. That the turn was cut
 * is added in any case.
 */
export async function amendConversation(
  live: LiveSession,
  runId: string,
  conversation: EngineConversation,
): Promise<void> {
  const { session } = live;
  const isLast = () => session.runs.at(-1)?.id === runId;
  const run = findRun(session, runId);
  const cut = run && cutTurnOf(session, run);
  if (cut === undefined) return;
  const added = isLast() ? cut : { ...cut, text: "", calls: [] };
  const isAmended = await conversation.amend?.(added);
  const isTold = isAmended === true && (added.text !== "" || added.calls.length > 0);
  if (!isTold || !isLast()) return;
  const engine = { ...session.engine!, conversationId: conversation.id, toldRunId: runId };
  live.emit({ type: "session-update", at: Date.now(), patch: { engine } });
}
