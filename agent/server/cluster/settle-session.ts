/** What a dead node left in a session, settled on what the shared database has of it; the rows are for the caller. */
import { apply } from "../../shared/apply";
import { copyPlain } from "../../shared/copy-plain";
import { defined } from "../../shared/defined";
import type { Run, Session } from "../../shared/protocol";
import { activeRun, isRunning } from "../../shared/session-lookup";
import { isLeftPaused, type SettledSession, settleAfterCrash } from "../run/recovery";
import type { RunParts } from "../run/run-types";
import { type ChangedRow, changedRows } from "../store/changed-rows";

/** The values of rows as they are once it is settled. */
export interface SettledRows {
  session: { id: string; updatedAt: number; data: string };
  /** Absent: no run was settled. */
  run?: { id: string; stoppedAt: number | null; data: string };
  /** Of the run, in their order; those that are new come last. */
  messages: { id: string; runId: string; agentId: string | null; data: string }[];
  parts: { id: string; messageId: string; data: string }[];
  /** What the session said of background processes was changed. */
  hasProcesses: boolean;
}

/**
 * Settles the active run as stopped by the crash of its node, unless it is paused: nothing of that runs, and its node
 * continues it when it is back, if it is not gone for good (`isGone`). Of background processes nothing is known any more.
 * Undefined when there is nothing of both. `session` is changed.
 */
export function settleSession(
  session: Session,
  { node, engines, isGone }: { node: string; engines: RunParts["engines"]; isGone: boolean },
): SettledRows | undefined {
  const active = activeRun(session);
  const isMeant = active !== undefined && (isGone || !isLeftPaused(active, session));
  const run = isMeant ? active : undefined;
  const processes = session.processes?.filter(isRunning) ?? [];
  if (run === undefined && processes.length === 0) return undefined;
  const rows = new Map<string, ChangedRow>();
  const live: SettledSession = {
    session,
    emit: (body) => {
      const event = { ...copyPlain(body), seq: session.seq + 1 };
      apply(session, event);
      for (const row of changedRows(session, event)) rows.set(`${row.table} ${row.id}`, row);
    },
    endAnswers: () => {},
  };
  if (run !== undefined) settleAfterCrash(live, run, engines, node);
  for (const { id: processId } of processes)
    live.emit({ type: "process-update", processId, patch: { state: "unknown" } });
  return { ...valuesOf([...rows.values()], run), hasProcesses: processes.length > 0 };
}

function valuesOf(rows: ChangedRow[], settled: Run | undefined): Omit<SettledRows, "hasProcesses"> {
  const messages: SettledRows["messages"] = [];
  const parts: SettledRows["parts"] = [];
  let session: SettledRows["session"] | undefined;
  let run: SettledRows["run"] | undefined;
  const writer = {
    writeSession: {
      run: (id: string, updatedAt: number, data: string) => (session = { id, updatedAt, data }),
    },
    writeRun: {
      run: (id: string, _sessionId: string, _settled: number, data: string) => {
        if (id === settled?.id) run = { id, stoppedAt: settled.stop?.askedAt ?? null, data };
        return { changes: 1 };
      },
    },
    writeMessage: {
      run: (id: string, _sessionId: string, agentId: string | null, data: string) =>
        messages.push({ id, runId: settled!.id, agentId, data }),
    },
    writePart: {
      run: (id: string, messageId: string, data: string) => parts.push({ id, messageId, data }),
    },
    // Files stay with their machine.
    nameFile: { run: () => {} },
  };
  for (const row of rows) row.write(writer);
  if (session === undefined || (settled !== undefined && run === undefined))
    throw new Error(`Run ${settled?.id} was settled without rows of its session and of itself`);
  return { session, ...defined({ run }), messages, parts };
}
