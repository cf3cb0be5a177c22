/** What other nodes have settled of this one while it was away takes the place of what it has itself, where that is not more. */
import type { SQL } from "bun";
import { findRun } from "../../shared/session-lookup";
import type { Run, Session, Stop } from "../../shared/protocol";
import { log } from "../log";
import { type RunNames, settleAfterCrash } from "../run/recovery";
import { withOwnEnd } from "../run/run-receipt";
import { messagesOfRun } from "../run/run-messages";
import type { RunParts } from "../run/run-types";
import type { Runs } from "../run/runs";
import { keepQueue } from "../session/message-queue";
import type { LiveSession } from "../session/live-session";
import type { SessionRegistry } from "../session/session-registry";
import type { Store } from "../store/store";
import { type RunRecord, staysOwn } from "./own-end";
import { readUndamaged } from "./shared-reader";

interface TakeOverParts {
  node: string;
  sessions: SessionRegistry;
  runs: Pick<Runs, "active">;
  store: Pick<Store, "shareAnew">;
  engines: RunParts["engines"];
}

/**
 * To be called with the lock of this node held, before it writes. Runs of them that are still active here are ended: what is
 * known of their processes comes into the receipts. Returns those that have ended by the crash of this node. Rejects with what
 * the databases say; then it can be called again.
 */
export async function takeOverSettled(sql: SQL, parts: TakeOverParts): Promise<RunNames[]> {
  const rows = await sql`
    SELECT session_id AS "sessionId", id AS "runId" FROM runs WHERE node = ${parts.node} AND settled_by IS NOT NULL`;
  const all = [...rows] as RunNames[];
  const cut: RunNames[] = [];
  for (const { sessionId, runId } of all) {
    const live = parts.sessions.getReadable(sessionId);
    const settled = await readUndamaged(sql, sessionId);
    const theirs = settled && recordOf(settled, runId);
    if (live === undefined || theirs === undefined) continue;
    const own = recordOf(live.session, runId);
    const isActive = parts.runs.active.ofSession(sessionId)?.id === runId;
    if (own && staysOwn(own, theirs, isActive)) await keepOwn(sql, live, own.run, parts);
    else replace(live, theirs, parts.runs);
    if (findRun(live.session, runId)?.stop?.by === "crash") cut.push({ sessionId, runId });
    log.warn({ sessionId, runId }, "Another node has settled a run of this one");
  }
  for (const { sessionId, runId } of all)
    await sql`UPDATE runs SET settled_by = NULL WHERE session_id = ${sessionId} AND id = ${runId}`;
  return cut;
}

function recordOf(session: Session, runId: string): RunRecord | undefined {
  const run = findRun(session, runId);
  const messages = session.messages.filter((message) => message.runId === runId);
  return run && { run, messages };
}

/** The session is copied again as it is here; what others have added to the run is removed there. May be done twice. */
async function keepOwn(
  sql: SQL,
  live: LiveSession,
  run: Run,
  { store, engines }: Pick<TakeOverParts, "store" | "engines">,
): Promise<void> {
  const { id } = live.session;
  if (run.state !== "settled") settleAfterCrash(live, run, engines);
  store.shareAnew(id);
  const messages = messagesOfRun(live.session, run.id).map(({ message }) => message);
  const messageIds = JSON.stringify(messages.map((message) => message.id));
  const partIds = JSON.stringify(messages.flatMap(({ parts }) => parts.map((part) => part.id)));
  await sql`
    DELETE FROM parts USING messages
    WHERE parts.session_id = ${id} AND messages.session_id = ${id} AND message_id = messages.id
      AND run_id = ${run.id} AND parts.id NOT IN (SELECT json_array_elements_text(${partIds}::text::json))`;
  await sql`
    DELETE FROM messages WHERE session_id = ${id} AND run_id = ${run.id}
      AND id NOT IN (SELECT json_array_elements_text(${messageIds}::text::json))`;
}

function replace(
  live: LiveSession,
  { run, messages }: RunRecord,
  runs: TakeOverParts["runs"],
): void {
  const { session } = live;
  const own = findRun(session, run.id);
  live.replaceRun(run, messages);
  keepQueue(live);
  const active = runs.active.ofSession(session.id);
  if (active?.id === run.id) {
    const held = live.hold();
    const stop: Stop = { by: "crash", from: "server", askedAt: run.stop?.askedAt ?? Date.now() };
    active.abort(stop);
    const release = () => held[Symbol.dispose]();
    active.settled.then(release, release);
  } else if (own?.state === "settled") addOwnEnd(live, run, own);
}

/** It had ended here while this node was away: only what others could not see is added. */
function addOwnEnd(live: LiveSession, { id: runId, receipt }: Run, own: Run): void {
  if (receipt && own.receipt)
    live.emit({ type: "run-receipt", runId, receipt: withOwnEnd(receipt, own.receipt) });
  if (own.changes && own.changes.state !== "pending")
    live.emit({ type: "run-changes", runId, changes: own.changes });
}
