/** One field for everything: sessions, messages, commands, models, settings, files. */
import { createEffect, createMemo, createSignal, For, on, Show } from "solid-js";
import { t, tn } from "../../shared/translation";
import { chooseImport } from "../components/choose-import";
import { download } from "../components/download";
import { MarkedText } from "../components/MarkedText";
import menuStyles from "../components/Menu.module.css";
import { focusMessageField, insertIntoMessage, messageField } from "../components/message-field";
import { tr } from "../components/tr";
import { VisibleText } from "../components/VisibleText";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import textStyles from "../styles/text-styles.module.css";
import styles from "./Palette.module.css";
import { createPaletteChoices, type PaletteChoice } from "./palette-choices";
import { readQuery } from "./palette-query";
import { PickerDialog, PickerOption } from "./PickerDialog";

export function Palette(props: { open: OpenSession }) {
  const client = useClient();
  const close = () => client.openPalette(false);
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

  function take(choice: PaletteChoice | undefined): void {
    if (choice === undefined) return;
    close();
    choice.run();
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
    <PickerDialog
      label={t("Find anything")}
      testId="palette"
      field={{
        label: t("Find anything"),
        placeholder: t("Find sessions, messages, commands, files…"),
      }}
      listLabel={t("Found")}
      count={choices().length}
      chosen={chosen()}
      choose={(index) => setChosenId(choices()[index]?.id ?? "")}
      take={() => take(choices()[chosen()])}
      type={setTyped}
      close={close}
      options={
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
      }
      below={
        <>
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
        </>
      }
    />
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
    <PickerOption
      index={props.index}
      isChosen={props.isChosen}
      destructive={props.choice.destructive ?? false}
      point={() => props.point()}
      take={() => props.take()}
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
    </PickerOption>
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
