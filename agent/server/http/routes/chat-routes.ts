/** POST /api/chat: a message becomes a run in an existing or a new session; the answer is the stream of its events. */
import { type Context, Hono } from "hono";
import type { z } from "zod";
import { lastSaid, type Said, saidTo } from "../../../shared/branches";
import type { Asker, FileRef, Session, SessionPatch } from "../../../shared/protocol";
import { defined } from "../../../shared/defined";
import { chatRequest, type UiChatRequest, uiChatRequest } from "../../../shared/requests";
import { activeRun } from "../../../shared/session-lookup";
import { refuseMcpServers } from "../engine-choice";
import { beginSession, checkChoices } from "../new-session";
import { changeSession, checkModel } from "../session-options";
import { askerOf, maySee } from "../check-role";
import { checkStreams, followSession } from "../event-stream";
import { newId } from "../../id";
import type { LiveSession } from "../../session/live-session";
import { stopOnHangUp } from "../hang-up";
import { HttpError, httpError } from "../http-error";
import { body } from "../body";
import { commandMessage } from "../command-message";
import { maxQueued, type QueuedText } from "../../session/message-queue";
import { mentionedFiles, withMentioned } from "../mentioned-files";
import { fileUse } from "../file-use";
import { findFiles, takeFiles } from "../message-files";
import { findAgain, findById, freeRunId, runActive, stopBy } from "../request";
import type { Services } from "../services";
import { followUiStream, wantsUiStream } from "../ui-stream/ui-follow";
import { UiMessageStream } from "../ui-stream/ui-message-stream";
import { continueRun } from "../ui-stream/continue-run";
import { messageOf, refuseUiRequest, repliesIn } from "../ui-stream/ui-request";

export function createChatRoutes(services: Services): Hono {
  const app = new Hono();

  app.post("/api/chat", async (c) => {
    const input = await body(c);
    if (!wantsUiStream(c)) {
      refuseUiRequest(input);
      const open: Open = (live, runId, after) =>
        followSession(c, services, live, defined({ after, untilRunId: runId }));
      const request = chatRequest.parse(input);
      return sendMessage(c, services, request, { open, mayInterrupt: () => request.interrupt });
    }
    const asked = uiChatRequest.parse(input);
    const replies = repliesIn(asked);
    if (replies) return continueRun(c, services, asked, replies);
    return sendUiMessage(c, services, asked);
  });

  /** The run that has not settled, from its beginning, in the form of the AI SDK; the path is the one that it asks for. */
  app.get("/api/chat/:id/stream", (c) => {
    const id = c.req.param("id");
    const found = services.sessions.get(id);
    const live = found && maySee(c, found.session) ? found : undefined;
    const run = live && activeRun(live.session);
    if (live === undefined || run === undefined) return c.body(null, 204);
    return followUiStream(c, services, live, run.id, new UiMessageStream(id, run.id));
  });

  return app;
}

/** Opens the answer of a message. `after`: the last event that the caller has; absent for a new session. */
type Open = (live: LiveSession, runId: string, after: number | undefined) => Response;

interface Way {
  open: Open;
  /** Whether the message ends what runs when it is taken. */
  mayInterrupt: () => boolean;
}

/** As `sendMessage`. One that was stopped before it is taken ends no run: that is of a message behind it. */
async function sendUiMessage(
  c: Context,
  services: Services,
  asked: UiChatRequest,
): Promise<Response> {
  const { signal } = c.req.raw;
  const { runId = newId(), onDisconnect, interrupt } = asked;
  const sessionOf = (id: string) => services.sessions.get(id)?.session ?? { user: askerOf(c).name };
  const isStopped = () =>
    services.runs.earlyStops.get(runId, sessionOf(asked.id)) !== undefined ||
    (signal.aborted && onDisconnect === "stop");
  const way: Way = {
    open: (live) =>
      followUiStream(c, services, live, runId, new UiMessageStream(live.session.id, runId)),
    mayInterrupt: () => interrupt && !isStopped(),
  };
  const send = async () => {
    const request = await messageOf(c, services, asked);
    return sendMessage(c, services, { ...request, runId }, way);
  };
  return send().catch((error: unknown) => {
    // A message before this one has begun the session in the meantime.
    if (error instanceof HttpError && error.code === "session-exists") return send();
    throw error;
  });
}

/** The one way in of a message: it is checked, and then its run and the stream of its answer begin in one tick. */
async function sendMessage(
  c: Context,
  services: Services,
  request: Chat,
  { open, mayInterrupt }: Way,
): Promise<Response> {
  const { sessions, runs, store, cluster } = services;
  const { sessionId, node } = request;
  if (sessionId !== undefined) findById(c, sessions, sessionId);
  if (node !== undefined && cluster === undefined)
    throw httpError(400, "node", "This server works alone: it is no node of a cluster.");
  const patch = await checkChoices(services, request);
  const engineOf = sessionId ? findAgain(sessions, sessionId).session.engine?.id : request.engine;
  refuseMcpServers(services.engines, engineOf, request.mcpServers);
  const fresh = sessionId ? undefined : await beginSession(services, request, patch);
  const asker = askerOf(c);
  const { name: user } = asker;
  if (fresh && user !== undefined) fresh.user = user;
  const wantedId = request.runId ?? newId();
  using coming = runs.earlyStops.announce(fresh ?? findAgain(sessions, sessionId!).session, {
    runId: wantedId,
    user,
  });
  // From other nodes that may take long: a stop meanwhile is one of this message, and so is a hang-up that is to stop it. They
  // are brought to their end nevertheless, within a minute: what was said stays whole, and can be sent again.
  const brought = request.files && (await findFiles(services, request.files, fileUse(c, services)));
  const stops = [coming.signal, ...(request.onDisconnect === "stop" ? [c.req.raw.signal] : [])];
  const signal = AbortSignal.any(stops);
  const place = { patch, fresh, asker };
  const said = await textIn(services, request, place, signal);
  const mentioned = await filesMentioned(services, request, said?.text, place, signal);
  using _claimed = fresh && request.newSessionId ? await claim(services, fresh, signal) : undefined;
  // Nothing is awaited from here on, and nothing changes before the last refusal.
  takeFiles(services, brought);
  takeFiles(services, mentioned);
  sessions.refuseWhenFull();
  checkStreams(c, services);
  const runId = freeRunId(c, services, wantedId);
  if (fresh) refuseKnown(sessions, fresh);
  const live = fresh
    ? sessions.create(fresh)
    : accept(c, services, sessionId!, request, mayInterrupt());
  const { session } = live;
  live.mcpServers = request.mcpServers ?? live.mcpServers;
  // What a retry leaves out is that of the run it tries again.
  const before = saidBefore(session, request);
  const { text: message, command, asks } = said ?? before ?? { text: "" };
  const files = withMentioned(brought ?? before?.files, mentioned);
  // From now on none of them is removed, though the message may wait for a run to settle.
  if (files) store.files.add(session.id, files);
  if (!fresh && Object.keys(patch).length > 0) changeSession(live, patch);
  // A new session is sent whole; one that the caller knows, from the caller's last event on.
  const response = open(live, runId, fresh ? undefined : (request.after ?? session.seq));
  const { retryOf } = request;
  const limits = request.limits && defined(request.limits);
  const sending = { message, files, runId, retryOf, limits, user, ...defined({ command, asks }) };
  runs.interrupt(live, sending, stopBy(c));
  if (request.onDisconnect === "stop") stopOnHangUp(c, runs, session.id, { runId });
  return response;
}

interface Place {
  patch: SessionPatch;
  fresh: Session | undefined;
  asker: Asker;
}

/** As the message says it, or as comes of a command; undefined: of neither. */
async function textIn(
  services: Services,
  { message, command, sessionId }: Chat,
  { patch, fresh }: Place,
  signal: AbortSignal,
): Promise<QueuedText | undefined> {
  if (command === undefined) return message === undefined ? undefined : { text: message };
  const { session } = fresh ? { session: fresh } : findAgain(services.sessions, sessionId!);
  return commandMessage(services, command, patch.cwd ?? session.cwd, signal);
}

/** What was said to the run whose place the message takes. */
function saidBefore(session: Session, { retryOf }: Pick<Chat, "retryOf">): Said | undefined {
  return retryOf === undefined ? undefined : saidTo(session, retryOf);
}

/** Undefined for a retry with the same text: it keeps what was read then, if anything was. Nothing when the signal aborts. */
async function filesMentioned(
  services: Services,
  { sessionId, retryOf, mcpServers }: Chat,
  said: string | undefined,
  { patch, fresh, asker }: Place,
  signal: AbortSignal,
): Promise<FileRef[] | undefined> {
  const live = fresh ? undefined : findAgain(services.sessions, sessionId!);
  const session = fresh ?? live!.session;
  const before = saidBefore(session, { retryOf });
  const text = said ?? before?.text;
  const wasRead = before?.files?.some(({ mention }) => mention !== undefined) === true;
  if (text === undefined || (wasRead && text === before?.text)) return undefined;
  const mentioning = {
    ...session,
    ...patch,
    mcpServers: mcpServers ?? live?.mcpServers ?? [],
    asker,
  };
  return mentionedFiles(services, text, mentioning, signal);
}

/** The three ways out. A run that is being stopped refuses no message. */
const busy =
  "This session is running. Interrupt it with this message, queue the message, or stop the run first.";

type Chat = z.output<typeof chatRequest>;

/** The session that the message names; refuses when it cannot be sent there now. */
function accept(
  c: Context,
  { sessions, runs }: Services,
  id: string,
  request: Chat,
  mayInterrupt: boolean,
): LiveSession {
  const live = findById(c, sessions, id);
  checkModel(live.session.provider, request.model ?? live.session.model);
  if (runs.active.isBusy(id) && !mayInterrupt) throw runActive(live.session, busy);
  // It may have to wait in the queue, behind another message.
  if (runs.active.hasWaiting(id) && live.session.queue.length >= maxQueued)
    throw httpError(409, "queue-full", `No more than ${maxQueued} messages can wait.`);
  if (request.retryOf !== undefined) {
    const why = whyNoRetry(live.session, request.retryOf, runs.active.hasWaiting(id));
    if (why !== undefined) throw httpError(409, "retry", why);
  }
  return live;
}

/**
 * Only what is shown can be said anew, and only once at a time: of two requests for one run, one is refused. An engine keeps
 * its conversation for itself, and has no branches.
 */
function whyNoRetry(
  session: Session,
  runId: string,
  isAnotherWaiting: boolean,
): string | undefined {
  const last = lastSaid(session)?.runId;
  if (session.engine !== undefined && runId !== last)
    return "This session’s agent keeps the conversation for itself: only the last message can be sent again.";
  if (isAnotherWaiting || saidTo(session, runId) === undefined)
    return `Run ${runId} is not in the conversation that is shown.`;
  return undefined;
}

/** Of several machines that begin a session of one id in the same moment, the others refuse it. Until it is disposed of. */
async function claim(
  { cluster }: Services,
  { id }: Session,
  signal: AbortSignal,
): Promise<Disposable | undefined> {
  // A message that was stopped begins its session, too.
  const claimed = await cluster?.database.claim(id, signal).catch(() => undefined);
  if (claimed === undefined || Symbol.dispose in claimed) return claimed;
  throw knownError(id, claimed.by === undefined ? "on another machine" : `on “${claimed.by}”`);
}

/** Where the caller has chosen the id of the new session. */
function refuseKnown(sessions: Services["sessions"], { id }: Session): void {
  if (sessions.has(id)) throw knownError(id);
}

function knownError(id: string, where?: string): HttpError {
  const place = where === undefined ? "" : ` ${where}`;
  const words = `There is a session ${id} already${place}: name it as sessionId.`;
  return httpError(409, "session-exists", words);
}
