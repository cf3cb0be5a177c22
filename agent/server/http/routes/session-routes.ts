/** The routes of sessions: list, read, follow, change, export, delete. */
import { Hono } from "hono";
import { z } from "zod";
import { endOf, tipOf } from "../../../shared/branches";
import { defined } from "../../../shared/defined";
import {
  branchRequest,
  exportQuery,
  messagesQuery,
  sessionPatchRequest,
} from "../../../shared/requests";
import { id } from "../../../shared/requests/value-schemas";
import { checkSessionChange } from "../engine-choice";
import { changeSession, checkDirectory } from "../session-options";
import { exportArchive } from "../../session/export-archive";
import { exportMarkdown } from "../../session/export-markdown";
import { stopOnHangUp } from "../hang-up";
import { followList, followSession } from "../event-stream";
import { earlierPage } from "../../session/history-page";
import { httpError } from "../http-error";
import { body } from "../body";
import { findRun } from "../../../shared/session-lookup";
import { find, runActive, stopBy } from "../request";
import type { Services } from "../services";

export function createSessionRoutes(services: Services): Hono {
  const {
    sessions,
    runs,
    store,
    attachments,
    background,
    approvals,
    jobs,
    undo,
    sessionDirectories,
    engines,
    cwd,
  } = services;
  const app = new Hono();

  app.get("/api/events", (c) => followList(c, services));
  app.get("/api/sessions", (c) => c.json({ sessions: sessions.list() }));
  app.get("/api/sessions/:id", (c) => c.json({ session: find(c, sessions).session }));

  app.patch("/api/sessions/:id", async (c) => {
    const live = find(c, sessions);
    const patch = sessionPatchRequest.parse(await body(c));
    checkSessionChange(services, live.session, defined(patch));
    if (patch.cwd !== undefined) patch.cwd = await checkDirectory(patch.cwd, cwd);
    changeSession(live, defined(patch));
    if (patch.title !== undefined) runs.keepTitle(live.session.id);
    if (patch.permissions !== undefined) approvals.recheck();
    return c.json({ session: live.session });
  });

  app.delete("/api/sessions/:id/allowed/:ruleId", (c) => {
    const live = find(c, sessions);
    const { allowed } = live.session;
    const rest = allowed.filter(({ id }) => id !== c.req.param("ruleId"));
    if (rest.length === allowed.length)
      throw httpError(404, "rule", "The session no longer allows this.");
    live.emit({ type: "session-update", at: Date.now(), patch: { allowed: rest } });
    return c.json({ allowed: rest });
  });

  app.post("/api/sessions/:id/branch", async (c) => {
    const live = find(c, sessions);
    const { runId } = branchRequest.parse(await body(c));
    const { session } = live;
    if (findRun(session, runId) === undefined)
      throw httpError(404, "run", `There is no run ${runId} in this session.`);
    // What a run is told must not change under it; nor what a message is added to that waits for its end.
    if (runs.active.isBusy(session.id))
      throw runActive(session, "This session is running. Stop it first, or wait.");
    const tip = endOf(session, runId);
    if (tip !== tipOf(session)) live.emit({ type: "branch-change", tip, at: Date.now() });
    return c.json({ tip });
  });

  app.delete("/api/sessions/:id/todo", (c) => {
    const live = find(c, sessions);
    const { todo } = live.session;
    if (todo !== undefined)
      live.emit({ type: "todo-change", runId: todo.runId, entries: [], at: Date.now() });
    return c.json({ cleared: todo !== undefined });
  });

  app.delete("/api/sessions/:id", async (c) => {
    const id = c.req.param("id");
    // One that cannot be read can be deleted too.
    if (!sessions.has(id)) throw httpError(404, "session", `There is no session ${id}.`);
    const directory = sessions.list().find((one) => one.id === id)?.cwd;
    await Promise.all([runs.stop(id, {}, stopBy(c)), attachments.stopUploads(id)]);
    await Promise.all([
      background.stopOwned({ sessionId: id }, stopBy(c), "all"),
      services.conversations.endSession(id),
      services.mcp.end(id),
      services.languageServers.end(id),
      services.runHooks.stop({ sessionId: id }, stopBy(c), true),
    ]);
    const files = store.filesOfSession(id);
    sessions.remove(id);
    services.search.forget(id);
    attachments.release(files);
    background.remove(id);
    const isLeft = sessions.list().every((one) => one.cwd !== directory);
    await undo.forget(id, isLeft ? directory : undefined);
    await sessionDirectories.remove(id);
    if (directory && isLeft) await jobs.removeCaches(directory);
    return c.json({ deleted: true });
  });

  app.get("/api/sessions/:id/events", (c) => {
    const live = find(c, sessions);
    const seen = c.req.query("after") ?? c.req.header("last-event-id");
    const after = z.coerce.number().int().nonnegative().optional().parse(seen);
    const onDisconnect = z.enum(["stop", "continue"]).optional().parse(c.req.query("onDisconnect"));
    const runId = id.optional().parse(c.req.query("runId"));
    const response = followSession(c, services, live, defined({ after, untilRunId: runId }));
    if (onDisconnect === "stop") stopOnHangUp(c, runs, live.session.id, defined({ runId }));
    return response;
  });

  app.get("/api/sessions/:id/messages", (c) => {
    const { before, limit } = messagesQuery.parse(c.req.query());
    const found = earlierPage(find(c, sessions).session, before, limit);
    if (found === undefined) throw httpError(404, "message", `There is no message ${before}.`);
    return c.json(found);
  });

  app.get("/api/sessions/:id/export", (c) => {
    const { session } = find(c, sessions);
    const { files } = exportQuery.parse(c.req.query());
    const name =
      session.title
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .slice(0, 60)
        .toWellFormed() || "session";
    const engine = session.engine && engines.find(session.engine.id);
    if (files === undefined)
      return c.body(exportMarkdown(session, engine?.name), 200, {
        "Content-Type": "text/markdown; charset=utf-8",
        "Content-Disposition": download(`${name}.md`),
      });
    const archive = exportArchive(session, attachments, engine?.name, c.req.raw.signal);
    return c.body(streamOf(archive), 200, {
      "Content-Type": "application/x-tar",
      "Content-Disposition": download(`${name}.tar`),
    });
  });

  return app;
}

/** Read as it is taken: the next piece when the one before has gone. */
function streamOf(pieces: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces.return(undefined);
    },
  });
}

function download(name: string): string {
  return `attachment; filename*=UTF-8''${encodeURIComponent(name)}`;
}
