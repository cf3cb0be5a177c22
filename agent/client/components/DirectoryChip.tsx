/** Where the session works. It can be chosen until the first message. */
import { createSignal, Show } from "solid-js";
import { useClient } from "../state/client";
import { lastName } from "../state/format";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
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
  return (
    <Popup
      button={{ class: styles.chip }}
      label={t("Working directory: {path}", { path: visibleString(cwd()) })}
      trigger={
        <>
          <Icon name="folder" />
          <VisibleText text={lastName(cwd())} />
        </>
      }
    >
      {(close) => (
        <Show
          when={!isFixed()}
          fallback={
            <p class={styles.path}>
              <VisibleText text={cwd()} />
            </p>
          }
        >
          <PathForm
            path={cwd()}
            save={(path) => {
              client.current().change({ cwd: path });
              close();
            }}
          />
        </Show>
      )}
    </Popup>
  );
}

function PathForm(props: { path: string; save: (path: string) => void }) {
  const [path, setPath] = createSignal(props.path);
  return (
    <form
      class={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        props.save(path().trim());
      }}
    >
      <label>
        {t("Working directory")}
        <input
          class={textStyles.path}
          required
          spellcheck={false}
          value={path()}
          onInput={(event) => setPath(event.currentTarget.value)}
        />
      </label>
      <p class={styles.note}>
        {t("Commands run here, and files outside of it need your approval.")}
      </p>
      <ButtonRow>
        <Button type="submit" look="primary">
          {t("Work here")}
        </Button>
      </ButtonRow>
    </form>
  );
}
