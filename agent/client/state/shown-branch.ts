/** The branch that an open session shows: its messages, what stands in the same places, and what can be said anew. */
import { type Accessor, createEffect, createMemo, createSignal, on } from "solid-js";
import { branchOf, branchRuns, placesIn, tipOf } from "../../shared/branches";
import type { Message, Run } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "./api-client";
import type { Notices } from "./notice-store";
import type { SessionCore } from "./session-core";

export interface ShownBranch {
  messages: () => Message[];
  /** The runs in the place of this one, oldest first, and it among them. */
  places: (runId: string) => string[];
  /** This run, and those after it in the branch, oldest first. */
  runsFrom: (runId: string) => Run[];
  /** Whether it is what was said last. */
  isLast: (runId: string) => boolean;
  /** Whether a message can take the place of what was said to this run. */
  canSayAnew: (runId: string) => boolean;
  /** The last run of the branch that was shown before this one, in this page; undefined once its files are no question any more. */
  left: Accessor<string | undefined>;
  /** The files of that branch are restored, or are to stay as they are. */
  settleFiles: () => void;
  /** Shows the branch of this run. Resolves with whether the server does; a failure is told. */
  show: (runId: string) => Promise<boolean>;
}

/** What many parts of the page ask of one branch is worked out once. */
export function createShownBranch({ id, session }: SessionCore, notices: Notices): ShownBranch {
  const messages = createMemo(() => branchOf(session));
  const placesHere = createMemo(() => placesIn(session));
  const said = createMemo(
    () => new Set(messages().flatMap(({ role, runId }) => (role === "user" ? [runId] : []))),
  );
  const last = createMemo(() => [...said()].at(-1));

  const [left, setLeft] = createSignal<string>();
  createEffect(
    on(
      () => tipOf(session),
      (tip, before) => {
        if (tip === undefined || before === undefined || branchRuns(session).has(before)) return;
        setLeft((first) => first ?? before);
      },
    ),
  );

  async function show(runId: string): Promise<boolean> {
    const sessionId = id();
    if (sessionId === undefined) return false;
    try {
      await api.showBranch(sessionId, runId, requestTimeout());
      return true;
    } catch (error) {
      notices.toast(t("The other branch is not shown"), wordsFor(error));
      return false;
    }
  }

  return {
    messages,
    places: (runId) => placesHere()(runId),
    runsFrom(runId) {
      const path = branchRuns(session);
      const from = session.runs.findIndex((run) => run.id === runId);
      return from === -1 ? [] : session.runs.slice(from).filter((run) => path.has(run.id));
    },
    isLast: (runId) => last() === runId,
    // An engine keeps the conversation for itself.
    canSayAnew: (runId) => (session.engine === undefined ? said().has(runId) : last() === runId),
    left,
    settleFiles: () => setLeft(),
    show,
  };
}
