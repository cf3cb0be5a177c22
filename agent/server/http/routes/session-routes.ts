/** The routes of sessions: list, read, follow, change, export, delete. */
import { type Context, Hono } from "hono";
import { z } from "zod";
import { branchOf, endOf, filesOfBranches, placeOfMessage, tipOf } from "../../../shared/branches";
import { defined } from "../../../shared/defined";
import type { Session, SessionPatch, SessionSummary } from "../../../shared/protocol";
import {
  branchFilesQuery,
  branchRequest,
  deletionQuery,
  exportQuery,
  forkRequest,
  messagesQuery,
  sessionPatchRequest,
  sessionsQuery,
} from "../../../shared/requests";
import { id } from "../../../shared/requests/value-schemas";
import { nextRequestTokens } from "../../agent/compaction";
import { checkSessionChange } from "../engine-choice";
import { changeSession, checkDirectory } from "../session-options";
import { exportArchive } from "../../session/export-archive";
import { exportMarkdown } from "../../session/export-markdown";
import { stopOnHangUp } from "../hang-up";
import { followList, followSession } from "../event-stream";
import { earlierPage } from "../../session/history-page";
import type { LiveSession } from "../../session/live-session";
import { exportJson } from "../../session/export-json";
import { forkOf } from "../fork-session";
import { importSession } from "../import-session";
import { removeSession, reopenSession, restorableMs, stopSession } from "../delete-session";
import { httpError } from "../http-error";
import { askerOf, checkSession, maySee, unknownSession, visibleTo } from "../check-role";
import { pageOfSessions } from "../session-page";
import { body } from "../body";
import { findRun } from "../../../shared/session-lookup";
import { find, findToRead, runActive, stopBy } from "../request";
import type { Services } from "../services";

export function createSessionRoutes(services: Services): Hono {
  const { sessions, runs, attachments, approvals, engines, cwd } = services;
  const app = new Hono();
  /** Of those that are deleted just now: until nothing of them runs. */
  const stopping = new Map<string, Promise<unknown>>();

  app.get("/api/events", (c) => followList(c, services));
  app.get("/api/sessions", async (c) => {
    const { own, ...query } = sessionsQuery.parse(c.req.query());
    const { name } = askerOf(c);
    if (query.before === undefined) await services.cluster?.remote.catchUp();
    const shown = <One extends SessionSummary>(all: readonly One[]): One[] =>
      visibleTo(c, all).filter(({ user }) => own === undefined || user === name);
    const seen = {
      list: () => shown(sessions.list()),
      deleted: () => shown(sessions.deleted()),
    };
    const remote = shown(services.cluster?.remote.all ?? []);
    return c.json(pageOfSessions(seen, query, remote));
  });
  app.get("/api/sessions/:id", (c) => c.json({ session: findToRead(c, sessions) }));

  app.patch("/api/sessions/:id", async (c) => {
    const { pinned, archived, ...patch } = sessionPatchRequest.parse(await body(c));
    if (patch.cwd !== undefined) patch.cwd = await checkDirectory(patch.cwd, cwd);
    const live = find(c, sessions);
    if (patch.title !== undefined || pinned !== undefined || archived !== undefined)
      checkSession(c, live.session, "admin");
    checkSessionChange(services, live.session, defined(patch));
    if (archived && runs.active.isBusy(live.session.id))
      throw runActive(live.session, "This session is running. Stop it first, or wait.");
    if (Object.keys(defined(patch)).length > 0) changeSession(live, defined(patch));
    keepAs(live, defined({ pinnedAt: timeOf(pinned), archivedAt: timeOf(archived) }));
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

  app.post("/api/sessions/:id/fork", async (c) => {
    const { runId } = forkRequest.parse(await body(c));
    const copy = ownedBy(c, forkOf(find(c, sessions).session, runId));
    sessions.refuseWhenFull();
    const { session } = await sessions.createWhole(copy, c.req.raw.signal);
    return c.json({ session });
  });

  app.post("/api/sessions/import", async (c) => {
    const { session } = await importSession(services, c, (copy) => ownedBy(c, copy));
    return c.json({ session });
  });

  app.post("/api/sessions/:id/branch", async (c) => {
    const { runId } = branchRequest.parse(await body(c));
    const live = find(c, sessions);
    const { session } = live;
    checkRun(session, runId);
    // What a run is told must not change under it; nor what a message is added to that waits for its end.
    if (runs.active.isBusy(session.id))
      throw runActive(session, "This session is running. Stop it first, or wait.");
    const tip = endOf(session, runId);
    if (tip !== tipOf(session)) showBranch(live, tip);
    return c.json({ tip });
  });

  app.get("/api/sessions/:id/branch", (c) => {
    const { since } = branchFilesQuery.parse(c.req.query());
    const session = findToRead(c, sessions);
    checkRun(session, since);
    return c.json(filesOfBranches(session, since));
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
    const { undo } = deletionQuery.parse(c.req.query());
    // One that cannot be read can be deleted too.
    if (!sessions.has(id)) throw unknownSession(id);
    const live = sessions.getReadable(id);
    checkSession(c, live?.session ?? { id });
    const deletedAt = live && (live.session.deletedAt ?? Date.now());
    // First: nothing is sent to it while it is stopped.
    if (live && live.session.deletedAt === undefined) keepAs(live, defined({ deletedAt }));
    const stopped = Promise.all([stopping.get(id), stopSession(services, id, stopBy(c))]);
    stopping.set(id, stopped);
    try {
      await stopped;
    } finally {
      if (stopping.get(id) === stopped) stopping.delete(id);
    }
    live?.close();
    if (undo !== undefined && deletedAt !== undefined)
      return c.json({ deleted: true, restorableUntil: deletedAt + restorableMs });
    await removeSession(services, id).catch((error: unknown) => {
      // It is where it was, and says so.
      if (live && sessions.has(id)) {
        keepAs(live, { deletedAt: null });
        reopenSession(services, id);
      }
      throw error;
    });
    return c.json({ deleted: true });
  });

  app.post("/api/sessions/:id/restore", async (c) => {
    const id = c.req.param("id");
    // Else its next message would be without what is still being stopped: its MCP servers, its engine.
    await stopping.get(id)?.catch(() => undefined);
    const live = sessions.getDeleted(id);
    if (live?.session.deletedAt === undefined || !maySee(c, live.session))
      throw httpError(404, "session", `There is no deleted session ${id}.`);
    checkSession(c, live.session);
    reopenSession(services, id);
    keepAs(live, { deletedAt: null });
    return c.json({ session: live.session });
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
    const found = earlierPage(findToRead(c, sessions), before, limit);
    if (found === undefined) throw httpError(404, "message", `There is no message ${before}.`);
    return c.json(found);
  });

  app.get("/api/sessions/:id/messages/:messageId", (c) => {
    const messageId = c.req.param("messageId");
    const place = placeOfMessage(findToRead(c, sessions), messageId);
    if (place === undefined)
      throw httpError(404, "message", `There is no message ${messageId} in this session.`);
    return c.json(place);
  });

  app.get("/api/sessions/:id/export", (c) => {
    const session = findToRead(c, sessions);
    const { files, format } = exportQuery.parse(c.req.query());
    const name =
      session.title
        .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
        .slice(0, 60)
        .toWellFormed() || "session";
    if (format === "json")
      return c.body(exportJson(session), 200, {
        "Content-Type": "application/json; charset=utf-8",
        "Content-Disposition": download(`${name}.json`),
      });
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

/** A new session is of the one who asks for it, where people have names. */
function ownedBy(c: Context, session: Session): Session {
  return defined({ ...session, user: askerOf(c).name });
}

/** What the list shows of it changes, and not when it was used last. */
function keepAs(
  live: LiveSession,
  patch: Pick<SessionPatch, "pinnedAt" | "archivedAt" | "deletedAt">,
): void {
  if (Object.keys(patch).length > 0)
    live.emit({ type: "session-update", at: live.session.updatedAt, patch });
}

function checkRun(session: Session, runId: string): void {
  if (findRun(session, runId) === undefined)
    throw httpError(404, "run", `There is no run ${runId} in this session.`);
}

/** How much of the window it fills is another one’s. */
function showBranch(live: LiveSession, tip: string): void {
  const { session } = live;
  const usedTokens = nextRequestTokens(branchOf({ ...session, tip }));
  const context = session.context && { ...session.context, usedTokens };
  live.emit({ type: "branch-change", tip, at: Date.now(), ...defined({ context }) });
}

function timeOf(isSet: boolean | undefined): number | null | undefined {
  return isSet === undefined ? undefined : isSet ? Date.now() : null;
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
