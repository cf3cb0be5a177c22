/** The routes: a few lines each. What they mean is in runs, live and catalog. */
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { z } from "zod";
import type { Session, Stop, StopFrom } from "../shared/protocol";
import { noUsage } from "../shared/protocol";
import {
  approvalRequest,
  chatRequest,
  messagesQuery,
  limitsRequest,
  pauseRequest,
  queuedPatchRequest,
  queueRequest,
  resumeRequest,
  processOutputQuery,
  processPatchRequest,
  sessionPatchRequest,
  sessionStopRequest,
  settingsRequest,
  stopRequest,
} from "../shared/requests";
import type { Approvals } from "./approvals";
import type { BackgroundJobs } from "./background";
import type { Catalog } from "./catalog";
import { exportMarkdown } from "./export";
import { newId } from "./id";
import { earlierThan } from "./newest";
import type { LiveSession, Sessions } from "./live";
import type { Jobs } from "./processes/jobs";
import { takeQueued } from "./queue";
import { body, Refusal, refusal } from "./refusal";
import type { Runs } from "./runs";
import type { SettingsFile } from "./settings";
import { Viewer } from "./sse";
import { type Store, storageTrouble } from "./store/store";
import type { Shells } from "./tools/shells";
import type { Undo } from "./undo/undo";
import { createUndoRoutes } from "./undo-routes";

export interface AppParts {
  guard: MiddlewareHandler;
  sessions: Sessions;
  runs: Runs;
  store: Store;
  jobs: Jobs;
  undo: Undo;
  background: BackgroundJobs;
  shells: Shells;
  approvals: Approvals;
  catalog: Catalog;
  settings: SettingsFile;
  /** Where a session works unless told otherwise. */
  cwd: string;
  version: string;
  /** Everything that is not the API: the page. */
  page(request: Request): Response | Promise<Response>;
}

const maxQueued = 100;

export function createApp(parts: AppParts): Hono {
  const { sessions, runs, background, approvals, catalog, settings } = parts;
  const app = new Hono();
  app.use(parts.guard);
  app.onError(answerError);

  app.get("/api/health", async (c) =>
    c.json({ status: "ok", version: parts.version, processes: await parts.jobs.level() }),
  );

  app.post("/api/chat", async (c) => {
    const request = chatRequest.parse(await body(c));
    const live = request.sessionId
      ? await reopen(parts, request.sessionId, request)
      : sessions.create(await newSession(parts, request));
    const { id } = live.session;
    if (runs.isActive(id) && !request.interrupt)
      throw refusal(409, "run-active", "This session is running. Stop it first, or wait.");
    if (!runs.canInterrupt(id))
      throw refusal(409, "run-active", "Another message is about to be sent. Wait for it.");
    const runId = request.runId ?? newId();
    // A new session is told whole; one that the caller knows, from where the caller is.
    const after = request.sessionId ? (request.after ?? live.session.seq) : undefined;
    const viewer = follow(c, sessions, live, {
      ...(after !== undefined && { after }),
      untilRunId: runId,
    });
    const { message, limits } = request;
    runs.interrupt(live, { message, runId, ...(limits && { limits: defined(limits) }) }, stopBy(c));
    if (request.onDisconnect === "stop")
      onAbort(c.req.raw.signal, () => {
        void runs.stop(id, { runId }, { ...stopBy(c), by: "disconnect" });
      });
    return viewer.response;
  });

  app.post("/api/stop", async (c) => {
    const { runId } = stopRequest.parse(await body(c));
    const by = stopBy(c);
    if (runId !== undefined) return c.json({ answers: [await runs.stopRun(runId, by)] });
    const ends = [runs.stopAll(by), background.stopOf({}, by, "all")] as const;
    const [answers, processes] = await Promise.all(ends);
    return c.json({ answers, processes });
  });

  app.get("/api/events", (c) => {
    const viewer = new Viewer((closed) => sessions.release(closed), peerOf(c));
    sessions.watchList(viewer);
    if (c.req.query("once") !== undefined) viewer.end();
    return viewer.response;
  });

  app.get("/api/sessions", (c) => c.json({ sessions: sessions.list() }));
  app.get("/api/sessions/:id", (c) => c.json({ session: find(c, sessions).session }));
  app.post("/api/sessions/:id/compact", async (c) => {
    const live = find(c, sessions);
    const { runId } = stopRequest.parse(await body(c));
    if (runs.isActive(live.session.id))
      throw refusal(409, "run-active", "This session is running. Stop it first, or wait.");
    if (live.session.messages.length === 0)
      throw refusal(409, "nothing", "There is nothing to sum up yet.");
    return c.json(await runs.compact(live, runId ?? newId()));
  });
  app.get("/api/sessions/:id/messages", (c) => {
    const { before, limit } = messagesQuery.parse(c.req.query());
    const found = earlierThan(find(c, sessions).session, before, limit);
    if (found === undefined) throw refusal(404, "message", `There is no message ${before}.`);
    return c.json(found);
  });

  app.patch("/api/sessions/:id", async (c) => {
    const live = find(c, sessions);
    const patch = sessionPatchRequest.parse(await body(c));
    if (patch.provider !== undefined && !catalog.has(patch.provider))
      throw refusal(400, "provider", `There is no provider named “${patch.provider}”.`);
    if (patch.cwd !== undefined) patch.cwd = await directory(patch.cwd, parts.cwd);
    live.emit({ type: "session-update", at: Date.now(), patch: defined(patch) });
    if (patch.permissions !== undefined) approvals.permit(live.session.id, patch.permissions);
    return c.json({ session: live.session });
  });

  app.delete("/api/sessions/:id", async (c) => {
    const { id } = find(c, sessions).session;
    await runs.stop(id, {}, stopBy(c));
    await background.stopOf({ sessionId: id }, stopBy(c), "all");
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
    return follow(c, sessions, live, after === undefined ? {} : { after }).response;
  });

  app.get("/api/sessions/:id/export", (c) => {
    const { session } = find(c, sessions);
    const name = `${session.title.replaceAll(/[^\p{L}\p{N} _-]/gu, "").slice(0, 60) || "session"}.md`;
    return c.body(exportMarkdown(session), 200, {
      "Content-Type": "text/markdown; charset=utf-8",
      "Content-Disposition": `attachment; filename*=UTF-8''${encodeURIComponent(name)}`,
    });
  });

  app.post("/api/sessions/:id/stop", async (c) => {
    const { id } = find(c, sessions).session;
    const named = sessionStopRequest.parse(await body(c));
    return c.json(await runs.stop(id, defined(named), stopBy(c)));
  });

  app.post("/api/sessions/:id/pause", async (c) => {
    const { id } = find(c, sessions).session;
    return c.json(runs.pause(id, defined(pauseRequest.parse(await body(c))), stopBy(c).from));
  });

  app.post("/api/sessions/:id/resume", async (c) => {
    const { id } = find(c, sessions).session;
    return c.json(runs.resume(id, defined(resumeRequest.parse(await body(c)))));
  });

  app.post("/api/sessions/:id/queue", async (c) => {
    const live = find(c, sessions);
    const { message, waitsFor } = queueRequest.parse(await body(c));
    if (live.session.queue.length >= maxQueued)
      throw refusal(409, "queue-full", `No more than ${maxQueued} messages can wait.`);
    runs.queue(live, message, waitsFor);
    return c.json({ queue: live.session.queue });
  });

  app.patch("/api/sessions/:id/queue/:messageId", async (c) => {
    const live = find(c, sessions);
    const { message: text, ...rest } = queuedPatchRequest.parse(await body(c));
    if (!runs.changeQueued(live, c.req.param("messageId"), defined({ text, ...rest })))
      throw refusal(404, "queue", "This message waits no longer: it was sent, or removed.");
    return c.json({ queue: live.session.queue });
  });

  app.delete("/api/sessions/:id/queue/:messageId", (c) => {
    const live = find(c, sessions);
    if (takeQueued(live, c.req.param("messageId")) === undefined)
      throw refusal(404, "queue", "This message waits no longer: it was sent, or removed.");
    return c.json({ queue: live.session.queue });
  });

  app.get("/api/sessions/:id/processes", (c) =>
    c.json({ processes: background.look(find(c, sessions).session.id) }),
  );

  app.get("/api/sessions/:id/processes/:processId/output", async (c) => {
    const { id } = find(c, sessions).session;
    const { after } = processOutputQuery.parse(c.req.query());
    return c.json(known(await background.output(id, c.req.param("processId"), after)));
  });

  app.patch("/api/sessions/:id/processes/:processId", async (c) => {
    const { id } = find(c, sessions).session;
    const { pinned } = processPatchRequest.parse(await body(c));
    return c.json({ process: known(background.pin(id, c.req.param("processId"), pinned)) });
  });

  app.post("/api/sessions/:id/processes/:processId/stop", async (c) => {
    const { id } = find(c, sessions).session;
    const end = known(await background.stop(id, c.req.param("processId"), stopBy(c)));
    return c.json({ ended: end.ended, survivors: end.survivors });
  });

  app.post("/api/approvals/:id", async (c) => {
    const reply = approvalRequest.parse(await body(c));
    if (!approvals.reply(c.req.param("id"), defined(reply)))
      throw refusal(404, "approval", "This approval is no longer asked for.");
    return c.json({ ok: true });
  });

  app.get("/api/models", async (c) => c.json(await catalog.list(parts.cwd)));

  app.put("/api/settings", async (c) => {
    settings.update(settingsRequest.parse(await body(c)));
    catalog.refresh();
    return c.json(await catalog.list(parts.cwd));
  });

  app.route("/", createUndoRoutes(parts));

  app.get("/api/limits", (c) => c.json(settings.get().limits));
  app.put("/api/limits", async (c) => {
    const { run, day, ...rest } = limitsRequest.parse(await body(c));
    settings.setLimits({ ...defined(rest), run: defined(run), day: defined(day) });
    return c.json(settings.get().limits);
  });

  app.all("/api/*", (c) => {
    throw refusal(404, "route", `There is no ${c.req.method} ${c.req.path}.`);
  });
  app.get("*", (c) => parts.page(c.req.raw));
  return app;
}

/**
 * A stream of a session's events; with `?list` the changes of the side bar as well. With `?once` it ends when the caller
 * has got what it had missed: for pages that can keep no connection open.
 */
function follow(
  c: Context,
  sessions: Sessions,
  live: LiveSession,
  options: { after?: number; untilRunId?: string },
): Viewer {
  const { id } = live.session;
  const headers = { "X-Rein-Session": id };
  const viewer = live.follow({ ...options, headers, ...peerOf(c) }, (closed) =>
    sessions.release(closed),
  );
  if (c.req.query("list") !== undefined) sessions.watchList(viewer);
  if (c.req.query("once") !== undefined) viewer.end();
  return viewer;
}

/** Bun hands its server to each request: it knows who is at the other end. */
function peerOf(c: Context): { peerPort?: number } {
  const server = c.env as Partial<Pick<Bun.Server<unknown>, "requestIP">> | undefined;
  const port = server?.requestIP?.(c.req.raw)?.port;
  return port === undefined ? {} : { peerPort: port };
}

/** Also when it has aborted already: a client may be gone before its message was read. */
function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}

function stopBy(c: Context): Stop {
  const client = c.req.header("x-rein-client");
  const from: StopFrom = client === "web" || client === "terminal" ? client : "api";
  return { by: "user", from, askedAt: Date.now() };
}

function find(c: Context, sessions: Sessions): LiveSession {
  return findById(sessions, c.req.param("id") ?? "");
}

function findById(sessions: Sessions, id: string): LiveSession {
  const live = sessions.get(id);
  if (live === undefined) throw refusal(404, "session", `There is no session ${id}.`);
  return live;
}

type Chat = z.output<typeof chatRequest>;

/** An existing session, with what this message changes of it. */
async function reopen(parts: AppParts, id: string, request: Chat): Promise<LiveSession> {
  const live = findById(parts.sessions, id);
  if (parts.runs.isActive(id) && !request.interrupt) return live;
  const { provider, model, permissions } = request;
  if (provider !== undefined && !parts.catalog.has(provider))
    throw refusal(400, "provider", `There is no provider named “${provider}”.`);
  const cwd = request.cwd && (await directory(request.cwd, parts.cwd));
  const patch = defined({ provider, model, permissions, cwd });
  if (Object.keys(patch).length > 0) live.emit({ type: "session-update", at: Date.now(), patch });
  return live;
}

async function newSession(parts: AppParts, request: Chat): Promise<Session> {
  const chosen = request.provider;
  if (chosen !== undefined && !parts.catalog.has(chosen))
    throw refusal(400, "provider", `There is no provider named “${chosen}”.`);
  const fallback = chosen === undefined ? await parts.catalog.default() : undefined;
  const provider = chosen ?? fallback!.provider;
  const now = Date.now();
  return {
    id: newId(),
    title: titleOf(request.message),
    cwd: await directory(request.cwd ?? parts.cwd, parts.cwd),
    provider,
    model: request.model ?? fallback?.model ?? parts.catalog.defaultModel(provider),
    permissions: request.permissions ?? "ask",
    allowed: [],
    createdAt: now,
    updatedAt: now,
    messages: [],
    runs: [],
    queue: [],
    usage: noUsage,
    seq: 0,
  };
}

function titleOf(message: string): string {
  const line = message.split("\n", 1)[0]!.trim();
  return line.length > 60 ? `${line.slice(0, 59).trimEnd()}…` : line;
}

/** An existing directory, absolute; `~` is the home directory. */
async function directory(path: string, base: string): Promise<string> {
  const expanded = path.replace(/^~(?=$|\/)/, homedir());
  const absolute = isAbsolute(expanded) ? expanded : resolve(base, expanded);
  const info = await stat(absolute).catch((error: NodeJS.ErrnoException) => error.code);
  if (typeof info === "object" && info.isDirectory()) return absolute;
  throw refusal(400, "cwd", `The working directory ${absolute} is not a directory that exists.`);
}

/** A process that was named; refuses when there is none of that name. */
function known<T>(found: T | undefined): T {
  if (found !== undefined) return found;
  throw refusal(404, "process", "There is no such process (any more).");
}

/** Without the keys that are undefined: absent and undefined mean the same on the wire. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function answerError(error: Error, c: Context): Response {
  if (error instanceof Refusal)
    return c.json({ error: { code: error.code, message: error.message } }, error.status);
  if (error instanceof z.ZodError)
    return c.json({ error: { code: "input", message: z.prettifyError(error) } }, 400);
  const trouble = storageTrouble(error);
  if (trouble !== undefined) return c.json({ error: { code: "storage", message: trouble } }, 503);
  console.error("A request failed inside Rein:", error);
  return c.json({ error: { code: "internal", message: `Something broke: ${error.message}` } }, 500);
}
