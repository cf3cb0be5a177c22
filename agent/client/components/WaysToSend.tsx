/** What can be done with a message while a run goes on or is being stopped: a button for each way, with its key. */
import { Show } from "solid-js";
import { t } from "../../shared/translation";
import { Button } from "./Button";
import { KeyHint } from "./KeyHint";
import styles from "./WaysToSend.module.css";

export function WaysToSend(props: {
  isStopping: boolean;
  /** Whether the run takes a message before its end. */
  canTell: boolean;
  send: () => void;
  tellNow: () => void;
  interrupt: () => void;
}) {
  return (
    <div class={styles.ways} data-testid="ways">
      <Button size="small" aria-keyshortcuts="Enter" onClick={() => props.send()}>
        {props.isStopping ? t("Send") : t("Queue")} <KeyHint name="Enter" />
      </Button>
      <Show when={!props.isStopping}>
        <Show when={props.canTell}>
          <Button size="small" aria-keyshortcuts="Control+Enter" onClick={() => props.tellNow()}>
            {t("Tell it now")} <KeyHint name={t("Ctrl Enter")} />
          </Button>
        </Show>
        <Button
          size="small"
          aria-keyshortcuts="Control+Shift+Enter"
          onClick={() => props.interrupt()}
        >
          {t("Interrupt and send")} <KeyHint name={t("Ctrl Shift Enter")} />
        </Button>
      </Show>
    </div>
  );
}
