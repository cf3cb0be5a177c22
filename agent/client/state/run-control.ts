/** What a person can do with a run besides stopping it: hold it, speak to it, and say what comes after it. */
import type { Accessor } from "solid-js";
import { activeRun } from "../../shared/apply";
import type { Pause, Session } from "../../shared/protocol";
import type { QueuedPatchRequest } from "../../shared/requests";
import { api, ApiError, patience, wordsFor } from "./api-client";
import type { InputText } from "./input-text";
import type { Notices } from "./notice-store";

export interface Control {
  /** How far the active run is held; undefined when it is not. */
  held: Accessor<Pause["state"] | undefined>;
  /** Holds the run; when it is being held already, cuts what is still being written. Resumes one that is paused. */
  togglePause(): void;
  /** Resumes what a limit holds, by so much more; without `by`, by as much again. */
  goOn(by: number | undefined): void;
  /** "run": goes out after this run. "turn": the running model is told before its next turn. */
  queue(text: string, waitsFor: "run" | "turn"): void;
  changeQueued(messageId: string, change: QueuedPatchRequest): void;
  unqueue(messageId: string): void;
}

export interface ControlOptions {
  sessionId: Accessor<string | undefined>;
  session: Session;
  input: InputText;
  notices: Notices;
}

export function createControl({ sessionId, session, input, notices }: ControlOptions): Control {
  const held = () => activeRun(session)?.pause?.state;

  function togglePause(): void {
    const id = sessionId();
    const run = activeRun(session);
    if (id === undefined || run === undefined) return;
    if (held() === "paused" || run.pause?.reached) goOn(undefined);
    else {
      const cut = held() === "pausing";
      attempt("It was not paused", api.pause(id, { runId: run.id, cut }, patience()));
    }
  }

  function goOn(by: number | undefined): void {
    const id = sessionId();
    const run = activeRun(session);
    if (id === undefined || run === undefined) return;
    const request = { runId: run.id, ...(by !== undefined && { by }) };
    attempt("It was not resumed", api.resume(id, request, patience()));
  }

  function queue(text: string, waitsFor: "run" | "turn"): void {
    const id = sessionId();
    if (id === undefined || text.trim() === "") return;
    input.set("");
    api.queue(id, { message: text, waitsFor }, patience()).catch((error: unknown) => {
      input.giveBack(text);
      notices.toast("The message was not queued", wordsFor(error));
    });
  }

  function changeQueued(messageId: string, change: QueuedPatchRequest): void {
    const id = sessionId();
    if (id !== undefined)
      attempt("The message was not changed", api.changeQueued(id, messageId, change, patience()));
  }

  function unqueue(messageId: string): void {
    const id = sessionId();
    if (id !== undefined)
      attempt("The message was not removed", api.unqueue(id, messageId, patience()));
  }

  function attempt(failure: string, answer: Promise<unknown>): void {
    answer.catch((error: unknown) => {
      // Somebody else was first: the page shows what is true.
      if (!(error instanceof ApiError && error.status === 404))
        notices.toast(failure, wordsFor(error));
    });
  }

  return { held, togglePause, goOn, queue, changeQueued, unqueue };
}
