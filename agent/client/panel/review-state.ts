/** What has changed, as it is reviewed: read anew when it may have changed, accepted, reverted, and that taken back. */
import { type Accessor, createEffect, createSignal, on, onCleanup } from "solid-js";
import type { ReviewAnswer, ReviewFile, ReviewHunk, ReviewOf } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { ApiError, api, requestTimeout, wordsFor } from "../state/api-client";
import { type Client } from "../state/client";
import type { OpenSession } from "../state/open-session";

export interface ReviewState {
  /** Undefined until the first answer. */
  answer: Accessor<ReviewAnswer | undefined>;
  problem: Accessor<string | undefined>;
  isLoading: Accessor<boolean>;
  read: () => void;
  isAccepted(file: ReviewFile, hunk?: ReviewHunk): boolean;
  accept(file: ReviewFile, hunk: ReviewHunk | undefined, accepted: boolean): void;
  revert(file: ReviewFile, hunk?: ReviewHunk): void;
  /** By id of a hunk or file. */
  isReverting(id: string): boolean;
  /** The last revert that can be taken back. */
  reverted: Accessor<Reverted | undefined>;
  takeBack: () => void;
}

export interface Reverted {
  path: string;
  undo: string;
  isWhole: boolean;
}

export function createReview(
  client: Client,
  open: OpenSession,
  of: Accessor<ReviewOf>,
): ReviewState {
  const [answer, setAnswer] = createSignal<ReviewAnswer>();
  const [problem, setProblem] = createSignal<string>();
  const [reading, setReading] = createSignal(0);
  const [busy, setBusy] = createSignal<readonly string[]>([]);
  const [reverts, setReverts] = createSignal<readonly Reverted[]>([]);
  let latest = new AbortController();
  onCleanup(() => latest.abort());

  /** A newer reading takes the place of one that is on its way. */
  async function read(): Promise<void> {
    const sessionId = open.id();
    if (sessionId === undefined) return;
    latest.abort();
    const { signal } = (latest = new AbortController());
    setReading((count) => count + 1);
    try {
      const found = await api.review({ sessionId, of: of() }, signal);
      if (signal.aborted) return;
      setAnswer(found);
      setProblem(undefined);
    } catch (error) {
      if (!signal.aborted) setProblem(wordsFor(error));
    } finally {
      setReading((count) => count - 1);
    }
  }

  createEffect(
    on(of, () => {
      setAnswer(undefined);
      void read();
    }),
  );
  /** What a run has changed may be known only after its end. */
  const compared = () => open.session.runs.at(-1)?.changes?.state;
  const changed = () => [open.id(), open.stage(), compared(), client.changes.of("files")];
  createEffect(on(changed, () => void read(), { defer: true }));

  const reviewed = (id: string) => open.session.reviewed?.includes(id) === true;

  async function attempt(
    failure: string,
    id: string,
    work: (sessionId: string) => Promise<void>,
  ): Promise<void> {
    const sessionId = open.id();
    if (sessionId === undefined || busy().includes(id)) return;
    setBusy((all) => [...all, id]);
    try {
      await work(sessionId);
    } catch (error) {
      client.notices.toast(failure, wordsFor(error));
      // Another page or a program was first: what is true now is read.
      if (error instanceof ApiError && error.status === 409) void read();
    } finally {
      setBusy((all) => all.filter((one) => one !== id));
    }
  }

  const forget = ({ undo }: Reverted) =>
    setReverts((all) => all.filter((one) => one.undo !== undo));

  return {
    answer,
    problem,
    isLoading: () => reading() > 0,
    read: () => void read(),
    isAccepted(file, hunk) {
      if (reviewed(file.id)) return true;
      if (hunk !== undefined) return reviewed(hunk.id);
      return file.hunks.length > 0 && file.hunks.every(({ id }) => reviewed(id));
    },
    accept(file, hunk, accepted) {
      const ids = hunk ? [hunk.id] : [file.id, ...file.hunks.map(({ id }) => id)];
      // A file that is no longer accepted as a whole keeps its other hunks.
      const others = hunk && !accepted && reviewed(file.id) ? [file.id] : [];
      void attempt(t("It was not marked"), `accept ${ids[0]}`, async (sessionId) => {
        await api.accept({ sessionId, ids: [...others, ...ids], accepted }, requestTimeout());
      });
    },
    revert(file, hunk) {
      const { path } = file;
      const { id } = hunk ?? file;
      void attempt(t("It was not reverted"), id, async (sessionId) => {
        const request = { sessionId, of: of(), path, id };
        const { undo } = await api.revert(request, requestTimeout());
        setReverts((all) => [...all, { path, undo, isWhole: hunk === undefined }]);
        void read();
      });
    },
    isReverting: (id) => busy().includes(id),
    reverted: () => reverts().at(-1),
    takeBack() {
      const last = reverts().at(-1);
      if (last === undefined) return;
      void attempt(t("It was not taken back"), last.undo, async (sessionId) => {
        try {
          await api.takeRevertBack({ sessionId, undo: last.undo }, requestTimeout());
        } catch (error) {
          // Otherwise it can be tried again.
          if (error instanceof ApiError && error.status === 404) forget(last);
          throw error;
        }
        forget(last);
        void read();
      });
    },
  };
}
