/** How this browser tells of sessions that are not looked at: notifications, their sound, and those that the server pushes. */
import { createSignal, Show } from "solid-js";
import { t } from "../../shared/translation";
import { wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { mayNotify } from "../state/notification";
import { switches } from "../state/preference-choices";
import { canPush, startPush, stopPush } from "../state/push-subscription";
import { playTone } from "../state/tone";
import { Problem } from "./Problem";
import { Segments } from "./Segments";
import styles from "./Settings.module.css";

type Switch = "off" | "on";

export function NotificationSettings() {
  const { preferences, notices } = useClient();
  const [problem, setProblem] = createSignal("");
  const [isBusy, setBusy] = createSignal(false);

  async function setNotify(choice: Switch): Promise<void> {
    if (choice === "on" && !(await mayNotify()))
      return notices.toast(t("The browser does not allow notifications from this page"));
    preferences.setNotify(choice);
    if (choice === "off" && preferences.push() === "on") await setPush("off");
  }

  async function setSound(choice: Switch): Promise<void> {
    preferences.setSound(choice);
    if (choice === "on") await playTone();
  }

  /** Off at once: the server is told as soon as it can be. */
  async function setPush(choice: Switch): Promise<void> {
    if (isBusy()) return;
    setProblem("");
    setBusy(true);
    try {
      if (choice === "on") await startPush();
      preferences.setPush(choice);
      if (choice === "off") await stopPush();
    } catch (error) {
      setProblem(wordsFor(error));
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <Setting
        label={t("Notify me when a run ends or needs an answer")}
        chosen={preferences.notify()}
        choose={setNotify}
      />
      <Show when={preferences.notify() === "on"}>
        <Setting label={t("With a sound")} chosen={preferences.sound()} choose={setSound} />
        <Show when={canPush()}>
          <Setting
            label={t("Also when Rein is closed")}
            chosen={preferences.push()}
            choose={setPush}
          />
          <p class={styles.note}>
            {isBusy()
              ? t("Asking the browser’s push service…")
              : t(
                  "Rein’s server then sends the title of the session, encrypted, through the push service of the browser’s maker.",
                )}
          </p>
          <Problem words={problem()} />
        </Show>
      </Show>
    </>
  );
}

function Setting(props: {
  label: string;
  chosen: Switch;
  choose: (choice: Switch) => Promise<void>;
}) {
  return (
    <div class={styles.setting}>
      <span aria-hidden="true">{props.label}</span>
      <Segments
        label={props.label}
        choices={switches}
        chosen={props.chosen}
        choose={props.choose}
      />
    </div>
  );
}
