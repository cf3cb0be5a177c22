/** What other nodes have settled of this one while it was away takes the place of what it has itself. */
import type { SQL } from "bun";
import { findRun } from "../../shared/session-lookup";
import type { Message, Run, Stop } from "../../shared/protocol";
import { log } from "../log";
import type { RunNames } from "../run/recovery";
import { withOwnEnd } from "../run/run-receipt";
import type { Runs } from "../run/runs";
import { keepQueue } from "../session/message-queue";
import type { LiveSession } from "../session/live-session";
import type { SessionRegistry } from "../session/session-registry";
import { readRows } from "./shared-reader";

interface TakeOverParts {
  node: string;
  sessions: SessionRegistry;
  runs: Pick<Runs, "active">;
}

/**
 * To be called with the lock of this node held, before it writes. Runs of them that are still active here are ended: what is
 * known of their processes comes into the receipts. Returns all of them. Rejects with what the databases say; then it can be
 * called again.
 */
export async function takeOverSettled(
  sql: SQL,
  { node, sessions, runs }: TakeOverParts,
): Promise<RunNames[]> {
  const rows = await sql`
    SELECT session_id AS "sessionId", id AS "runId" FROM runs WHERE node = ${node} AND settled_by IS NOT NULL`;
  const all = [...rows] as RunNames[];
  for (const { sessionId, runId } of all) {
    const live = sessions.getReadable(sessionId);
    const settled = await readRows(sql, sessionId);
    const run = settled && findRun(settled, runId);
    if (live === undefined || settled === undefined || run === undefined) continue;
    const messages = settled.messages.filter((message) => message.runId === runId);
    replace(live, run, messages, runs);
    log.warn({ sessionId, runId }, "Another node has settled a run of this one");
  }
  for (const { sessionId, runId } of all)
    await sql`UPDATE runs SET settled_by = NULL WHERE session_id = ${sessionId} AND id = ${runId}`;
  return all;
}

function replace(
  live: LiveSession,
  run: Run,
  messages: Message[],
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
    void active.settled.finally(() => held[Symbol.dispose]());
  } else if (own?.state === "settled") addOwnEnd(live, run, own);
}

/** It had ended here while this node was away: only what others could not see is added. */
function addOwnEnd(live: LiveSession, { id: runId, receipt }: Run, own: Run): void {
  if (receipt && own.receipt)
    live.emit({ type: "run-receipt", runId, receipt: withOwnEnd(receipt, own.receipt) });
  if (own.changes && own.changes.state !== "pending")
    live.emit({ type: "run-changes", runId, changes: own.changes });
}
