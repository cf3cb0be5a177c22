/** Where the session works. It can be chosen until the first message. */
import { Show } from "solid-js";
import { useClient } from "../state/client";
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
  const label = () => t("Working directory: {path}", { path: visibleString(cwd()) });
  const name = () => (
    <>
      <Icon name="folder" />
      <VisibleText text={lastName(cwd())} />
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
