/** Once another branch is shown: offers to undo the file changes of what is no longer in the conversation, and to redo those of what is in it again. */
import { createEffect, createSignal, on, onCleanup, Show } from "solid-js";
import { tipOf } from "../../shared/branches";
import type { BranchFiles as Answer, RunFiles } from "../../shared/protocol";
import { t, tn } from "../../shared/translation";
import { api, logFailure, requestTimeout } from "../state/api-client";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import styles from "./LimitQuestion.module.css";

export function BranchFiles(props: { open: OpenSession }) {
  const { id, session, stage, undo } = props.open;
  const [files, setFiles] = createSignal<Answer>();
  const [isDone, setDone] = createSignal(false);
  const isIdle = () => stage() === "idle" || stage() === "stopped";

  // Asked again when something was undone or redone, here or in another page.
  const state = () =>
    session.runs.map(({ changes }) => `${changes?.count}${changes?.undoneAt}`).join();
  createEffect(
    on(
      () => tipOf(session),
      () => setDone(false),
      { defer: true },
    ),
  );
  createEffect(
    on([() => tipOf(session), isIdle, state], () => {
      const reading = new AbortController();
      onCleanup(() => reading.abort());
      if (isIdle()) void read(reading.signal);
      else setFiles(undefined);
    }),
  );

  async function read(signal: AbortSignal): Promise<void> {
    const sessionId = id();
    if (sessionId === undefined) return;
    try {
      setFiles(await api.branchFiles(sessionId, AbortSignal.any([signal, requestTimeout()])));
    } catch (error) {
      // Each run has its own undo all the same.
      if (!signal.aborted) logFailure("The files of the branches could not be read", error);
    }
  }

  const left = () => files()?.left ?? [];
  const undone = () => files()?.undone ?? [];
  async function restore(): Promise<void> {
    const [undoing, redoing] = [left().map(idOf), undone().map(idOf)];
    if (await undo.startAll("undo", undoing)) await undo.startAll("redo", redoing);
  }

  return (
    <Show when={!isDone() && left().length + undone().length > 0}>
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
            {t("Restore them")}
          </Button>
          <Button onClick={() => setDone(true)}>{t("Leave them")}</Button>
        </div>
      </div>
    </Show>
  );
}

const idOf = ({ runId }: RunFiles) => runId;

function countOf(runs: RunFiles[]): number {
  return runs.reduce((sum, { count }) => sum + count, 0);
}
