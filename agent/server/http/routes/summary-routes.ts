/** The routes of summaries: a conversation is summed up, and a summary is taken back. */
import { branchOf } from "../../../shared/branches";
import { Hono } from "hono";
import { defined } from "../../../shared/defined";
import type { Message } from "../../../shared/protocol";
import { stopRequest } from "../../../shared/requests";
import { canSumUp, nothingToSumUp, nextRequestTokens } from "../../agent/compaction";
import type { LiveSession } from "../../session/live-session";
import { askerOf } from "../check-role";
import { httpError } from "../http-error";
import { body } from "../body";
import { find, freeRunId, runActive } from "../request";
import { checkSessionModel } from "../session-options";
import type { Services } from "../services";

export function createSummaryRoutes({ sessions, runs, engines }: Services): Hono {
  const app = new Hono();

  app.post("/api/sessions/:id/compact", async (c) => {
    const { runId: named } = stopRequest.parse(await body(c));
    const live = find(c, sessions);
    checkSessionModel(live);
    refuseWhileActive(live);
    const { engine } = live.session;
    const known = engine && engines.find(engine.id);
    if (engine !== undefined && !known?.gives.sumsUp)
      throw httpError(
        409,
        "engine",
        `${known?.name ?? engine.name ?? engine.id} sums up its conversation by itself.`,
      );
    if (engine === undefined && !canSumUp(branchOf(live.session)))
      throw httpError(409, nothingToSumUp.code, nothingToSumUp.message);
    sessions.refuseWhenFull();
    const runId = freeRunId(c, { runs, sessions }, named);
    runs.compact(live, runId, askerOf(c).name);
    return c.json(defined({ runId, unsaved: sessions.storageError }));
  });

  app.post("/api/sessions/:id/summaries/:messageId/undo", (c) => {
    const live = find(c, sessions);
    const message = findSummary(live, c.req.param("messageId"));
    refuseWhileActive(live);
    if (message.outcome !== "done")
      throw httpError(409, "nothing", "This summary was cut short, so it is not in use.");
    if (message.summary?.undoneAt === undefined) undo(live, message);
    return c.json({ summary: message.summary, context: live.session.context });
  });

  /** What a run tells the model must not change meanwhile. */
  function refuseWhileActive({ session }: LiveSession): void {
    if (runs.active.ofSession(session.id))
      throw runActive(session, "This session is running. Stop it first, or wait.");
  }

  return app;
}

function undo(live: LiveSession, { id: messageId, summary }: Message): void {
  const { context } = live.session;
  const at = Date.now();
  const after = branchOf(live.session).map((message) =>
    message.id === messageId ? { ...message, summary: { ...summary, undoneAt: at } } : message,
  );
  const usedTokens = nextRequestTokens(after);
  live.emit({ type: "summary-undo", messageId, at, context: { ...context, usedTokens } });
}

function findSummary({ session }: LiveSession, id: string): Message {
  const message = session.messages.find((one) => one.id === id && one.summary);
  if (message === undefined) throw httpError(404, "summary", `There is no summary ${id}.`);
  return message;
}
