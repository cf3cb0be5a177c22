/** The routes of what a run has changed: the diffs, undo and redo, and the processes that its stop could not end. */
import { type Context, Hono } from "hono";
import type { ChangesAnswer, UndoAnswer } from "../../../shared/protocol";
import { undoRequest } from "../../../shared/requests";
import { findRun } from "../../../shared/session-lookup";
import { endSurvivors } from "../../background/survivors";
import type { SessionRegistry } from "../../session/session-registry";
import { tellReversals } from "../../run/run-changes";
import { UndoError } from "../../undo/undo-error";
import { httpError } from "../http-error";
import { body } from "../body";
import { find } from "../request";
import type { Services } from "../services";

export function createChangeRoutes({ sessions, jobs, background, undo }: Services): Hono {
  const app = new Hono();

  app.get("/api/sessions/:id/runs/:runId/changes", async (c) => {
    const { run } = findNamed(c, sessions);
    const changes = run.changes ?? { state: "known", files: [], count: 0, unseen: [] };
    const isRecorded = changes.state === "known" && changes.count > 0;
    const view = isRecorded
      ? await answered(undo.view(run.id, c.req.raw.signal))
      : { files: [], newer: [] };
    return c.json({ changes, ...view } satisfies ChangesAnswer);
  });

  for (const way of ["undo", "redo"] as const)
    app.post(`/api/sessions/:id/runs/:runId/${way}`, async (c) => {
      const { live, run } = findNamed(c, sessions);
      const decisions = undoRequest.parse(await body(c));
      try {
        const answer = undo[way](run.id, decisions, c.req.raw.signal);
        return c.json(await answered<UndoAnswer>(answer));
      } finally {
        tellReversals(sessions, undo);
        sessions.listViewers.tell({ type: "files-changed", cwd: live.session.cwd });
      }
    });

  app.post("/api/sessions/:id/runs/:runId/survivors/stop", async (c) => {
    const { live, run } = findNamed(c, sessions);
    const receipt = await endSurvivors(live, run.id, jobs);
    await background.refreshSurvivors(live.session.id);
    if (receipt === undefined) throw httpError(404, "receipt", "This run has no receipt.");
    return c.json({ receipt });
  });

  return app;
}

function findNamed(c: Context, sessions: SessionRegistry) {
  const live = find(c, sessions);
  const run = findRun(live.session, c.req.param("runId") ?? "");
  if (run === undefined) throw httpError(404, "run", "There is no such run in this session.");
  return { live, run };
}

/** Turns what the undo refuses into an HTTP error. */
async function answered<Answer>(asked: Promise<Answer>): Promise<Answer> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof UndoError)
      throw httpError(error.status, error.code, error.message, error.run);
    throw error;
  }
}
