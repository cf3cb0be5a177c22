/** What the list of sessions shows of each. */
import { defined } from "../../shared/defined";
import type { Run, Session, SessionSummary } from "../../shared/protocol";
import { isLiving } from "../../shared/session-lookup";

/** A row of the side bar. */
export function summarizeSession(session: Session, run: Run | undefined): SessionSummary {
  const { id, title, cwd, engine, schedule, provider, model, createdAt, updatedAt } = session;
  const { user, people, pinnedAt, archivedAt, deletedAt } = session;
  const living = session.processes?.filter(isLiving).length ?? 0;
  return defined({
    id,
    title,
    user,
    people: people?.length ? people : undefined,
    cwd,
    engine: engine?.id,
    schedule,
    provider,
    model,
    pinnedAt,
    archivedAt,
    deletedAt,
    createdAt,
    updatedAt,
    state: stateOf(run),
    outcome: run?.outcome,
    survivors: run?.receipt?.survivors.length || undefined,
    runId: run?.state === "settled" ? undefined : run?.id,
    processes: living > 0 ? living : undefined,
  });
}

/** A limit that holds the run waits for a person, as an approval does. */
function stateOf(run: Run | undefined): SessionSummary["state"] {
  if (run === undefined || run.state === "settled") return "idle";
  return run.pause?.reached ? "waiting" : (run.pause?.state ?? run.state);
}
