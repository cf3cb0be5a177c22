/** Undoes or redoes the file changes of a run: at once if nothing conflicts, else after the person has decided. */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import type { ChangesAnswer } from "../../shared/protocol";
import type { UndoRequest } from "../../shared/requests";
import { api, ApiError, requestTimeout, wordsFor } from "./api-client";
import type { Notices } from "./notice-store";
import { t, tn } from "../../shared/translation";

export type UndoWay = "undo" | "redo";

/** What a person has to decide first. */
export interface UndoQuestion {
  way: UndoWay;
  view: ChangesAnswer;
  /** Without decisions nothing is changed. */
  decide(decisions?: UndoRequest): void;
}

export interface UndoActions {
  isBusy: Accessor<boolean>;
  question: Accessor<UndoQuestion | undefined>;
  /** Resolves with whether it was done; after a question, once that is answered. */
  start(way: UndoWay, runId: string): Promise<boolean>;
  /** The same for several, in this order; the first that is not done ends it. */
  startAll(way: UndoWay, runIds: string[]): Promise<boolean>;
}

/** Refusals that the person can overrule. */
const questions = new Set(["changed-since", "not-newest"]);

/** What an undo or redo has done is not said any longer once the next has followed, or the session is left. */
const toastId = "undone";

export function createUndo(sessionId: Accessor<string | undefined>, notices: Notices): UndoActions {
  const [isBusy, setBusy] = createSignal(false);
  const [question, setQuestion] = createSignal<UndoQuestion>();
  onCleanup(() => notices.dismiss(toastId));

  async function start(way: UndoWay, runId: string): Promise<boolean> {
    const id = sessionId();
    if (id === undefined || isBusy()) return false;
    setBusy(true);
    try {
      return await put(way, id, runId, {});
    } catch (error) {
      fail(way, error);
      return false;
    } finally {
      setBusy(false);
    }
  }

  async function startAll(way: UndoWay, runIds: string[]): Promise<boolean> {
    for (const runId of runIds) if (!(await start(way, runId))) return false;
    return true;
  }

  /** A run that is in the way is a click away. */
  function fail(way: UndoWay, error: unknown): void {
    const text = way === "undo" ? t("The undo failed") : t("The redo failed");
    const run = error instanceof ApiError ? error.run : undefined;
    if (run === undefined || run.sessionId === sessionId()) notices.toast(text, wordsFor(error));
    else
      notices.keep({
        id: "undo-refused",
        text,
        detail: wordsFor(error),
        link: { label: t("Show that session"), sessionId: run.sessionId },
      });
  }

  async function put(
    way: UndoWay,
    id: string,
    runId: string,
    decisions: UndoRequest,
  ): Promise<boolean> {
    try {
      const answer = await api.undo(way, id, runId, decisions, requestTimeout());
      const spared =
        answer.spared.length > 0
          ? t("{count} left unchanged", { count: answer.spared.length })
          : "";
      const done =
        way === "undo"
          ? tn(answer.restored, "Undone: {count} file", "Undone: {count} files")
          : tn(answer.restored, "Redone: {count} file", "Redone: {count} files");
      notices.toast(done, spared, toastId);
      return true;
    } catch (error) {
      if (!(error instanceof ApiError && questions.has(error.code))) throw error;
    }
    const decided = await ask(way, await api.changes(id, runId, requestTimeout()));
    return decided !== undefined && put(way, id, runId, decided);
  }

  async function ask(way: UndoWay, view: ChangesAnswer): Promise<UndoRequest | undefined> {
    const { promise, resolve } = Promise.withResolvers<UndoRequest | undefined>();
    setQuestion({ way, view, decide: resolve });
    const decided = await promise;
    setQuestion();
    return decided;
  }

  return { isBusy, question, start, startAll };
}
