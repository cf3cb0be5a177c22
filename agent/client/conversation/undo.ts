/** Takes a run's changes back, or brings them back: at once when nothing stands against it, else after a question. */
import { type Accessor, createSignal } from "solid-js";
import type { ChangesAnswer, Run } from "../../shared/protocol";
import type { UndoRequest } from "../../shared/requests";
import { api, ApiError, patience, wordsFor } from "../state/api";
import { plural } from "../state/format";
import type { Notices } from "../state/notices";
import type { OpenSession } from "../state/session";

export type UndoWay = "undo" | "redo";

export interface Question {
  way: UndoWay;
  view: ChangesAnswer;
}

export interface UndoActions {
  isBusy: Accessor<boolean>;
  /** What a person has to decide first. */
  question: Accessor<Question | undefined>;
  /** Resolves with whether it was done; false also when a question came up. */
  start(way: UndoWay): Promise<boolean>;
  decide(decisions: UndoRequest): Promise<boolean>;
  drop(): void;
}

/** Refusals that a person's word can lift. */
const questions = new Set(["changed-since", "not-newest"]);

export function createUndo(open: OpenSession, notices: Notices, run: Accessor<Run>): UndoActions {
  const [isBusy, setBusy] = createSignal(false);
  const [question, setQuestion] = createSignal<Question>();

  async function put(way: UndoWay, decisions: UndoRequest): Promise<boolean> {
    const sessionId = open.id();
    if (sessionId === undefined || isBusy()) return false;
    setBusy(true);
    try {
      const answer = await api.undo(way, sessionId, run().id, decisions, patience());
      const spared = answer.spared.length > 0 ? `${answer.spared.length} left as they are` : "";
      notices.toast(`${plural(answer.restored, "file")} put back`, spared);
      return true;
    } catch (error) {
      if (error instanceof ApiError && questions.has(error.code)) await ask(way, sessionId);
      else notices.toast(`The ${way} was not done`, wordsFor(error));
      return false;
    } finally {
      setBusy(false);
    }
  }

  async function ask(way: UndoWay, sessionId: string): Promise<void> {
    try {
      setQuestion({ way, view: await api.changes(sessionId, run().id, patience()) });
    } catch (error) {
      notices.toast("The files could not be looked at", wordsFor(error));
    }
  }

  async function decide(decisions: UndoRequest): Promise<boolean> {
    const asked = question();
    setQuestion(undefined);
    return asked !== undefined && put(asked.way, decisions);
  }

  return { isBusy, question, start: (way) => put(way, {}), decide, drop: () => setQuestion() };
}
