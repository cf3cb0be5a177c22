/** The models that can be chosen, by provider, with a search, and any other by its name; a provider without a list stays, and says why. */
import { Listbox } from "@kobalte/core/listbox";
import {
  createComputed,
  createEffect,
  createMemo,
  createSignal,
  For,
  on,
  onMount,
  Show,
} from "solid-js";
import type { ModelInfo, ProviderInfo } from "../../shared/protocol";
import { t, tn } from "../../shared/translation";
import { useClient } from "../state/client";
import { tokens } from "../state/format";
import { logFailure } from "../state/api-client";
import { isSetUp, takesNames } from "../state/model-list";
import { keepTypedModel, maxNameLength } from "../state/typed-models";
import {
  type Choice,
  type Chosen,
  type Group,
  groupOf,
  keyOf,
  ownKey,
  typedGroup,
  withModels,
} from "../state/model-groups";
import { Icon } from "./Icon";
import menuStyles from "./Menu.module.css";
import styles from "./ModelList.module.css";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export interface ModelListProps extends Chosen {
  /** Those that can be chosen; absent: all that there are. */
  providers?: ProviderInfo[] | undefined;
  choose(model: ModelInfo): void;
}

/** So many are seen at a glance. */
const maxWithoutSearch = 8;

export function ModelList(props: ModelListProps) {
  const client = useClient();
  const [query, setQuery] = createSignal("");
  /** The provider for which a name is typed, where one was chosen for that. */
  const [typesFor, setTypesFor] = createSignal<ProviderInfo>();
  const offered = () => props.providers ?? client.models.models()?.providers ?? [];
  const providers = createMemo(() => offered().map((one) => withModels(one, props)));
  const isLong = () =>
    providers().reduce((sum, { models }) => sum + models.length, 0) > maxWithoutSearch;
  const isNamed = () => providers().some(takesNames);
  const groups = createMemo(() => {
    const only = query() === "" ? undefined : typesFor();
    const listed = only ? [] : providers().filter(({ ready }) => ready);
    return [
      ...listed.map((one) => groupOf(one, query(), props)),
      typedGroup(only ? [only] : providers(), query(), props.provider),
    ].filter(({ choices }) => choices.length > 0);
  });
  let box!: HTMLDivElement;
  let list!: HTMLUListElement;

  function choose(choice: Choice | undefined): void {
    if (choice === undefined) return;
    if (choice.asksName) {
      setTypesFor(providers().find(({ id }) => id === choice.provider));
      box.querySelector("input")?.focus();
      return;
    }
    if (choice.typedFor !== undefined) keepTypedModel(choice.provider, choice.id);
    props.choose(choice);
  }

  /** One that a list has, before those that only begin so, before what was typed. */
  function chooseFirst(): void {
    const all = groups().flatMap(({ choices }) => choices);
    choose(all.find(({ id, typedFor }) => id === query() && typedFor === undefined) ?? all[0]);
  }

  function find(text: string): void {
    const words = text.trim();
    if (words === "") setTypesFor(undefined);
    setQuery(words);
  }
  onMount(() => {
    let hadFocus = false;
    // Before the old list is taken out: `list` is the new one by then.
    const isFocused = () => box.querySelector("[role=option]:focus, ul:focus") !== null;
    createComputed(on(groups, () => (hadFocus = isFocused()), { defer: true }));
    createEffect(on(groups, () => hadFocus && list.focus(), { defer: true }));
    // Opened before the models were there, it is not at the selected one.
    let isAtSelected = false;
    createEffect(() => {
      if (isAtSelected || groups().length === 0) return;
      isAtSelected = true;
      showSelected(box);
    });
    // Drawn late, when the panel around it has given the focus to what it had.
    if (box.closest("[role=dialog]")?.contains(document.activeElement))
      box.querySelector<HTMLElement>("input, [role=listbox]")?.focus();
    // A server that was busy may have answered meanwhile; without an answer, what is known stays.
    client.models.refresh().catch((error: unknown) => {
      logFailure("The list of models could not be loaded", error);
    });
  });

  /** Drawn above the list. Where that is seen at a glance it comes after it, so that the focus begins at the selected model. */
  const Search = () => (
    <input
      type="search"
      placeholder={
        typesFor()
          ? t("Name of a model of {provider}", { provider: typesFor()!.name })
          : t("Search, or type a model’s name")
      }
      aria-label={t("Search models")}
      enterkeyhint="go"
      maxLength={maxNameLength}
      autocapitalize="off"
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => find(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "ArrowDown") list.focus();
        else if (event.key === "Enter" && query() !== "") chooseFirst();
        else return;
        event.preventDefault();
      }}
    />
  );
  return (
    <div ref={box} class={styles.models}>
      <Show when={isNamed() && isLong()}>
        <Search />
      </Show>
      {/* Kobalte gives all its sections the same key: updated in place, all but one would lose their heads. */}
      <Show when={groups()} keyed>
        {(shown) => (
          <Listbox<Choice, Group>
            ref={list}
            class={styles.list}
            aria-label={t("Models")}
            options={shown}
            optionGroupChildren="choices"
            optionValue={keyOf}
            optionTextValue="name"
            value={props.model === "" ? [] : [ownKey(props)]}
            onChange={([key]) =>
              choose(shown.flatMap(({ choices }) => choices).find((one) => keyOf(one) === key))
            }
            // The key would also press the picker's button, which has the focus by then.
            onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
            disallowEmptySelection
            allowDuplicateSelectionEvents
            shouldSelectOnPressUp
            shouldFocusOnHover
            renderSection={(section) => <Head group={section.rawValue} />}
            renderItem={(item) => (
              <Listbox.Item item={item} class={menuStyles.item}>
                <Name choice={item.rawValue} />
                <Show when={item.rawValue.contextTokens}>
                  {(size) => <span class={menuStyles.side}>{tokens(size())}</span>}
                </Show>
                <Listbox.ItemIndicator>
                  <Icon name="check" />
                </Listbox.ItemIndicator>
              </Listbox.Item>
            )}
          />
        )}
      </Show>
      <Show when={isNamed() && !isLong()}>
        <Search />
      </Show>
      <Show when={query() === ""}>
        <For each={providers().filter((one) => isSetUp(one) && !one.ready)}>
          {({ reason }) => (
            <Show when={reason}>
              <p class={styles.note}>
                <VisibleText text={reason ?? ""} />
              </p>
            </Show>
          )}
        </For>
      </Show>
      <Show when={client.models.models() && offered().every(({ id }) => id !== props.provider)}>
        <p class={styles.note}>
          {t("{provider} is not known to this server.", { provider: props.provider })}
        </p>
      </Show>
    </div>
  );
}

function Name(props: { choice: Choice }) {
  return (
    <Show when={props.choice.typedFor} fallback={<VisibleText text={props.choice.name} />}>
      {(provider) => (
        <>
          <span>{tr("Use “{name}”", { name: <VisibleText text={props.choice.name} /> })}</span>
          <span class={menuStyles.side}>{provider()}</span>
        </>
      )}
    </Show>
  );
}

function Head(props: { group: Group }) {
  return (
    <Listbox.Section class={styles.head}>
      <span>{props.group.title}</span>
      <Show when={props.group.hidden > 0}>
        {" "}
        · {tn(props.group.hidden, "search for {count} more", "search for {count} more")}
      </Show>
      <Show when={props.group.reason}>
        {(reason) => (
          <span class={styles.reason}>
            <VisibleText text={reason()} />
          </span>
        )}
      </Show>
    </Listbox.Section>
  );
}

function showSelected(box: HTMLElement): void {
  const selected = box.querySelector("[aria-selected=true]")?.getBoundingClientRect();
  if (selected === undefined) return;
  const { top, height } = box.getBoundingClientRect();
  box.scrollTop += selected.top - top - (height - selected.height) / 2;
}
