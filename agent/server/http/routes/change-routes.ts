/** The routes of what runs have changed, of undoing it, and of the history of stops. */
import { type Context, Hono } from "hono";
import { findRun } from "../../../shared/apply";
import type { ChangesAnswer, UndoAnswer } from "../../../shared/protocol";
import { stopsQuery, undoRequest } from "../../../shared/requests";
import type { SessionRegistry } from "../../session/session-registry";
import type { Jobs } from "../../processes/jobs";
import type { BackgroundJobs } from "../../background/background-jobs";
import { httpError } from "../http-error";
import { body, find } from "../request";
import { selectStops, stopsCsv } from "../../session/stop-history";
import type { Store } from "../../store/store";
import { endSurvivors } from "../../background/survivors";
import type { Undo } from "../../undo/undo";
import { UndoError } from "../../undo/undo-error";

export interface UndoRouteParts {
  sessions: SessionRegistry;
  store: Store;
  jobs: Jobs;
  background: BackgroundJobs;
  undo: Undo;
}

export function createUndoRoutes({
  sessions,
  store,
  jobs,
  background,
  undo,
}: UndoRouteParts): Hono {
  const app = new Hono();

  app.get("/api/sessions/:id/runs/:runId/changes", async (c) => {
    const { run } = findNamed(c, sessions);
    const changes = run.changes ?? { state: "known", files: [], count: 0, unseen: [] };
    const isSeen = changes.state === "known" && changes.count > 0;
    const view = isSeen
      ? await refused(undo.view(run.id, c.req.raw.signal))
      : { files: [], newer: [] };
    return c.json({ changes, ...view } satisfies ChangesAnswer);
  });

  for (const way of ["undo", "redo"] as const)
    app.post(`/api/sessions/:id/runs/:runId/${way}`, async (c) => {
      const { live, run } = findNamed(c, sessions);
      const decisions = undoRequest.parse(await body(c));
      const answer = await refused<UndoAnswer>(undo[way](run.id, decisions, c.req.raw.signal));
      live.emit({ type: "run-changes", runId: run.id, changes: answer.changes });
      return c.json(answer);
    });

  app.post("/api/sessions/:id/runs/:runId/survivors/stop", async (c) => {
    const { live, run } = findNamed(c, sessions);
    const receipt = await endSurvivors(live, run.id, jobs);
    await background.refreshSurvivors(live.session.id);
    if (receipt === undefined) throw httpError(404, "receipt", "This run has no receipt.");
    return c.json({ receipt });
  });

  app.get("/api/stops", (c) => {
    const query = stopsQuery.parse(c.req.query());
    const stops = selectStops(store.stopped(), query);
    if (query.format === "json") return c.json({ stops });
    return c.body(stopsCsv(stops), 200, {
      "Content-Type": "text/csv; charset=utf-8",
      "Content-Disposition": 'attachment; filename="stops.csv"',
    });
  });

  return app;
}

function findNamed(c: Context, sessions: SessionRegistry) {
  const live = find(c, sessions);
  const run = findRun(live.session, c.req.param("runId") ?? "");
  if (run === undefined) throw httpError(404, "run", "There is no such run in this session.");
  return { live, run };
}

async function refused<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof UndoError) throw httpError(error.status, error.code, error.message);
    throw error;
  }
}
