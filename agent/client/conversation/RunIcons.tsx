/** What can be done with a settled run, as quiet icons. */
import { Show } from "solid-js";
import type { Run } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { createCopying } from "../components/clipboard";
import { IconButton } from "../components/IconButton";
import { useOpen } from "../state/client";
import type { RunActions } from "../state/run-actions";
import styles from "./RunFooter.module.css";

export function RunIcons(props: { run: Run; actions: RunActions }) {
  const { undo } = useOpen();
  const { state, copy } = createCopying();
  const isUndone = () => props.run.changes?.undoneAt !== undefined;
  return (
    <span class={styles.icons}>
      <Show when={props.actions.answer()}>
        <IconButton
          icon={state() === "copied" ? "check" : "copy"}
          label={copyLabels[state()]()}
          isNews={state() !== "ready"}
          onClick={() => void copy(props.actions.answer())}
        />
      </Show>
      <Show when={props.actions.retry()}>
        {(retry) => <IconButton icon="retry" label={t("Retry")} onClick={() => retry()()} />}
      </Show>
      <Show when={props.run.changes?.state === "known" && props.run.changes.count > 0}>
        <IconButton
          icon={isUndone() ? "redo" : "undo"}
          label={isUndone() ? t("Redo changes") : t("Undo changes")}
          disabled={undo.isBusy()}
          onClick={() => void undo.start(isUndone() ? "redo" : "undo", props.run.id)}
        />
      </Show>
    </span>
  );
}

const copyLabels = {
  ready: () => t("Copy"),
  copied: () => t("Copied"),
  refused: () => t("Not allowed by the browser"),
};
