/** The routes that steer runs: stop, pause, the queue, approvals. Their meaning is in runs.ts and run-stops.ts. */
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { defined } from "../../../shared/defined";
import {
  approvalQuery,
  approvalRequest,
  askAgainRequest,
  pauseRequest,
  queuedPatchRequest,
  queueRequest,
  resumeRequest,
  sessionStopRequest,
  stopRequest,
} from "../../../shared/requests";
import type { ReplyResult } from "../../agent/approvals";
import { neverAborts } from "../../abort";
import { newId } from "../../id";
import { maxQueued, type QueuedText, removeQueued } from "../../session/message-queue";
import type { SessionSummary } from "../../../shared/protocol";
import type { LiveSession } from "../../session/live-session";
import { type HttpError, httpError } from "../http-error";
import { body } from "../body";
import { askerOf, checkSession, maySee, requireAdmin, unknownSession } from "../check-role";
import { passedHeaders } from "../cluster/passed-headers";
import { stopAllNodes, type Stopped, stopRunAnywhere } from "../cluster/stop-everywhere";
import { commandMessage } from "../command-message";
import { mentionedFiles, mentioningIn, withMentioned } from "../mentioned-files";
import { fileUse } from "../file-use";
import { findFiles, takeFiles } from "../message-files";
import { find, findAgain, findById, freeRunId, stopBy } from "../request";
import { checkSessionModel } from "../session-options";
import type { Services } from "../services";
import { stopEverything } from "../stop-everything";

export function createControlRoutes(services: Services): Hono {
  const { sessions, runs, schedules, approvals, attachments, review } = services;
  const app = new Hono();

  app.post("/api/stop", async (c) => {
    const { runId, nodes, askedMsAgo } = stopRequest.parse(await body(c));
    const { cluster } = services;
    const isAlone = cluster === undefined || c.get("hop") !== undefined;
    const { signal } = c.req.raw;
    const headers = passedHeaders(c);
    if (runId !== undefined) {
      const here = () => stopRunHere(c, runId);
      if (isAlone || runs.active.all.some(({ id }) => id === runId)) return c.json(await here());
      const isHere = runs.sessionOfRun(runId) !== undefined;
      const named = { headers, runId, isHere, maySee: (one: SessionSummary) => maySee(c, one) };
      return c.json(await stopRunAnywhere(cluster, named, here, signal));
    }
    const isAsked = (node: string) => nodes === undefined || nodes.includes(node);
    const before = askedMsAgo === undefined ? undefined : Date.now() - askedMsAgo;
    if (isAlone) return c.json(await stopAllHere(c, before));
    const here = isAsked(cluster.node) ? stopAllHere(c, before) : { answers: [] };
    const elsewhere = { headers, body: defined({ askedMsAgo }), isAsked };
    return c.json(await stopAllNodes(cluster, elsewhere, Promise.resolve(here), signal));
  });

  async function stopRunHere(c: Context, runId: string): Promise<Stopped> {
    const id = runs.sessionOfRun(runId);
    const session = id === undefined ? undefined : sessions.getReadable(id)?.session;
    const cancelled = session && maySee(c, session) ? stopUploads(session.id) : 0;
    const [answer, uploads] = await Promise.all([
      runs.stops.stopRun(runId, stopBy(c), askerOf(c)),
      cancelled,
    ]);
    return { answers: [withUploads(answer, uploads)] };
  }

  async function stopAllHere(c: Context, before: number | undefined): Promise<Stopped> {
    const { uploads, ...stopped } = await stopEverything(c, services, before);
    const waiting = askerOf(c).role === "admin" ? schedules.waiting : 0;
    return withUploads({ ...stopped, ...(waiting > 0 && { schedules: waiting }) }, uploads);
  }

  app.post("/api/sessions/:id/stop", async (c) => {
    const id = c.req.param("id");
    const named = sessionStopRequest.parse(await body(c));
    const coming = runs.earlyStops.comingIn(id);
    const exists = sessions.has(id);
    if (exists) find(c, sessions);
    else if (coming !== undefined) checkSession(c, coming);
    else if (askerOf(c).role !== "admin") return c.json(await stopOwnUploads(c, id));
    const isPart = named.subagentId !== undefined || named.toolCallId !== undefined;
    // One that is still to come has none but its uploads, and a message that is still read.
    const cancelled = isPart ? 0 : stopUploads(id);
    if (!exists && coming === undefined && (await cancelled) > 0) {
      return c.json(withUploads({ stopped: false, message: uploadsCancelled }, await cancelled));
    }
    if (coming === undefined) find(c, sessions);
    const stopped = runs.stops.stop(id, defined(named), stopBy(c));
    const commit = isPart ? undefined : review.commits.stop(id);
    const [answer, uploads] = await Promise.all([stopped, cancelled, commit]);
    return c.json(withUploads(answer, uploads));
  });

  app.post("/api/sessions/:id/pause", async (c) => {
    const { id } = find(c, sessions).session;
    return c.json(runs.pause(id, defined(pauseRequest.parse(await body(c))), stopBy(c).from));
  });

  app.post("/api/sessions/:id/resume", async (c) => {
    const { id } = find(c, sessions).session;
    return c.json(runs.resume(id, defined(resumeRequest.parse(await body(c)))));
  });

  app.post("/api/sessions/:id/ask-again", async (c) => {
    const { id } = find(c, sessions).session;
    const { runId } = askAgainRequest.parse(await body(c));
    return c.json({ asked: runs.askAgain(id, runId) });
  });

  app.post("/api/sessions/:id/queue", async (c) => {
    const live = find(c, sessions);
    const request = queueRequest.parse(await body(c));
    const { files: named, runId, waitsFor } = request;
    checkSessionModel(live);
    const wanted = runId ?? newId();
    // A stop meanwhile keeps it from being sent; it waits whole.
    const { name: user } = askerOf(c);
    using _coming = runs.earlyStops.announce(live.session, { runId: wanted, user });
    const brought =
      named.length > 0 ? await findFiles(services, named, fileUse(c, services)) : undefined;
    const said = (await textIn(live, request)) ?? { text: "" };
    const mentioned = await mentionedFiles(
      services,
      said.text,
      mentioningIn(live, askerOf(c)),
      neverAborts,
    );
    const files = withMentioned(brought, mentioned);
    if (live.session.queue.length >= maxQueued)
      throw httpError(409, "queue-full", `No more than ${maxQueued} messages can wait.`);
    takeFiles(services, files);
    c.get("refuseEnded")?.();
    sessions.refuseWhenFull();
    const id = freeRunId(c, services, wanted);
    runs.queue(
      findAgain(sessions, live.session.id),
      { id, ...said, ...defined({ files, user }) },
      waitsFor,
    );
    return c.json(queueOf(live));
  });

  app.patch("/api/sessions/:id/queue/:messageId", async (c) => {
    const live = find(c, sessions);
    const { message, command, ...rest } = queuedPatchRequest.parse(await body(c));
    if (rest.waitsFor !== undefined) checkSessionModel(live);
    const id = c.req.param("messageId");
    const said = await textIn(live, { message, command });
    const mentioned =
      said &&
      (await mentionedFiles(services, said.text, mentioningIn(live, askerOf(c)), neverAborts));
    takeFiles(services, mentioned);
    c.get("refuseEnded")?.();
    sessions.refuseWhenFull();
    const before = live.session.queue.find((message) => message.id === id)?.files;
    const files = mentioned && (withMentioned(before, mentioned) ?? []);
    const now = findAgain(sessions, live.session.id);
    const isTheirs = said !== undefined || rest.waitsFor !== undefined;
    const by = isTheirs ? defined({ user: askerOf(c).name }) : undefined;
    if (!runs.changeQueued(now, id, defined({ said, files, by, ...rest }))) throw notQueued();
    return c.json(queueOf(live));
  });

  app.delete("/api/sessions/:id/queue/:messageId", (c) => {
    const live = find(c, sessions);
    if (!removeQueued(live, c.req.param("messageId"))) throw notQueued();
    return c.json({ queue: live.session.queue });
  });

  app.post("/api/approvals/:id", async (c) => {
    approvalQuery.parse(c.req.query());
    const reply = approvalRequest.parse(await body(c));
    const id = c.req.param("id");
    const sessionId = approvals.sessionOf(id);
    // Of a session that is not theirs to see, nothing pends.
    if (sessionId === undefined || !maySee(c, findAgain(sessions, sessionId).session))
      throw refusals.gone();
    findById(c, sessions, sessionId);
    // It would hold in everyone's sessions there.
    if (reply.decision === "project") requireAdmin(c);
    const result = approvals.reply(id, reply.decision === "deny" ? defined(reply) : reply);
    if (result !== "accepted") throw refusals[result]();
    return c.json({ ok: true });
  });

  /** As a message says it, or as comes of a command; undefined: of neither. */
  async function textIn(
    { session: { cwd } }: LiveSession,
    { message, command }: Pick<z.output<typeof queueRequest>, "message" | "command">,
  ): Promise<QueuedText | undefined> {
    if (command !== undefined) return commandMessage(services, command, cwd, neverAborts);
    return message === undefined ? undefined : { text: message };
  }

  /** What waits, and why it cannot be saved now. */
  function queueOf({ session: { queue } }: LiveSession) {
    return defined({ queue, unsaved: sessions.storageError });
  }

  /** Resolves with how many it cancelled here; what waits in a page yet is dropped there. */
  function stopUploads(sessionId: string): Promise<number> {
    sessions.tellUploadsStopped(sessionId);
    return attachments.stopUploads({ sessionId });
  }

  /** For a session that is still to come: nobody but who uploads for it knows its id. Throws the refusal of an unknown one. */
  async function stopOwnUploads(c: Context, sessionId: string) {
    const uploads = await attachments.stopUploads({ sessionId, user: askerOf(c).name });
    if (uploads === 0) throw unknownSession(sessionId);
    return withUploads({ stopped: false, message: uploadsCancelled }, uploads);
  }

  return app;
}

const uploadsCancelled = "The session does not exist yet; its uploads are cancelled.";

/** Nothing is said of uploads where none was cancelled. */
function withUploads<Answer extends object>(answer: Answer, uploads: number) {
  return uploads > 0 ? { ...answer, uploads } : answer;
}

/** Nothing runs, and the approval stays as it is. */
const refusals: Record<Exclude<ReplyResult, "accepted">, () => HttpError> = {
  gone: () => httpError(404, "approval", "This approval is no longer pending."),
  changed: () =>
    httpError(409, "digest", "This is not what is asked now. Look at the approval again."),
  "no-rule": () => httpError(400, "rule", "The approval does not offer this “always”."),
  "no-plan": () => httpError(400, "plan", "This is no plan: allow it once, always, or deny it."),
  full: () => httpError(409, "rules-full", "There are too many rules. Take one back first."),
};

function notQueued(): HttpError {
  return httpError(404, "queue", "This message is no longer queued: it was sent or removed.");
}
