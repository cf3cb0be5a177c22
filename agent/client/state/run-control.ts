/** What a person can do with a run besides stopping it: pause and resume it, and queue messages for it. */
import type { Accessor } from "solid-js";
import type { CommandCall, Pause } from "../../shared/protocol";
import type { QueuedPatchRequest } from "../../shared/requests";
import { activeRun } from "../../shared/session-lookup";
import { api, ApiError, requestTimeout, wordsFor } from "./api-client";
import type { Notices } from "./notice-store";
import type { SessionCore } from "./session-core";
import { requestOfSaid, saidIn } from "./said-request";
import { t } from "../../shared/translation";

export interface RunControl {
  /** Whether the active run is pausing or paused; undefined when it is neither. */
  pauseState: Accessor<Pause["state"] | undefined>;
  /** Pauses the run at the next safe point; while it is pausing, at once. Resumes one that is paused. */
  togglePause: () => void;
  /** Resumes a run that a limit has paused, with so much more of what ran out; without `by`, with as much again. */
  goOn(by: number | undefined): void;
  /** Sends anew what waits: requests of which nothing comes, and those in a countdown. */
  askAgain(): void;
  /** With what is attached; the text has the comments on lines in it. "run": sent after this run. "turn": the running model is told before its next turn. */
  queue(said: string | CommandCall, waitsFor: "run" | "turn"): void;
  changeQueued(messageId: string, change: QueuedPatchRequest): void;
  unqueue(messageId: string): void;
}

export function createRunControl(
  { id: sessionId, session, input, comments, attached }: SessionCore,
  notices: Notices,
): RunControl {
  const pauseState = () => activeRun(session)?.pause?.state;

  function togglePause(): void {
    const id = sessionId();
    const run = activeRun(session);
    if (id === undefined || run === undefined) return;
    if (pauseState() === "paused" || run.pause?.reached) goOn(undefined);
    else {
      const cut = pauseState() === "pausing";
      attempt(
        t("The run could not be paused"),
        api.pause(id, { runId: run.id, cut }, requestTimeout()),
      );
    }
  }

  function goOn(by: number | undefined): void {
    const id = sessionId();
    const run = activeRun(session);
    if (id === undefined || run === undefined) return;
    attempt(
      t("The run could not be resumed"),
      api.resume(id, { runId: run.id, by }, requestTimeout()),
    );
  }

  function askAgain(): void {
    const id = sessionId();
    const run = activeRun(session);
    if (id === undefined || run === undefined) return;
    attempt(
      t("The model could not be asked again"),
      api.askAgain(id, { runId: run.id }, requestTimeout()),
    );
  }

  function queue(said: string | CommandCall, waitsFor: "run" | "turn"): void {
    const id = sessionId();
    const request = requestOfSaid(said);
    const text = saidIn(request);
    if (id === undefined || (text === "" && attached.files().length === 0)) return;
    const brought = attached.take();
    const files = brought.map(({ hash, name }) => ({ hash, name }));
    input.set("");
    // They are in the text of a message; a command is sent without them.
    if (typeof said === "string") comments.clear();
    api.queue(id, { ...request, files, waitsFor }, requestTimeout()).catch((error: unknown) => {
      input.giveBack(text);
      attached.giveBack(brought);
      notices.toast(t("The message was not queued"), wordsFor(error));
    });
  }

  function changeQueued(messageId: string, change: QueuedPatchRequest): void {
    const id = sessionId();
    if (id !== undefined)
      attempt(
        t("The message was not changed"),
        api.changeQueued(id, messageId, change, requestTimeout()),
      );
  }

  function unqueue(messageId: string): void {
    const id = sessionId();
    if (id !== undefined)
      attempt(t("The message was not removed"), api.unqueue(id, messageId, requestTimeout()));
  }

  function attempt(failure: string, answer: Promise<unknown>): void {
    answer.catch((error: unknown) => {
      // Another page was first: the events show what is true.
      if (!(error instanceof ApiError && error.status === 404))
        notices.toast(failure, wordsFor(error));
    });
  }

  return { pauseState, togglePause, goOn, askAgain, queue, changeQueued, unqueue };
}
