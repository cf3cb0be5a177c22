/** Where the session works. It can be chosen until the first message. */
import { Show } from "solid-js";
import { useClient } from "../state/client";
import { machineOf } from "../state/cluster-state";
import { lastName } from "../state/format";
import { Button } from "./Button";
import { Icon } from "./Icon";
import { Popup } from "./Menu";
import styles from "./PopupForm.module.css";
import { VisibleText } from "./VisibleText";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";

export function DirectoryChip() {
  const client = useClient();
  const cwd = () => client.current().chosen().cwd || client.models.models()?.cwd || "";
  const isFixed = () => client.current().session.messages.length > 0;
  /** Where there is more than one, a directory is of one of them. */
  const machine = () =>
    client.cluster.isShown() ? machineOf(client.list, client.current().id()) : undefined;
  const label = () => {
    const path = visibleString(cwd());
    const name = visibleString(machine() ?? "");
    return name === ""
      ? t("Working directory: {path}", { path })
      : t("Working directory: {path} on machine {name}", { path, name });
  };
  const name = () => (
    <>
      <Icon name="folder" />
      <VisibleText text={[machine(), lastName(cwd())].filter(Boolean).join(": ")} />
    </>
  );
  return (
    <Show
      when={isFixed()}
      fallback={
        <Button
          look="chip"
          class={styles.chip}
          aria-label={label()}
          title={label()}
          aria-haspopup="dialog"
          onClick={() => client.setPanel("folders")}
        >
          {name()}
        </Button>
      }
    >
      <Popup button={{ class: styles.chip }} label={label()} trigger={name()}>
        {(close) => (
          <>
            <p class={styles.path}>
              <VisibleText text={cwd()} />
            </p>
            <Show when={machine()}>
              {(name) => (
                <p class={styles.note}>{t("On machine {name}", { name: visibleString(name()) })}</p>
              )}
            </Show>
            <Button
              look="quiet"
              onClick={() => {
                close();
                client.setPanel("project");
              }}
            >
              {t("This project…")}
            </Button>
          </>
        )}
      </Popup>
    </Show>
  );
}
