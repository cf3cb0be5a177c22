/** One session, open in this tab: its state, its one stream, and what a person can do with it. */
import { type Accessor, createMemo } from "solid-js";
import type { Session, SessionPatch } from "../../shared/protocol";
import { activeRun, findRun } from "../../shared/session-lookup";
import { logFailure, wordsFor } from "./api-client";
import type { AttachedFiles } from "./attached-files";
import type { ChatAnswer } from "./chat-answer";
import type { ConnectionState } from "./connection-state";
import type { InputText } from "./input-text";
import type { LineComments } from "./line-comments";
import { createMessageSending, type MessageSending } from "./message-sending";
import { createRunControl, type RunControl } from "./run-control";
import {
  createConnection,
  type ConnectionOptions,
  type SessionConnection,
} from "./session-connection";
import {
  createSessionCore,
  type PageParts,
  type SessionCore,
  type SessionPhase,
} from "./session-core";
import { createSessionEvents, type SessionEvents } from "./session-events";
import { createSessionRequests, type SessionRequests } from "./session-requests";
import { createShownBranch, type ShownBranch } from "./shown-branch";
import { createStopActions, type StopActions } from "./stop-actions";
import { createUndo, type UndoActions } from "./undo-requests";
import { t } from "../../shared/translation";

export interface OpenSession extends SessionRequests, MessageSending, StopActions {
  /** Absent until a new session's first message is acknowledged. */
  id: Accessor<string | undefined>;
  session: Session;
  /** Another number once the session was read anew, after a bug: what could not be drawn of it may be now. */
  reading: Accessor<number>;
  phase: Accessor<SessionPhase>;
  connection: Accessor<ConnectionState["name"]>;
  /** A message that is on its way and not in the session yet. */
  outgoing: Accessor<Pick<ChatAnswer, "text" | "files"> | undefined>;
  input: InputText;
  /** On lines of files; they go into the next message. */
  comments: LineComments;
  attached: AttachedFiles;
  /** Settings of a new session, and of an existing one: what is chosen, or undefined for the server's default. */
  chosen: () => SessionPatch;
  /** The id that a new session will have. */
  plannedId: () => string;
  control: RunControl;
  /** Whether the server stops its run when this window is closed. */
  endsWithWindow: () => boolean;
  undo: UndoActions;
  branch: ShownBranch;
  /** The page shows it (again). */
  enter: () => void;
  /** The page shows another one. Resolves when it can be dropped: no stream of it is needed any more, and nothing is uploaded. */
  leave: () => Promise<void>;
}

export function createOpenSession(
  initialId: string | undefined,
  page: PageParts,
  onNamed: (open: OpenSession, id: string) => void,
): OpenSession {
  const core = createSessionCore(initialId, page);
  const { id, session, phase, input, comments, attached, beginning } = core;
  const { notices } = page;
  const events = createSessionEvents(core, page, {
    onNamed: (newId) => onNamed(open, newId),
    onStopped: (settledMs) => stops.onStopped(settledMs),
    onIncomplete: () => connection.reopen(),
  });
  const connection = createConnection({
    ...followOptions(core, page, events, () => queueMicrotask(() => connection.reopen())),
    onMessageRefused(answer, error) {
      if (!sending.editing.takeBack(answer.runId)) giveBack(answer, core);
      if (stops.isStopping(answer.runId)) page.notices.toast(t("Stopped before it was sent"));
      else page.notices.toast(t("The message was not sent"), wordsFor(error));
    },
  });
  const outgoing = createMemo(() => outgoingAnswer(session, connection));
  // A message behind a stop does not hide that stop, which Escape makes a hard one.
  // A run of a session that was removed, or is not theirs any more, is not theirs to stop either.
  const runId = () => (phase() === "missing" ? undefined : activeRun(session)?.id);
  const activeRunId = createMemo(() => runId() ?? outgoing()?.runId);
  const { forget, ...stops } = createStopActions(core, page, { connection, activeRunId });
  const branch = createShownBranch(core, notices);
  const sending = createMessageSending(core, page, { connection, activeRunId, branch, onSend });
  let visits = 0;
  const open: OpenSession = {
    id,
    session,
    reading: events.reading,
    phase,
    connection: () => connection.state().name,
    outgoing,
    input,
    comments,
    attached,
    chosen: () => (id() === undefined ? beginning : session),
    plannedId: core.plannedId,
    ...createSessionRequests(core, notices),
    ...sending,
    ...stops,
    control: createRunControl(core, notices),
    endsWithWindow: () => connection.answer()?.endsRun === true,
    undo: createUndo(id, notices),
    branch,
    enter() {
      visits++;
      connection.show();
    },
    async leave() {
      const visit = visits;
      await connection.leave();
      await attached.settled();
      // It was shown again meanwhile.
      if (visit !== visits) await new Promise(() => {});
    },
  };

  function onSend(): void {
    events.flush();
    forget();
  }

  return open;
}

/** This tab's answer, while its message is not in the session yet, nor in its queue. */
function outgoingAnswer(session: Session, connection: SessionConnection): ChatAnswer | undefined {
  const answer = connection.answer();
  if (answer === undefined || findRun(session, answer.runId) !== undefined) return undefined;
  return session.queue.some(({ id }) => id === answer.runId) ? undefined : answer;
}

function followOptions(
  { id, session, phase, setPhase }: SessionCore,
  { list, notices, preferences, undelivered, changes }: PageParts,
  events: SessionEvents,
  onMissing: () => void,
): Omit<ConnectionOptions, "onMessageRefused"> {
  return {
    followPath() {
      events.flush();
      const sessionId = id();
      if (sessionId === undefined || phase() === "missing") return "/api/events?list=1";
      const isUnknown = session.id === "" || events.isIncomplete();
      const after = isUnknown ? "" : `after=${session.seq}&`;
      return `/api/sessions/${sessionId}/events?${after}list=1`;
    },
    isWatchedWhenHidden: () => preferences.notify() === "on" && preferences.push() === "off",
    isPushed: () => preferences.push() === "on",
    onConnect() {
      changes.missed();
      list.refresh().then(undelivered.deliver, (error: unknown) => {
        // The stream that is asked for beside it says so to the person.
        logFailure("The list of sessions could not be loaded", error);
      });
    },
    onFrame: events.take,
    onFollowRefused(error) {
      if (error.status === 404) {
        setPhase("missing");
        onMissing();
      } else notices.toast(t("Live updates failed"), error.message);
    },
  };
}

function giveBack({ text, files }: ChatAnswer, core: SessionCore): void {
  const { input, attached } = core;
  core.planAnotherId();
  if (text !== "") input.giveBack(text);
  if (files.length > 0) attached.giveBack(files);
}
