/**
 * Which stream carries a session in this tab, as a pure state machine. It is the session's own chat answer or the event
 * stream that follows it, never both: a browser opens six connections to a server, for all of its tabs together.
 *
 *             show              opened
 *   closed ─────────▶ connecting ─────────▶ live ◀────┐
 *    ▲ ▲                │  ▲ │                │       │ opened
 *    │ │ leave, refused,│  │ └──── broken ────┤       │ (asked for again and again)
 *    │ │ unwatched      │  │ online           ▼       │
 *    │ └─ from all three┘  └──────────────── lost ────┘
 *    │
 *    │ send, from every state
 *    │   │
 *    │   ▼     acknowledged              leave, freed, no slot
 *    │  sending ───────────▶ answering ───────────────────────▶ closing
 *    │   │ ended                │ ended                           │ ended, restored
 *    └───┴──────────────────────┴─────────────────────────────────┘
 *
 * Where "closed" is entered by "ended" or "restored", a session that is shown goes on to "connecting" at once.
 * An answer whose end would stop its run is not closed by "leave", "freed" or a missing slot, only by "stopped".
 */

/** An own chat answer is under way. `endsRun`: the server stops the run when this connection closes. */
interface Answered {
  name: "sending" | "answering" | "closing";
  shown: boolean;
  endsRun: boolean;
}

export type ConnectionState =
  /** No stream. A shown session is in this state while its tab is hidden, and when the server has refused. */
  | { name: "closed"; shown: boolean }
  /** The event stream: asked for, open, or broken and asked for again. */
  | { name: "connecting" | "live" | "lost"; shown: true }
  /** The own chat answer: not acknowledged by the server, acknowledged, or closed by this tab and about to end. */
  | Answered;

export type ConnectionEvent =
  /** The page shows the session, or another one. */
  | { type: "show" }
  | { type: "leave" }
  /** A message goes out. Its answer carries the session from now on. */
  | { type: "send"; endsRun: boolean }
  /** The answer's first event has come. Without a slot the answer must not stay open. */
  | { type: "acknowledged"; hasSlot: boolean }
  /** The answer is over, however it ended. */
  | { type: "ended" }
  /** The run was stopped by name: its answer may be closed, though that would stop it too. */
  | { type: "stopped" }
  /** Another request needs the connection. After it is made: "restored". */
  | { type: "freed" }
  | { type: "restored" }
  /** Of the event stream. "refused": there is nothing to follow (deleted, signed out). */
  | { type: "opened" }
  | { type: "broken" }
  | { type: "refused" }
  /** Whether the tab is watched may have changed. */
  | { type: "watch-changed" }
  /** The browser has a network again. */
  | { type: "online" };

/**
 * The state after an event; the same object when the event changes nothing. An unwatched tab (hidden, without
 * notifications; or still loading its files) opens no event stream, and keeps an answer that it has.
 */
export function transition(
  state: ConnectionState,
  event: ConnectionEvent,
  isWatched: boolean,
): ConnectionState {
  if (event.type === "send") return { name: "sending", shown: state.shown, endsRun: event.endsRun };
  if (isAnswered(state)) return whileAnswered(state, event, isWatched);
  return whileFollowed(state, event, isWatched);
}

/** Whether the event stream is open, or being opened. */
export function isFollowed({ name }: ConnectionState): boolean {
  return name === "connecting" || name === "live" || name === "lost";
}

function isAnswered(state: ConnectionState): state is Answered {
  return state.name === "sending" || state.name === "answering" || state.name === "closing";
}

function whileAnswered(
  state: Answered,
  event: Exclude<ConnectionEvent, { type: "send" }>,
  isWatched: boolean,
): ConnectionState {
  const { name, shown, endsRun } = state;
  switch (event.type) {
    case "show":
      return { ...state, shown: true };
    case "leave":
      // Closed before the server has the message, the message could be lost.
      return { ...state, shown: false, name: name === "answering" && !endsRun ? "closing" : name };
    case "acknowledged":
      if (name !== "sending") return state;
      return { ...state, name: endsRun || (shown && event.hasSlot) ? "answering" : "closing" };
    case "stopped":
      return name === "closing" ? state : { ...state, name: "closing" };
    case "freed":
      return name === "answering" && !endsRun ? { ...state, name: "closing" } : state;
    case "restored":
      return name === "closing" ? idle(shown, isWatched) : state;
    case "ended":
      return idle(shown, isWatched);
    default:
      return state;
  }
}

function whileFollowed(
  state: Exclude<ConnectionState, Answered>,
  event: Exclude<ConnectionEvent, { type: "send" }>,
  isWatched: boolean,
): ConnectionState {
  switch (event.type) {
    case "show":
      return isFollowed(state) ? state : idle(true, isWatched);
    case "leave":
      return { name: "closed", shown: false };
    case "freed":
    case "refused":
      return isFollowed(state) ? { name: "closed", shown: true } : state;
    case "restored":
      return isFollowed(state) || !state.shown ? state : idle(true, isWatched);
    case "watch-changed":
      return isFollowed(state) === isWatched || !state.shown ? state : idle(true, isWatched);
    case "opened":
      return isFollowed(state) ? { name: "live", shown: true } : state;
    case "broken":
      return isFollowed(state) ? { name: "lost", shown: true } : state;
    case "online":
      return state.name === "lost" ? idle(true, isWatched) : state;
    default:
      return state;
  }
}

/** Without an own answer. */
function idle(shown: boolean, isWatched: boolean): ConnectionState {
  return shown && isWatched ? { name: "connecting", shown } : { name: "closed", shown };
}
