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
  /** The same for several, in this order, without those that are so already; the first that is not done ends it. */
  startAll(way: UndoWay, runIds: string[]): Promise<boolean>;
}

interface Change {
  restored: number;
  /** So many files are as they were, as the person wants it. */
  spared: number;
  decisions: UndoRequest;
}

/** Refusals that the person can overrule. */
const questions = new Set(["changed-since", "not-newest"]);

/** What an undo or redo has done is not said any longer once the next has followed, or the session is left. */
const toastId = "undone";

export function createUndo(sessionId: Accessor<string | undefined>, notices: Notices): UndoActions {
  const [isBusy, setBusy] = createSignal(false);
  const [question, setQuestion] = createSignal<UndoQuestion>();
  onCleanup(() => notices.dismiss(toastId));

  /** Resolves with whether all of it was done. */
  async function changeAll(way: UndoWay, runIds: string[], skipsDone: boolean): Promise<boolean> {
    const id = sessionId();
    if (id === undefined || isBusy()) return false;
    const done: Change[] = [];
    setBusy(true);
    try {
      for (const runId of runIds) {
        // What a person has said of later runs, which may depend on it, is said of all of them.
        const evenIfNotNewest = done.at(-1)?.decisions.evenIfNotNewest ?? false;
        const change = await put(way, id, runId, { evenIfNotNewest }, skipsDone);
        if (change === undefined) return false;
        done.push(change);
      }
      return true;
    } catch (error) {
      fail(way, error);
      return false;
    } finally {
      setBusy(false);
      if (done.length > 0) tell(way, done);
    }
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

  function tell(way: UndoWay, changes: Change[]): void {
    const restored = changes.reduce((sum, change) => sum + change.restored, 0);
    const spared = changes.reduce((sum, change) => sum + change.spared, 0);
    const done =
      way === "undo"
        ? tn(restored, "Undone: {count} file", "Undone: {count} files")
        : tn(restored, "Redone: {count} file", "Redone: {count} files");
    notices.toast(done, spared > 0 ? t("{count} left unchanged", { count: spared }) : "", toastId);
  }

  /** Undefined when the person decided against it. */
  async function put(
    way: UndoWay,
    id: string,
    runId: string,
    decisions: UndoRequest,
    skipsDone: boolean,
  ): Promise<Change | undefined> {
    try {
      const { restored, spared } = await api.undo(way, id, runId, decisions, requestTimeout());
      return { restored, spared: spared.length, decisions };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Another page was faster.
      if (skipsDone && error.code === "already") return { restored: 0, spared: 0, decisions };
      if (!questions.has(error.code)) throw error;
    }
    const decided = await ask(way, await api.changes(id, runId, requestTimeout()));
    return decided && put(way, id, runId, decided, skipsDone);
  }

  async function ask(way: UndoWay, view: ChangesAnswer): Promise<UndoRequest | undefined> {
    const { promise, resolve } = Promise.withResolvers<UndoRequest | undefined>();
    setQuestion({ way, view, decide: resolve });
    const decided = await promise;
    setQuestion();
    return decided;
  }

  return {
    isBusy,
    question,
    start: (way, runId) => changeAll(way, [runId], false),
    startAll: (way, runIds) => changeAll(way, runIds, true),
  };
}
