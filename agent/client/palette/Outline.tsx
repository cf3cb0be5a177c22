/** What the person said in this conversation, to go there: filtered as one types. */
import { createMemo, createSignal, For, Show } from "solid-js";
import { t, tn } from "../../shared/translation";
import { Button } from "../components/Button";
import menuStyles from "../components/Menu.module.css";
import { VisibleText } from "../components/VisibleText";
import { useClient } from "../state/client";
import { shortTime } from "../state/format";
import type { OpenSession } from "../state/open-session";
import { ownMessages } from "../state/own-messages";
import textStyles from "../styles/text-styles.module.css";
import styles from "./Palette.module.css";
import { PickerDialog, PickerOption } from "./PickerDialog";

export function Outline(props: { open: OpenSession }) {
  const client = useClient();
  const [words, setWords] = createSignal("");
  const shown = createMemo(() => ownMessages(props.open.branch.messages(), words()));
  const [chosenId, setChosenId] = createSignal<string>();
  /** The newest, until another one is chosen. */
  const chosen = () => {
    const index = shown().findIndex(({ id }) => id === chosenId());
    return index === -1 ? shown().length - 1 : index;
  };
  const close = () => client.setPanel("none");

  function take(id: string | undefined): void {
    if (id === undefined) return;
    close();
    client.goToMessage(props.open.session.id, id, words());
  }

  return (
    <PickerDialog
      label={t("Your messages")}
      testId="outline"
      field={{ label: t("Filter your messages"), placeholder: t("Your messages") }}
      listLabel={t("Your messages")}
      count={shown().length}
      chosen={chosen()}
      choose={(index) => setChosenId(shown()[index]?.id)}
      take={() => take(shown()[chosen()]?.id)}
      type={(typed) => {
        setWords(typed);
        setChosenId();
      }}
      close={close}
      above={
        <Show when={props.open.session.earlier}>
          {(count) => (
            <Button look="quiet" size="small" onClick={() => void props.open.loadEarlier()}>
              {tn(count(), "Load earlier messages ({count})", "Load earlier messages ({count})")}
            </Button>
          )}
        </Show>
      }
      options={
        <For each={shown()}>
          {(message, index) => (
            <PickerOption
              index={index()}
              isChosen={index() === chosen()}
              point={() => setChosenId(message.id)}
              take={() => take(message.id)}
            >
              <span class={textStyles.truncated}>
                <VisibleText text={message.text} />
              </span>
              <span class={menuStyles.side}>{shortTime(message.createdAt, Date.now())}</span>
            </PickerOption>
          )}
        </For>
      }
      below={
        <p class={styles.note} role="status">
          <Show when={shown().length > 0} fallback={t("Nothing found.")}>
            <span class={textStyles.unseen}>
              {tn(shown().length, "{count} found", "{count} found")}
            </span>
          </Show>
        </p>
      }
    />
  );
}
