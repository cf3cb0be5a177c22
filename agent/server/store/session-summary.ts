/** What the list of sessions says of each. */
import { isLiving } from "../../shared/apply";
import type { Run, Session, SessionSummary } from "../../shared/protocol";

/** A row of the side bar. */
export function summarizeSession(session: Session, run: Run | undefined): SessionSummary {
  const { id, title, cwd, provider, model, createdAt, updatedAt } = session;
  const living = session.processes?.filter(isLiving).length ?? 0;
  return {
    id,
    title,
    cwd,
    provider,
    model,
    createdAt,
    updatedAt,
    state: stateOf(run),
    ...(run?.outcome && { outcome: run.outcome }),
    ...(living > 0 && { processes: living }),
  };
}

/** A limit that holds the run waits for a person, as an approval does. */
function stateOf(run: Run | undefined): SessionSummary["state"] {
  if (run === undefined || run.state === "settled") return "idle";
  return run.pause?.reached ? "waiting" : (run.pause?.state ?? run.state);
}
