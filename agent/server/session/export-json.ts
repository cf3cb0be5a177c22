/** A session as JSON, to be imported elsewhere. */
import { branchRuns } from "../../shared/branches";
import type { Session } from "../../shared/protocol";
import { exportVersion } from "./read-export";

/** All of its branches, without a run that is not over, and without what only this server can use. */
export function exportJson(session: Session): string {
  const { engine, ...rest } = session;
  const settled = session.runs.filter(({ state }) => state === "settled");
  const runs = settled.map(({ user: _user, ...run }) => run);
  const open = new Set(session.runs.filter((run) => run.state !== "settled").map(({ id }) => id));
  const { tip: _shown, ...shown } = rest;
  // The branch that is shown, up to what runs.
  const tip = [...branchRuns(session)].findLast((id) => !open.has(id));
  const hasTip = tip !== undefined && tip !== runs.at(-1)?.id;
  return JSON.stringify({
    rein: "session",
    version: exportVersion,
    exportedAt: Date.now(),
    session: {
      ...shown,
      ...(hasTip && { tip }),
      ...(engine && { engine: { id: engine.id, name: engine.name, version: engine.version } }),
      allowed: [],
      queue: [],
      processes: undefined,
      schedule: undefined,
      // Whose it is here, and who may see it, says nothing elsewhere.
      user: undefined,
      people: undefined,
      links: undefined,
      runs,
      messages: session.messages.filter(({ runId }) => !open.has(runId)),
    },
  });
}
