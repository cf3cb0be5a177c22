/** A session that begins as a copy of another one, up to one of its runs. */
import { branchRuns, tipOf } from "../../shared/branches";
import { defined } from "../../shared/defined";
import type { Session } from "../../shared/protocol";
import { copiedSession } from "../session/copy-session";
import { httpError } from "./http-error";

/** Refuses what cannot be copied as it is. `runId`: the last run that it has; by default the last of the branch that is shown. */
export function forkOf(session: Session, runId = tipOf(session)): Session {
  const { id: sessionId, engine, title, cwd, provider, model, permissions, options } = session;
  if (engine !== undefined) {
    const words = `${engine.name ?? engine.id} keeps this conversation for itself: it cannot be copied.`;
    throw httpError(409, "engine", words);
  }
  const path = runId === undefined ? new Set<string>() : branchRuns(session, runId);
  const runs = session.runs.filter(({ id }) => path.has(id));
  if (runId !== undefined && !runs.some(({ id }) => id === runId))
    throw httpError(404, "run", `There is no run ${runId} in this session.`);
  if (runs.some(({ state }) => state !== "settled"))
    throw httpError(409, "run-active", "This run is not over. Stop it first, or wait.", {
      sessionId,
      runId: runs.at(-1)!.id,
    });
  const branch = {
    ...session,
    runs: runs.map(({ follows: _beside, ...run }) => run),
    messages: session.messages.filter((one) => path.has(one.runId)),
  };
  return copiedSession(withoutTip(branch), {
    title,
    titledBy: "person",
    cwd,
    provider,
    model,
    permissions,
    ...defined({ options }),
    forkedFrom: { sessionId, ...defined({ runId }) },
  });
}

function withoutTip({ tip: _tip, todo: _todo, ...session }: Session): Session {
  return session;
}
