/** The entries of a list of the settings that is saved whole: each with its form, its switch and Remove, and the form that adds one. */
import { createSignal, For, type JSX, Show } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import type { SavedList } from "../state/saved-list";
import { Button, ButtonRow } from "./Button";
import engineStyles from "./EngineSettings.module.css";
import { Problem } from "./Problem";
import { AddedEntry, SettingsEntry } from "./SettingsEntry";

interface Entry {
  name: string;
  isOn: boolean;
}

export interface EntryFormProps<Item extends Entry> {
  /** Undefined of a new one. */
  item?: Item;
  list: SavedList<Item>;
  close: () => void;
  /** Further buttons, before its own. */
  buttons?: JSX.Element;
}

export interface SavedEntriesProps<Item extends Entry> {
  list: SavedList<Item>;
  /** Such as "hook": of an entry, before its name. */
  testId: string;
  /** Such as "Add a hook". */
  add: string;
  /** What is said beside the name. */
  words: (item: Item) => JSX.Element;
  form: (props: EntryFormProps<Item>) => JSX.Element;
}

export function SavedEntries<Item extends Entry>(props: SavedEntriesProps<Item>) {
  const [isAdding, setAdding] = createSignal(false);
  let add: HTMLButtonElement | undefined;
  const itemOf = (key: string) => props.list.items()?.find((one) => props.list.key(one) === key);
  return (
    <>
      <Problem words={props.list.problem()} />
      <For each={props.list.items()?.map(props.list.key)}>
        {(key) => (
          <Show when={itemOf(key)}>
            {(item) => (
              <SettingsEntry
                name={item().name}
                testId={props.testId}
                isOn={item().isOn}
                words={props.words(item())}
              >
                {(close) => (
                  <props.form
                    item={item()}
                    list={props.list}
                    close={close}
                    buttons={
                      <EntryButtons item={item()} list={props.list} removed={() => add?.focus()} />
                    }
                  />
                )}
              </SettingsEntry>
            )}
          </Show>
        )}
      </For>
      <AddedEntry
        words={props.add}
        isAdding={isAdding()}
        setAdding={setAdding}
        ref={(button) => (add = button)}
      >
        {(close) => <props.form list={props.list} close={close} />}
      </AddedEntry>
    </>
  );
}

interface EntryButtonsProps<Item extends Entry> {
  item: Item;
  list: SavedList<Item>;
  removed: () => void;
}

function EntryButtons<Item extends Entry>(props: EntryButtonsProps<Item>) {
  const name = () => visibleString(props.item.name);
  const words = () => (props.item.isOn ? t("Switch off") : t("Switch on"));
  const label = () =>
    props.item.isOn
      ? t("Switch off {name}", { name: name() })
      : t("Switch on {name}", { name: name() });

  async function remove(): Promise<void> {
    if (await props.list.remove(props.item)) props.removed();
  }

  function toggle(): void {
    const { item, list } = props;
    void list.put({ ...item, isOn: !item.isOn }, list.key(item));
  }

  return (
    <>
      <Button
        look="destructive"
        aria-label={t("Remove {name}", { name: name() })}
        onClick={() => void remove()}
      >
        {t("Remove")}
      </Button>
      <Button aria-label={label()} onClick={toggle}>
        {words()}
      </Button>
    </>
  );
}

interface EntryFormFrameProps<Item extends Entry> extends EntryFormProps<Item> {
  /** Such as "New hook". */
  label: string;
  fault: string;
  submit: () => Promise<void>;
  /** Its fields. */
  children: JSX.Element;
}

/** The form of an entry around its fields. */
export function EntryFormFrame<Item extends Entry>(props: EntryFormFrameProps<Item>) {
  return (
    <form
      class={engineStyles.form}
      aria-label={props.label}
      onSubmit={(event) => {
        event.preventDefault();
        void props.submit();
      }}
    >
      {props.children}
      <Problem words={props.fault || props.list.problemOf(props.item)} />
      <ButtonRow>
        {props.buttons}
        <Show when={!props.item}>
          <Button onClick={() => props.close()}>{t("Cancel")}</Button>
        </Show>
        <Button type="submit" look="primary">
          {t("Save")}
        </Button>
      </ButtonRow>
    </form>
  );
}
