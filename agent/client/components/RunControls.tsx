/** What steers a run beside the Stop: pause and resume, and the nudge. */
import { createSignal, Show } from "solid-js";
import { activeRun } from "../../shared/session-lookup";
import { t } from "../../shared/translation";
import { isHardwareKey } from "../hardware-keyboard";
import { isComposing } from "../keys";
import { nudgeText } from "../state/nudge-text";
import type { OpenSession } from "../state/open-session";
import { Button, ButtonRow } from "./Button";
import { Icon } from "./Icon";
import { Popup } from "./Menu";
import formStyles from "./PopupForm.module.css";
import styles from "./RunControls.module.css";
import { Spinner } from "./Spinner";

export function PauseButton(props: { open: OpenSession }) {
  const { control } = props.open;
  const label = () => {
    const state = control.pauseState() ?? "running";
    // Not every engine can be halted in the middle of an answer.
    const { session } = props.open;
    const isLasting = session.engine !== undefined && !activeRun(session)?.pause?.atOnce;
    return isLasting && state === "pausing" ? t("Pausing") : pauseWords[state]();
  };
  return (
    <Button
      look="quiet"
      class={styles.control}
      data-testid="pause"
      data-state={control.pauseState() ?? "running"}
      aria-label={label()}
      title={t("{action} (Ctrl or ⌘ + .)", { action: label() })}
      disabled={props.open.stage() !== "running"}
      onClick={() => control.togglePause()}
    >
      <Show
        when={control.pauseState() === "pausing"}
        fallback={<Icon name={iconOf(control.pauseState())} />}
      >
        <Spinner />
      </Show>
      <span aria-hidden="true">{pauseNames[control.pauseState() ?? "running"]()}</span>
    </Button>
  );
}

const pauseWords = {
  running: () => t("Pause"),
  pausing: () => t("Pausing: press again to pause at once"),
  paused: () => t("Resume"),
};

const pauseNames = {
  running: () => t("Pause"),
  pausing: () => t("Pausing…"),
  paused: () => t("Resume"),
};

function iconOf(held: "pausing" | "paused" | undefined) {
  return held === "paused" ? ("play" as const) : ("pause" as const);
}

/** Stops what is running, keeps everything, and continues at once with a hint that can be changed first. */
export function NudgeMenu(props: { open: OpenSession }) {
  // Here, so that what was typed is still there when it is opened again.
  const [hint, setHint] = createSignal(nudgeText);
  return (
    <Popup
      label={t("Nudge")}
      button={{ look: "quiet", class: styles.control }}
      trigger={
        <>
          <Icon name="nudge" />
          <span>{t("Nudge")}</span>
        </>
      }
    >
      {(close) => (
        <NudgeForm
          hint={hint()}
          setHint={setHint}
          nudge={() => {
            close();
            props.open.send(hint(), { interrupt: true });
          }}
        />
      )}
    </Popup>
  );
}

interface NudgeFormProps {
  hint: string;
  setHint(hint: string): void;
  nudge(): void;
}

function NudgeForm(props: NudgeFormProps) {
  return (
    <div class={formStyles.form} data-testid="nudge">
      <label>
        {t("Stop the run, keep its work, and continue with this hint")}
        <textarea
          rows="3"
          value={props.hint}
          onInput={(event) => props.setHint(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
            if (!isHardwareKey(event)) return;
            event.preventDefault();
            props.nudge();
          }}
        />
      </label>
      <ButtonRow>
        <Button look="primary" disabled={!props.hint.trim()} onClick={() => props.nudge()}>
          {t("Nudge")}
        </Button>
      </ButtonRow>
    </div>
  );
}
