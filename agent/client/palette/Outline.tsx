/** What the person said in this conversation, to go there: filtered as one types. Escape, "back" and a press beside it close it. */
import { createMemo, createSignal, For, onCleanup, onMount, Show } from "solid-js";
import { t, tn } from "../../shared/translation";
import { Button } from "../components/Button";
import menuStyles from "../components/Menu.module.css";
import { returnFocus } from "../components/return-focus";
import { VisibleText } from "../components/VisibleText";
import { bindLayer, isComposing } from "../keys";
import { useClient } from "../state/client";
import { shortTime } from "../state/format";
import type { OpenSession } from "../state/open-session";
import { ownMessages } from "../state/own-messages";
import textStyles from "../styles/text-styles.module.css";
import styles from "./Palette.module.css";

const listId = "outline-list";
const optionId = (index: number) => `outline-option-${index}`;
/** As far as Page Up and Page Down go. */
const pageRows = 8;

export function Outline(props: { open: OpenSession }) {
  const client = useClient();
  const before = document.activeElement;
  const close = () => client.setPanel("none");
  let dialog!: HTMLDialogElement;
  let list!: HTMLDivElement;
  bindLayer(close);
  client.route.cover(close);
  const [words, setWords] = createSignal("");
  const shown = createMemo(() => ownMessages(props.open.branch.messages(), words()));
  const [chosenId, setChosenId] = createSignal<string>();
  /** The newest, until another one is chosen. */
  const chosen = () => {
    const index = shown().findIndex(({ id }) => id === chosenId());
    return index === -1 ? shown().length - 1 : index;
  };

  onMount(() => {
    dialog.showModal();
    show();
  });
  onCleanup(() => returnFocus(before));

  function show(): void {
    list.querySelector(`#${optionId(chosen())}`)?.scrollIntoView({ block: "nearest" });
  }

  function move(to: number): void {
    setChosenId(shown()[Math.max(0, Math.min(to, shown().length - 1))]?.id);
    show();
  }

  function take(id: string | undefined): void {
    if (id === undefined) return;
    close();
    client.goToMessage(props.open.session.id, id, words());
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (isComposing(event)) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: pageRows, PageUp: -pageRows }[event.key];
    if (event.key === "Enter") take(shown()[chosen()]?.id);
    else if (step !== undefined) move(chosen() + step);
    else return;
    event.preventDefault();
  }

  return (
    <dialog
      ref={dialog}
      class={styles.palette}
      aria-label={t("Your messages")}
      data-testid="outline"
      onClose={close}
      // The dialog's own box ends at its content: a press on it is one beside that.
      onPointerDown={(event) => event.target === dialog && close()}
    >
      <div class={styles.box}>
        <input
          autofocus
          role="combobox"
          aria-expanded={shown().length > 0}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={listId}
          aria-activedescendant={shown().length > 0 ? optionId(chosen()) : undefined}
          aria-label={t("Filter your messages")}
          placeholder={t("Your messages")}
          maxlength="500"
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="go"
          onInput={(event) => {
            setWords(event.currentTarget.value);
            setChosenId();
            show();
          }}
          onKeyDown={onKeyDown}
        />
        <Show when={props.open.session.earlier}>
          {(count) => (
            <Button look="quiet" size="small" onClick={() => void props.open.loadEarlier()}>
              {tn(count(), "Load earlier messages ({count})", "Load earlier messages ({count})")}
            </Button>
          )}
        </Show>
        <div
          ref={list}
          class={styles.list}
          id={listId}
          role="listbox"
          aria-label={t("Your messages")}
        >
          <For each={shown()}>
            {(message, index) => (
              <div
                id={optionId(index())}
                role="option"
                class={menuStyles.item}
                aria-selected={index() === chosen()}
                // The field keeps the focus.
                onPointerDown={(event) => event.preventDefault()}
                onPointerMove={() => index() === chosen() || setChosenId(message.id)}
                onClick={() => take(message.id)}
              >
                <span class={textStyles.truncated}>
                  <VisibleText text={message.text} />
                </span>
                <span class={menuStyles.side}>{shortTime(message.createdAt, Date.now())}</span>
              </div>
            )}
          </For>
        </div>
        <p class={styles.note} role="status">
          <Show when={shown().length > 0} fallback={t("Nothing found.")}>
            <span class={textStyles.unseen}>
              {tn(shown().length, "{count} found", "{count} found")}
            </span>
          </Show>
        </p>
      </div>
    </dialog>
  );
}
