/** What a person asks of a session beside talking: its settings, an answer to an approval, what stands before. A failure is said. */
import type { Accessor } from "solid-js";
import { produce, type SetStoreFunction } from "solid-js/store";
import { applyEarlier } from "../../shared/apply";
import type { ApprovalReply, Session, SessionPatch } from "../../shared/protocol";
import type { SessionPatchRequest } from "../../shared/requests";
import { api, ApiError, patience, wordsFor } from "./api-client";
import type { Notices } from "./notice-store";

interface Parts {
  sessionId: Accessor<string | undefined>;
  session: Session;
  setSession: SetStoreFunction<Session>;
  /** The settings of a session that is not there yet. */
  setDraft: SetStoreFunction<SessionPatch>;
  notices: Notices;
}

export interface Asking {
  change: (patch: SessionPatchRequest) => void;
  /** Whether it was taken. */
  reply: (approvalId: string, reply: ApprovalReply) => Promise<boolean>;
  /** Puts the messages before the first one here in front of it; resolves when they are there. */
  loadEarlier: () => Promise<void>;
}

export function createAsking({ sessionId, session, setSession, setDraft, notices }: Parts): Asking {
  let isLoading = false;

  function change(patch: SessionPatchRequest): void {
    const id = sessionId();
    if (id === undefined) return setDraft(patch);
    api.patchSession(id, patch, patience()).catch((error: unknown) => {
      notices.toast("The change was not made", wordsFor(error));
    });
  }

  async function reply(approvalId: string, answer: ApprovalReply): Promise<boolean> {
    try {
      await api.reply(approvalId, answer, patience());
      return true;
    } catch (error) {
      const isLate = error instanceof ApiError && error.status === 404;
      notices.toast(
        "The answer was not taken",
        isLate ? "Nobody waits for it any more." : wordsFor(error),
      );
      return false;
    }
  }

  async function loadEarlier(): Promise<void> {
    const [id, first] = [sessionId(), session.messages[0]];
    if (id === undefined || first === undefined || isLoading) return;
    isLoading = true;
    try {
      const page = await api.earlier(id, first.id, patience());
      setSession(produce((draft) => applyEarlier(draft, page)));
    } catch (error) {
      notices.toast("The earlier messages could not be loaded", wordsFor(error));
    } finally {
      isLoading = false;
    }
  }

  return { change, reply, loadEarlier };
}
