/** The route that talks: a message becomes a run, in a session that is there or a new one, and its events the answer. */
import { Hono } from "hono";
import type { z } from "zod";
import { lastAttempt } from "../../../shared/attempts";
import type { Session } from "../../../shared/protocol";
import { noUsage } from "../../../shared/protocol";
import { chatRequest } from "../../../shared/requests";
import type { Catalog } from "../../catalog/catalog";
import { checkDirectory, checkProvider } from "../session-options";
import { followSession } from "../event-stream";
import { newId } from "../../id";
import type { LiveSession } from "../../session/live-session";
import type { SessionRegistry } from "../../session/session-registry";
import { httpError } from "../http-error";
import { body, findById, stopBy } from "../request";
import { defined } from "../../../shared/defined";
import type { Runs } from "../../run/runs";

export interface ChatRouteParts {
  sessions: SessionRegistry;
  runs: Runs;
  catalog: Catalog;
  /** Where a session works unless told otherwise. */
  cwd: string;
}

export function createChatRoutes(parts: ChatRouteParts): Hono {
  const { sessions, runs } = parts;
  const app = new Hono();

  app.post("/api/chat", async (c) => {
    const request = chatRequest.parse(await body(c));
    const live = request.sessionId
      ? await reopen(parts, request.sessionId, request)
      : sessions.create(await newSession(parts, request));
    const { id } = live.session;
    if (runs.isActive(id) && !request.interrupt)
      throw httpError(409, "run-active", "This session is running. Stop it first, or wait.");
    if (!runs.canInterrupt(id))
      throw httpError(409, "run-active", "Another message is about to be sent. Wait for it.");
    const message = messageOf(live, request);
    const runId = request.runId ?? newId();
    // A new session is told whole; one that the caller knows, from where the caller is.
    const after = request.sessionId ? (request.after ?? live.session.seq) : undefined;
    const response = followSession(c, sessions, live, {
      ...(after !== undefined && { after }),
      untilRunId: runId,
    });
    const { retryOf, limits } = request;
    const sending = { message, runId, retryOf, ...(limits && { limits: defined(limits) }) };
    runs.interrupt(live, sending, stopBy(c));
    if (request.onDisconnect === "stop")
      onAbort(c.req.raw.signal, () => {
        void runs.stop(id, { runId }, { ...stopBy(c), by: "disconnect" });
      });
    return response;
  });

  return app;
}

/** Also when it has aborted already: a client may be gone before its message was read. */
function onAbort(signal: AbortSignal, act: () => void): void {
  if (signal.aborted) act();
  else signal.addEventListener("abort", act, { once: true });
}

type Chat = z.output<typeof chatRequest>;

/** What is said now. Only the last run can be tried again, and only once: two who ask for it do not get two. */
function messageOf({ session }: LiveSession, { message, retryOf }: Chat): string {
  const last = lastAttempt(session);
  if (retryOf !== undefined && last?.runId !== retryOf)
    throw httpError(409, "retry", `Run ${retryOf} is not the last one here (any more).`);
  return message ?? last!.text;
}

/** An existing session, with what this message changes of it. */
async function reopen(parts: ChatRouteParts, id: string, request: Chat): Promise<LiveSession> {
  const live = findById(parts.sessions, id);
  if (parts.runs.isActive(id) && !request.interrupt) return live;
  const { provider, model, permissions } = request;
  checkProvider(parts.catalog, provider);
  const cwd = request.cwd && (await checkDirectory(request.cwd, parts.cwd));
  const patch = defined({ provider, model, permissions, cwd });
  if (Object.keys(patch).length > 0) live.emit({ type: "session-update", at: Date.now(), patch });
  return live;
}

async function newSession(parts: ChatRouteParts, request: Chat): Promise<Session> {
  const { catalog } = parts;
  const chosen = request.provider;
  checkProvider(catalog, chosen);
  const fallback = chosen === undefined ? await catalog.default() : undefined;
  const provider = chosen ?? fallback!.provider;
  const now = Date.now();
  return {
    id: newId(),
    title: titleOf(request.message ?? ""),
    cwd: await checkDirectory(request.cwd ?? parts.cwd, parts.cwd),
    provider,
    model: request.model ?? fallback?.model ?? catalog.defaultModel(provider),
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
