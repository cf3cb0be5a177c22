/** One session, open in this tab: its state, its one live stream, and what a person can do with it. */
import { type Accessor, createMemo, createSignal } from "solid-js";
import { createStore } from "solid-js/store";
import { activeRun, findRun, findToolCall } from "../../shared/apply";
import { lastAttempt } from "../../shared/attempts";
import {
  isOutcome,
  noUsage,
  type Session,
  type SessionEvent,
  type SessionPatch,
} from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";
import { api, ApiError, patience, wordsFor } from "./api-client";
import { type Asking, createAsking } from "./session-requests";
import { type Chat, createChat } from "./chat-answer";
import { type Confirmation, createConfirmation } from "./stop-confirmation";
import { type Control, createControl } from "./run-control";
import { createFeed } from "./event-buffer";
import { type Connection, createFollow } from "./follow-stream";
import { newId } from "./random-id";
import { duration } from "./format";
import type { SessionList } from "./session-list";
import type { Notices } from "./notice-store";
import type { Preferences } from "./preferences";
import { createStage, type StageMemory } from "./run-stage";
import { createStops, type StopTarget } from "./stopping";
import type { Frame } from "./sse-reader";
import { createInputText, type InputText } from "./input-text";
import { createUndo, type UndoActions } from "./undo-requests";

export interface OpenSession extends Asking, Pick<StageMemory, "stage" | "lastStopMs"> {
  /** Absent until a new session's first message was taken. */
  id: Accessor<string | undefined>;
  session: Session;
  phase: Accessor<"new" | "loading" | "open" | "missing">;
  connection: Accessor<Connection>;
  /** The message that is on its way and not in the session yet. */
  unheard: Accessor<string | undefined>;
  input: InputText;
  /** Settings of a new session, and of an existing one: what is chosen, or undefined for the server's default. */
  chosen: () => SessionPatch;
  /** Sends now. While something runs, only when it `interrupts`: that is stopped first. */
  send: (text: string, how?: { interrupt: boolean }) => void;
  /** Has the last message tried again, or this one in its place; stops what runs first. False when nothing was said. */
  retry: (text: string) => boolean;
  control: Control;
  confirmation: Confirmation;
  undo: UndoActions;
  /** Stops the run that is active; does nothing when none is. Asks first, where the person wants that. */
  stop: () => void;
  /** While it is stopping: gives what still cleans up no more time. */
  stopHard: () => void;
  stopPart: (target: StopTarget) => void;
  isStopping: (id: string) => boolean;
  /** The page shows it (again). */
  enter: () => void;
  /** The page shows another one. Resolves when nothing of it needs to stay alive. */
  leave: () => Promise<void>;
}

export interface SessionSurroundings {
  list: SessionList;
  notices: Notices;
  preferences: Preferences;
  onNamed(open: OpenSession, id: string): void;
  onSignedOut(): void;
}

/** Events older than this are history that is being caught up with, not news. */
const newsMs = 10_000;

export function createOpenSession(
  initialId: string | undefined,
  around: SessionSurroundings,
): OpenSession {
  const { notices, list } = around;
  const [id, setId] = createSignal(initialId);
  const [phase, setPhase] = createSignal<ReturnType<OpenSession["phase"]>>(
    initialId === undefined ? "new" : "loading",
  );
  const [session, setSession] = createStore<Session>(emptySession());
  const [draft, setDraft] = createStore<SessionPatch>({});
  const input = createInputText(id);
  let shown = false;
  let gone: (() => void) | undefined;

  const feed = createFeed(setSession, onApplied);
  const follow = createFollow({
    path: followPath,
    listensWhenHidden: () => around.preferences.notify() === "on",
    onConnect: () => void list.refresh().catch(onBackgroundFailure),
    onFrame,
    onRefused,
  });
  const chat = createChat({ onFrame: onChatFrame, onRefused: onMessageRefused, onEnd: onChatEnd });
  const stops = createStops({ sessionId: id, chat, follow, notices, isConfirmed });

  const confirmation = createConfirmation(session, around.preferences);
  const control = createControl({ sessionId: id, session, input, notices });

  const activeRunId = createMemo(() => unheardChat()?.runId ?? activeRun(session)?.id);
  const { stage, lastStopMs, showStopped, forget } = createStage(
    activeRunId,
    (runId) => stops.isStopping(runId) || findRun(session, runId)?.state === "stopping",
  );

  function unheardChat(): Chat | undefined {
    const own = chat.current();
    return own !== undefined && findRun(session, own.runId) === undefined ? own : undefined;
  }

  function followPath(): string {
    feed.flush();
    const sessionId = id();
    if (sessionId === undefined) return "/api/events?list=1";
    const after = session.id === "" ? "" : `after=${session.seq}&`;
    return `/api/sessions/${sessionId}/events?${after}list=1`;
  }

  function onFrame(frame: Frame): void {
    if ("seq" in frame) feed.push(frame);
    else if (frame.type === "storage-changed") showStorage(frame.trouble);
    else {
      list.apply(frame);
      if (frame.type === "session-removed" && frame.id === id()) setPhase("missing");
    }
  }

  function showStorage(trouble: string | undefined): void {
    if (trouble === undefined) notices.dismiss("storage");
    else notices.keep({ id: "storage", text: "Nothing can be saved now", detail: trouble });
  }

  function onChatFrame(frame: Frame, own: Chat): void {
    onFrame(frame);
    if (!shown && own.heard && !own.lifeline) own.close();
  }

  function onApplied(events: SessionEvent[]): void {
    for (const event of events) {
      if (event.type === "snapshot") onSnapshot(event.session);
      if (event.type === "tool-end") notices.dismiss(event.partId);
      if (event.type === "run-end") {
        notices.dismiss(event.runId);
        const isNews = Math.abs(Date.now() - event.at) < newsMs;
        if (event.outcome === "stopped" && isNews) onStopped(event.receipt?.settledMs);
      }
    }
  }

  function onSnapshot({ id: sessionId, runs }: Session): void {
    setPhase("open");
    // What could not be stopped may have ended while nobody could be asked.
    for (const run of runs) if (run.outcome !== undefined) notices.dismiss(run.id);
    if (id() !== undefined) return;
    const typed = input.text();
    input.set("");
    setId(sessionId);
    input.set(typed);
    around.onNamed(open, sessionId);
  }

  function onStopped(settledMs: number | undefined): void {
    showStopped(settledMs ?? 0);
    if (shown)
      notices.toast(settledMs === undefined ? "Stopped" : `Stopped in ${duration(settledMs)}`);
  }

  function onRefused(error: ApiError): void {
    if (error.status === 401) around.onSignedOut();
    else if (error.status === 404) setPhase("missing");
    else notices.toast("This session cannot be followed", error.message);
  }

  function onMessageRefused(own: Chat, error: unknown): void {
    if (own.text !== "") input.giveBack(own.text);
    if (error instanceof ApiError && error.status === 401) around.onSignedOut();
    if (stops.isStopping(own.runId)) notices.toast("Stopped before it was sent");
    else notices.toast("The message was not sent", wordsFor(error));
  }

  function onChatEnd(): void {
    if (shown) follow.start();
    else gone?.();
  }

  function onBackgroundFailure(error: unknown): void {
    if (error instanceof ApiError && error.status === 401) around.onSignedOut();
  }

  function isConfirmed(target: StopTarget): boolean {
    const part = findToolCall(session, target.toolCallId ?? target.subagentId ?? "");
    if (part !== undefined) return isOutcome(part.state);
    const state = findRun(session, target.runId)?.state;
    return state === "stopping" || state === "settled";
  }

  function send(text: string, { interrupt } = { interrupt: false }): void {
    if ((activeRunId() !== undefined && !interrupt) || text.trim() === "") return;
    post({ message: text, interrupt });
  }

  function retry(text: string): boolean {
    const last = lastAttempt(session);
    if (last === undefined) return false;
    post({ retryOf: last.runId, interrupt: true, ...(text !== "" && { message: text }) });
    return true;
  }

  function post(request: Pick<ChatRequest, "message" | "retryOf" | "interrupt">): void {
    feed.flush();
    follow.pause();
    forget();
    const sessionId = id();
    chat.send({
      ...request,
      runId: newId(),
      onDisconnect: around.preferences.onDisconnect(),
      ...(sessionId === undefined ? draft : { sessionId, after: session.seq }),
    });
  }

  function stop(): void {
    const runId = activeRunId();
    if (runId === undefined || stage() === "stopping" || !confirmation.isMeant()) return;
    stops.stop({ runId });
  }

  function stopHard(): void {
    const sessionId = id();
    const runId = activeRunId();
    if (sessionId === undefined || runId === undefined) return;
    api.stopSession(sessionId, { runId, hard: true }, patience()).catch(onBackgroundFailure);
  }

  function enter(): void {
    shown = true;
    gone = undefined;
    if (chat.current() === undefined) follow.start();
  }

  function leave(): Promise<void> {
    shown = false;
    follow.pause();
    const own = chat.current();
    if (own?.heard && !own.lifeline) own.close();
    if (own === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      gone = resolve;
    });
  }

  const open: OpenSession = {
    id,
    session,
    phase,
    connection: follow.connection,
    stage,
    lastStopMs,
    unheard: () => unheardChat()?.text,
    input,
    chosen: () => (id() === undefined ? draft : session),
    ...createAsking({ sessionId: id, session, setSession, setDraft, notices }),
    send,
    retry,
    control,
    confirmation,
    undo: createUndo(id, notices),
    stop,
    stopHard,
    stopPart: stops.stop,
    isStopping: stops.isStopping,
    enter,
    leave,
  };
  return open;
}

/** What is drawn until the first snapshot comes. */
function emptySession(): Session {
  return {
    id: "",
    title: "",
    cwd: "",
    provider: "",
    model: "",
    permissions: "ask",
    allowed: [],
    createdAt: 0,
    updatedAt: 0,
    messages: [],
    runs: [],
    queue: [],
    usage: noUsage,
    seq: 0,
  };
}
