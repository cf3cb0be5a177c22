/** Stops what it names: the run in the input area, or one subagent or tool call on its card. */
import { Show } from "solid-js";
import { t } from "../../shared/translation";
import { Button } from "./Button";
import { KeyHint } from "./KeyHint";
import { Spinner } from "./Spinner";
import styles from "./StopButton.module.css";

export interface StopButtonProps {
  stopping: boolean;
  /** A stop waits for the server: this sends it at once. */
  undelivered: boolean;
  asking: boolean;
  /** In the head of a sheet, where Escape closes the sheet. */
  isInSheet?: boolean;
  onStop: () => void;
}

export function StopButton(props: StopButtonProps) {
  const hasKey = () => !props.stopping && !props.isInSheet;
  const words = () => {
    if (props.stopping) return t("Stopping…");
    if (props.undelivered) return t("Stop now");
    if (props.asking) return t("Really stop?");
    return props.isInSheet ? t("Stop run") : t("Stop");
  };
  return (
    <Button
      class={styles.stop}
      data-in-sheet={props.isInSheet ? "" : undefined}
      data-testid={props.isInSheet ? "sheet-stop" : "stop"}
      aria-label={hasKey() ? `${words()} (Esc)` : words()}
      disabled={props.stopping}
      onClick={() => props.onStop()}
    >
      <Sign stopping={props.stopping} />
      <span aria-hidden="true">{words()}</span>
      <Show when={hasKey()}>
        <KeyHint name="Esc" />
      </Show>
    </Button>
  );
}

export interface SmallStopProps {
  label: string;
  /** Drawn in the place of "Stop". */
  words?: string | undefined;
  stopping: boolean;
  onStop: () => void;
}

export function SmallStop(props: SmallStopProps) {
  return (
    <Button
      class={styles.smallStop}
      aria-label={props.label}
      title={props.label}
      disabled={props.stopping}
      onClick={(event) => {
        event.stopPropagation();
        props.onStop();
        keepFocus(event.currentTarget);
      }}
    >
      <Sign stopping={props.stopping} />
      <span aria-hidden="true">{props.stopping ? t("Stopping…") : (props.words ?? t("Stop"))}</span>
    </Button>
  );
}

function Sign(props: { stopping: boolean }) {
  return (
    <Show when={props.stopping} fallback={<span class={styles.square} aria-hidden="true" />}>
      <Spinner />
    </Show>
  );
}

/** The button disappears with what it stops: the focus goes to the first button of its card or dialog. */
function keepFocus(button: HTMLElement): void {
  if (document.activeElement !== button) return;
  const place = button.closest("section, dialog");
  const next = place?.querySelector<HTMLElement>("[autofocus]") ?? place?.querySelector("button");
  next?.focus();
}
