/** One field for everything: sessions, messages, commands, models, settings, files. Escape, "back" and a press beside it close it. */
import {
  createEffect,
  createMemo,
  createSignal,
  For,
  on,
  onCleanup,
  onMount,
  Show,
} from "solid-js";
import { t, tn } from "../../shared/translation";
import { chooseImport } from "../components/choose-import";
import { download } from "../components/download";
import { MarkedText } from "../components/MarkedText";
import menuStyles from "../components/Menu.module.css";
import { focusMessageField, insertIntoMessage, messageField } from "../components/message-field";
import { returnFocus } from "../components/return-focus";
import { tr } from "../components/tr";
import { VisibleText } from "../components/VisibleText";
import { bindLayer, isComposing } from "../keys";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import textStyles from "../styles/text-styles.module.css";
import styles from "./Palette.module.css";
import { createPaletteChoices, type PaletteChoice } from "./palette-choices";
import { readQuery } from "./palette-query";

const listId = "palette-list";
const optionId = (index: number) => `palette-option-${index}`;
/** As far as Page Up and Page Down go. */
const pageRows = 8;

export function Palette(props: { open: OpenSession }) {
  const client = useClient();
  const before = document.activeElement;
  const close = () => client.openPalette(false);
  let dialog!: HTMLDialogElement;
  let list!: HTMLDivElement;
  bindLayer(close);
  client.route.cover(close);
  onMount(() => dialog.showModal());
  onCleanup(() => returnFocus(before));

  const [typed, setTyped] = createSignal("");
  const query = createMemo(() => readQuery(typed()));
  const { groups, search } = createPaletteChoices({
    client,
    // oxlint-disable-next-line solid/reactivity -- drawn anew for another session
    open: props.open,
    query,
    insert,
    focusMessage: focusMessageField,
    actions: {
      download: (path) => void download(path, client.notices),
      chooseImport: () => chooseImport(client),
    },
  });
  const choices = createMemo(() => groups().flatMap((group) => group.choices));
  const [chosenId, setChosenId] = createSignal("");
  /** It stays the same while others come in around it; the first where it has gone. */
  const chosen = () =>
    Math.max(
      0,
      choices().findIndex(({ id }) => id === chosenId()),
    );
  const indexOf = createMemo(() => new Map(choices().map((choice, index) => [choice.id, index])));
  createEffect(on(typed, () => setChosenId("")));
  createEffect(() => {
    const option = list.querySelector(`#${optionId(chosen())}`);
    choices();
    option?.scrollIntoView({ block: "nearest" });
  });

  function move(to: number): void {
    const count = choices().length;
    if (count > 0) setChosenId(choices()[(to + count) % count]!.id);
  }

  function take(choice: PaletteChoice | undefined): void {
    if (choice === undefined) return;
    close();
    choice.run();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (isComposing(event)) return;
    const last = choices().length - 1;
    if (event.key === "ArrowDown") move(chosen() + 1);
    else if (event.key === "ArrowUp") move(chosen() - 1);
    else if (event.key === "PageDown") move(Math.min(last, chosen() + pageRows));
    else if (event.key === "PageUp") move(Math.max(0, chosen() - pageRows));
    else if (event.key === "Enter") take(choices()[chosen()]);
    else return;
    event.preventDefault();
  }

  const note = () => {
    if (search.isAsking()) return "";
    if (search.note() !== "") return search.note();
    if (choices().length > 0) return "";
    return query().among === "messages" && query().words === ""
      ? t("Type words of a message.")
      : t("Nothing found.");
  };

  return (
    <dialog
      ref={dialog}
      class={styles.palette}
      aria-label={t("Find anything")}
      data-testid="palette"
      onClose={close}
      // The dialog's own box ends at its content: a press on it is one beside that.
      onPointerDown={(event) => event.target === dialog && close()}
    >
      <div class={styles.box}>
        <input
          autofocus
          role="combobox"
          aria-expanded={choices().length > 0}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls={listId}
          aria-activedescendant={choices().length > 0 ? optionId(chosen()) : undefined}
          aria-label={t("Find anything")}
          placeholder={t("Find sessions, messages, commands, files…")}
          maxlength="500"
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          enterkeyhint="go"
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div ref={list} class={styles.list} id={listId} role="listbox" aria-label={t("Found")}>
          <For each={groups()}>
            {(group) => (
              <div role="group" aria-label={group.name}>
                <div class={styles.group} role="presentation" aria-hidden="true">
                  <VisibleText text={group.name} />
                </div>
                <For each={group.choices}>
                  {(choice) => (
                    <Option
                      choice={choice}
                      index={indexOf().get(choice.id) ?? 0}
                      isChosen={indexOf().get(choice.id) === chosen()}
                      point={() => setChosenId(choice.id)}
                      take={() => take(choice)}
                    />
                  )}
                </For>
              </div>
            )}
          </For>
        </div>
        <p class={styles.note} role="status">
          <Show
            when={note()}
            fallback={
              <span class={textStyles.unseen}>
                {tn(choices().length, "{count} found", "{count} found")}
              </span>
            }
          >
            <VisibleText text={note()} />
          </Show>
        </p>
        <p class={styles.hint}>
          {tr("{commands} commands · {files} files · {messages} messages", {
            commands: <kbd>&gt;</kbd>,
            files: <kbd>@</kbd>,
            messages: <kbd>#</kbd>,
          })}
        </p>
      </div>
    </dialog>
  );
}

interface OptionProps {
  choice: PaletteChoice;
  index: number;
  isChosen: boolean;
  point(): void;
  take(): void;
}

function Option(props: OptionProps) {
  const marks = () => props.choice.marks;
  return (
    <div
      id={optionId(props.index)}
      role="option"
      class={menuStyles.item}
      classList={{ [menuStyles.destructive!]: props.choice.destructive ?? false }}
      aria-selected={props.isChosen}
      // The field keeps the focus.
      onPointerDown={(event) => event.preventDefault()}
      onPointerMove={() => props.isChosen || props.point()}
      onClick={() => props.take()}
    >
      <span class={marks() ? styles.excerpt : textStyles.truncated}>
        <Show when={marks()} fallback={<VisibleText text={props.choice.text} />}>
          {(shown) => <MarkedText text={props.choice.text} marks={shown()} />}
        </Show>
      </span>
      <Show when={props.choice.words}>
        {(words) => (
          <span class={`${menuStyles.side} ${styles.side} ${textStyles.truncated}`}>
            <VisibleText text={words()} />
          </span>
        )}
      </Show>
    </div>
  );
}

/** Apart from the word before it. */
function insert(text: string): void {
  const field = messageField();
  if (field === undefined) return;
  const isApart = /(^|\s)$/.test(field.value.slice(0, field.selectionStart));
  insertIntoMessage(isApart ? text : ` ${text}`);
  field.focus();
}
