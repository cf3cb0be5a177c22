/** The streams of an open session: opens and closes them as the state of its connection says. */
import { type Accessor, createSignal, onCleanup, untrack } from "solid-js";
import type { ApiError } from "./api-client";
import { type ChatAnswer, openChatAnswer, type OutgoingMessage } from "./chat-answer";
import {
  type ConnectionEvent,
  type ConnectionState,
  isFollowed,
  transition,
} from "./connection-state";
import { createFollowStream } from "./follow-stream";
import type { Frame } from "../../sdk/create-rein";
import { host } from "./host";

export interface SessionConnection {
  state: Accessor<ConnectionState>;
  /** This tab's own chat answer, until it is over. */
  answer: Accessor<ChatAnswer | undefined>;
  send: (message: OutgoingMessage) => void;
  /** The page shows the session (again). */
  show: () => void;
  /** The page shows another one. Resolves when no stream is needed any more; never, when the session is shown before. */
  leave: () => Promise<void>;
  /** Makes a request, for which the connection of the open stream is freed. */
  withFreeConnection: <Answer>(request: () => Promise<Answer>) => Promise<Answer>;
  /** Asks anew for what to follow; where the session's own answer must not be closed, after that. */
  reopen: () => void;
  /** Closes an answer whose run was stopped by name. */
  closeStopped: (answer: ChatAnswer) => void;
}

export interface ConnectionOptions {
  /** What to follow. Asked for each attempt: the last event that is known is part of it. */
  followPath: () => string;
  /** Whether a hidden tab wants to know what happens. */
  isWatchedWhenHidden: () => boolean;
  /** Whether the server tells this browser what happens, as soon as none of its streams is open. */
  isPushed: () => boolean;
  /** An event stream is asked for: what no stream repeats can be fetched beside it. */
  onConnect: () => void;
  onFrame: (frame: Frame) => void;
  /** There is nothing to follow (deleted, signed out). */
  onFollowRefused: (error: ApiError) => void;
  /** The message never reached a run: its text belongs back in the input. */
  onMessageRefused: (answer: ChatAnswer, error: unknown) => void;
}

export function createConnection(options: ConnectionOptions): SessionConnection {
  const { state, dispatch, whenUnused, answer, sendMessage } = createStreams(options);
  return {
    state,
    answer,
    send(message) {
      dispatch({ type: "send", endsRun: message.request.onDisconnect === "stop" });
      sendMessage(message);
    },
    show() {
      whenUnused(() => {});
      dispatch({ type: "show" });
    },
    leave() {
      const { promise, resolve } = Promise.withResolvers<void>();
      whenUnused(resolve);
      dispatch({ type: "leave" });
      return promise;
    },
    withFreeConnection(request) {
      dispatch({ type: "freed" });
      const answering = request();
      dispatch({ type: "restored" });
      return answering;
    },
    reopen() {
      dispatch({ type: "freed" });
      dispatch({ type: "restored" });
    },
    closeStopped(stopped) {
      if (stopped === untrack(answer)) dispatch({ type: "stopped" });
      else stopped.close();
    },
  };
}

/** Both streams, and the state that opens and closes them. */
function createStreams(options: ConnectionOptions) {
  const [state, setState] = createSignal<ConnectionState>({ name: "closed", shown: false });
  const { answer, sendMessage } = createAnswers(options, dispatch);
  const events = createEvents(options, dispatch);
  let onUnused = () => {};

  let isDisposed = false;

  function dispatch(event: ConnectionEvent): void {
    if (isDisposed) return;
    const before = untrack(state);
    const next = transition(before, event, isWatched(options));
    if (next === before) return;
    setState(next);
    if (isFollowed(before) && (!isFollowed(next) || next.name === "connecting")) events.close();
    if (next.name === "connecting") events.open();
    if (next.name === "closing") untrack(answer)?.close();
    // No stream is open, and none will be.
    if (next.name === "closed" && !next.shown) onUnused();
  }

  bindHost(options, dispatch);
  onCleanup(() => {
    isDisposed = true;
    events.close();
  });
  return {
    state,
    dispatch,
    answer,
    sendMessage,
    /** Replaces what is to be done once the session is not shown and no stream of it is open. */
    whenUnused: (run: () => void) => void (onUnused = run),
  };
}

type Dispatch = (event: ConnectionEvent) => void;

/** The chat answers, of which the newest carries the session. */
function createAnswers(options: ConnectionOptions, dispatch: Dispatch) {
  const [answer, setAnswer] = createSignal<ChatAnswer>();

  function sendMessage(message: OutgoingMessage): void {
    const replaced = untrack(answer);
    // One whose end would stop its run ends by itself: the new message stops or awaits that run.
    if (replaced?.endsRun === false) replaced.close();
    const own = openChatAnswer(message, {
      onFrame: options.onFrame,
      onAcknowledged(hasSlot) {
        if (own !== untrack(answer)) return;
        dispatch({ type: "acknowledged", hasSlot: hasSlot && !leavesItToPush(options) });
      },
      onRefused: (error) => options.onMessageRefused(own, error),
      onEnded() {
        if (own !== untrack(answer)) return;
        setAnswer(undefined);
        dispatch({ type: "ended" });
      },
    });
    setAnswer(own);
  }

  return { answer, sendMessage };
}

function createEvents(options: ConnectionOptions, dispatch: Dispatch) {
  return createFollowStream({
    path: options.followPath,
    onConnect: options.onConnect,
    onFrame: options.onFrame,
    onOpened: () => dispatch({ type: "opened" }),
    onBroken: () => dispatch({ type: "broken" }),
    onRefused(error) {
      dispatch({ type: "refused" });
      options.onFollowRefused(error);
    },
  });
}

function isWatched({ isWatchedWhenHidden }: ConnectionOptions): boolean {
  return host().isReady() && (!host().isHidden() || isWatchedWhenHidden());
}

/** A phone would freeze a page that is not in view, and its streams with it. */
function leavesItToPush({ isPushed }: ConnectionOptions): boolean {
  return host().isHidden() && isPushed();
}

/** Passes on what the host says of the window and the network, until the owner is disposed. */
function bindHost(options: ConnectionOptions, dispatch: Dispatch): void {
  const onVisibility = () =>
    dispatch({ type: leavesItToPush(options) ? "freed" : "watch-changed" });
  onCleanup(host().onVisibilityChange(onVisibility));
  onCleanup(host().onOnline(() => dispatch({ type: "online" })));
}
