/** Requests about a session besides messages: its settings, replies to approvals, earlier messages. A failure is shown. */
import { produce } from "solid-js/store";
import { branchOf } from "../../shared/branches";
import { applyEarlier } from "../../shared/apply";
import type { ApprovalReply, SessionPatch } from "../../shared/protocol";
import type { SessionPatchRequest } from "../../shared/requests";
import { api, ApiError, requestTimeout, wordsFor } from "./api-client";
import type { Notices } from "./notice-store";
import type { SessionCore } from "./session-core";
import { t } from "../../shared/translation";

export interface SessionRequests {
  /** One after the other, in this order. Never rejects: what is not saved is told. */
  change: (patch: SessionPatchRequest) => Promise<void>;
  /** Chooses what a session begins with. Only before its first message. */
  begin: (choices: SessionPatch) => void;
  /** Resolves with whether the server accepted it. */
  reply: (approvalId: string, reply: ApprovalReply) => Promise<boolean>;
  /** Removes the to-do list. */
  clearTodo: () => void;
  /** Loads the messages before the first one that this tab has. */
  loadEarlier: () => Promise<void>;
}

export function createSessionRequests(
  { id: sessionId, session, setSession, setDraft }: SessionCore,
  notices: Notices,
): SessionRequests {
  let loading: Promise<void> | undefined;
  let changing = Promise.resolve();

  function change(patch: SessionPatchRequest): Promise<void> {
    const id = sessionId();
    if (id !== undefined) return (changing = changing.then(() => save(id, patch)));
    setDraft(patch);
    return Promise.resolve();
  }

  async function save(id: string, patch: SessionPatchRequest): Promise<void> {
    try {
      await api.patchSession(id, patch, requestTimeout());
    } catch (error) {
      notices.toast(t("The change was not saved"), wordsFor(error));
    }
  }

  const begin = (choices: SessionPatch): void => setDraft(choices);

  async function reply(approvalId: string, answer: ApprovalReply): Promise<boolean> {
    try {
      const id = sessionId();
      const approval = id === undefined ? approvalId : { id: approvalId, sessionId: id };
      await api.reply(approval, answer, requestTimeout());
      return true;
    } catch (error) {
      const isLate = error instanceof ApiError && error.status === 404;
      notices.toast(
        t("Your answer was not accepted"),
        isLate ? t("Rein no longer waits for it.") : wordsFor(error),
      );
      return false;
    }
  }

  function clearTodo(): void {
    const id = sessionId();
    if (id === undefined) return;
    api.clearTodo(id, requestTimeout()).catch((error: unknown) => {
      notices.toast(t("The to-do list was not removed"), wordsFor(error));
    });
  }

  /** Those that ask meanwhile wait for the same. */
  function loadEarlier(): Promise<void> {
    loading ??= load().finally(() => (loading = undefined));
    return loading;
  }

  async function load(): Promise<void> {
    const [id, first] = [sessionId(), branchOf(session)[0]];
    if (id === undefined || first === undefined) return;
    try {
      const page = await api.earlier(id, first.id, requestTimeout());
      setSession(produce((draft) => applyEarlier(draft, page)));
    } catch (error) {
      notices.toast(t("Earlier messages could not be loaded"), wordsFor(error));
    }
  }

  return { change, begin, reply, clearTodo, loadEarlier };
}
