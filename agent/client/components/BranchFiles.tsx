/** Once another branch is shown: offers to undo the file changes of what is no longer in the conversation, and to redo those of what is in it again. */
import { createEffect, createSignal, on, onCleanup, Show } from "solid-js";
import { branchRuns, tipOf } from "../../shared/branches";
import type { BranchFiles as Answer, RunFiles } from "../../shared/protocol";
import { tn } from "../../shared/translation";
import { api, logFailure, requestTimeout } from "../state/api-client";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import styles from "./LimitQuestion.module.css";

/** `left`: the last run of the branch that was shown before. */
export function BranchFiles(props: { open: OpenSession; left: string }) {
  const { id, session, stage, undo, branch } = props.open;
  const [files, setFiles] = createSignal<Answer>();
  const isIdle = () => stage() === "idle" || stage() === "stopped";

  // Asked again when something was undone or redone, here or in another page.
  const state = () =>
    session.runs.map(({ changes }) => `${changes?.count}${changes?.undoneAt}`).join();
  /** The last run of the branch for which it was offered. */
  let offeredFor: string | undefined;
  createEffect(
    on([() => tipOf(session), isIdle, state], () => {
      const reading = new AbortController();
      onCleanup(() => reading.abort());
      // The conversation goes on: it is left as it is.
      const tip = tipOf(session);
      if (offeredFor !== undefined && offeredFor !== tip && branchRuns(session).has(offeredFor))
        return branch.settleFiles();
      if (isIdle()) void read(reading.signal);
      else setFiles(undefined);
    }),
  );

  async function read(signal: AbortSignal): Promise<void> {
    const sessionId = id();
    if (sessionId === undefined) return;
    try {
      const timed = AbortSignal.any([signal, requestTimeout()]);
      const answer = await api.branchFiles(sessionId, props.left, timed);
      setFiles(answer);
      if (answer.left.length + answer.undone.length > 0) offeredFor = tipOf(session);
      else if (!isChecking()) branch.settleFiles();
    } catch (error) {
      // Each run has its own undo all the same.
      if (!signal.aborted) logFailure("The files of the branches could not be read", error);
    }
  }

  const isChecking = () => session.runs.some(({ changes }) => changes?.state === "pending");
  const left = () => files()?.left ?? [];
  const undone = () => files()?.undone ?? [];
  const count = () => countOf(left()) + countOf(undone());
  async function restore(): Promise<void> {
    const [undoing, redoing] = [left().map(idOf), undone().map(idOf)];
    if (await undo.startAll("undo", undoing)) await undo.startAll("redo", redoing);
  }

  return (
    <Show when={left().length + undone().length > 0}>
      <div class={styles.question} role="status" data-testid="branch-files">
        <p>
          <Show when={left().length > 0}>
            {tn(
              countOf(left()),
              "{count} file was changed by what is no longer in this conversation.",
              "{count} files were changed by what is no longer in this conversation.",
            )}{" "}
          </Show>
          <Show when={undone().length > 0}>
            {tn(
              countOf(undone()),
              "{count} file of this conversation was undone.",
              "{count} files of this conversation were undone.",
            )}
          </Show>
        </p>
        <div class={styles.answers}>
          <Button look="primary" disabled={undo.isBusy()} onClick={() => void restore()}>
            {tn(count(), "Restore it", "Restore them")}
          </Button>
          <Button onClick={() => branch.settleFiles()}>
            {tn(count(), "Leave it", "Leave them")}
          </Button>
        </div>
      </div>
    </Show>
  );
}

const idOf = ({ runId }: RunFiles) => runId;

function countOf(runs: RunFiles[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}
