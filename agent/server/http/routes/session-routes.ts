/** The routes of sessions as they are kept: listed, read, followed, changed, exported, deleted. */
import { Hono } from "hono";
import { z } from "zod";
import { messagesQuery, sessionPatchRequest } from "../../../shared/requests";
import type { Approvals } from "../../agent/approvals";
import type { BackgroundJobs } from "../../background/background-jobs";
import type { Catalog } from "../../catalog/catalog";
import { checkDirectory, checkProvider } from "../session-options";
import { exportMarkdown } from "../../session/export-markdown";
import { followList, followSession } from "../event-stream";
import type { SessionRegistry } from "../../session/session-registry";
import { earlierPage } from "../../session/history-page";
import { httpError } from "../http-error";
import { body, find, stopBy } from "../request";
import { defined } from "../../../shared/defined";
import type { Runs } from "../../run/runs";
import type { Shells } from "../../tools/bash/shells";
import type { Undo } from "../../undo/undo";

export interface SessionRouteParts {
  sessions: SessionRegistry;
  runs: Runs;
  background: BackgroundJobs;
  approvals: Approvals;
  catalog: Catalog;
  undo: Undo;
  shells: Shells;
  /** Where a session works unless told otherwise. */
  cwd: string;
}

export function createSessionRoutes(parts: SessionRouteParts): Hono {
  const { sessions, runs, background, approvals, catalog } = parts;
  const app = new Hono();

  app.get("/api/events", (c) => followList(c, sessions));
  app.get("/api/sessions", (c) => c.json({ sessions: sessions.list() }));
  app.get("/api/sessions/:id", (c) => c.json({ session: find(c, sessions).session }));

  app.patch("/api/sessions/:id", async (c) => {
    const live = find(c, sessions);
    const patch = sessionPatchRequest.parse(await body(c));
    checkProvider(catalog, patch.provider);
    if (patch.cwd !== undefined) patch.cwd = await checkDirectory(patch.cwd, parts.cwd);
    live.emit({ type: "session-update", at: Date.now(), patch: defined(patch) });
    if (patch.permissions !== undefined) approvals.permit(live.session.id, patch.permissions);
    return c.json({ session: live.session });
  });

  app.delete("/api/sessions/:id", async (c) => {
    const { id } = find(c, sessions).session;
    await runs.stop(id, {}, stopBy(c));
    await background.stopOwned({ sessionId: id }, stopBy(c), "all");
    sessions.remove(id);
    background.remove(id);
    await parts.undo.forget(id);
    await parts.shells.remove(id);
    return c.json({ deleted: true });
  });

  app.get("/api/sessions/:id/events", (c) => {
    const live = find(c, sessions);
    const seen = c.req.query("after") ?? c.req.header("last-event-id");
    const after = z.coerce.number().int().nonnegative().optional().parse(seen);
    return followSession(c, sessions, live, after === undefined ? {} : { after });
  });

  app.get("/api/sessions/:id/messages", (c) => {
    const { before, limit } = messagesQuery.parse(c.req.query());
    const found = earlierPage(find(c, sessions).session, before, limit);
    if (found === undefined) throw httpError(404, "message", `There is no message ${before}.`);
    return c.json(found);
  });

  app.get("/api/sessions/:id/export", (c) => {
    const { session } = find(c, sessions);
    const name = `${session.title.replaceAll(/[^\p{L}\p{N} _-]/gu, "").slice(0, 60) || "session"}.md`;
    return c.body(exportMarkdown(session), 200, {
      "Content-Type": "text/markdown; charset=utf-8",
      "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    });
  });

  return app;
}
