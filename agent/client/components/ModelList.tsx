/** The models that can be chosen, by provider, with a search, and any other by its name; a provider says what is wrong with it. */
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
import { useClient } from "../state/client";
import { tokens } from "../state/format";
import { logFailure } from "../state/api-client";
import { findProvider, isSetUp } from "../state/model-list";
import menuStyles from "./Menu.module.css";
import styles from "./ModelList.module.css";
import { VisibleText } from "./VisibleText";

/** Some services list hundreds: the search field finds the others. */
const maxShownPerProvider = 40;

/** The session's own. */
interface Chosen {
  provider: string;
  model: string;
}

export interface ModelListProps extends Chosen {
  choose(model: ModelInfo): void;
}

/** So many are seen at a glance. */
const maxWithoutSearch = 8;

/** A model of the list, or one whose name was typed, for a provider. */
interface Choice extends ModelInfo {
  typedFor?: string;
}

interface Group {
  title: string;
  hidden: number;
  choices: Choice[];
}

export function ModelList(props: ModelListProps) {
  const client = useClient();
  const [query, setQuery] = createSignal("");
  const providers = createMemo(() =>
    (client.models.models()?.providers ?? []).map((one) => withModel(one, props)),
  );
  const isLong = () =>
    providers().reduce((sum, { models }) => sum + models.length, 0) > maxWithoutSearch;
  const isNamed = () => providers().some(takesNames);
  const groups = createMemo(() => {
    const listed = providers()
      .filter(({ ready }) => ready)
      .map((one) => groupOf(one, query(), props));
    return [...listed, typedGroup(providers(), query(), props.provider)].filter(
      ({ choices }) => choices.length > 0,
    );
  });
  const choose = (choice: Choice | undefined) => choice && props.choose(choice);
  let box!: HTMLDivElement;
  let list!: HTMLUListElement;
  onMount(() => {
    let hadFocus = false;
    // Before the old list is taken out: `list` is the new one by then.
    const isFocused = () => box.querySelector("[role=option]:focus, ul:focus") !== null;
    createComputed(on(groups, () => (hadFocus = isFocused()), { defer: true }));
    createEffect(on(groups, () => hadFocus && list.focus(), { defer: true }));
    // Drawn late, when the panel around it has given the focus to what it had.
    if (box.closest("[role=dialog]")?.contains(document.activeElement))
      box.querySelector<HTMLElement>("input, [role=listbox]")?.focus();
    // A server that was busy may have answered meanwhile; without an answer, what is known stays.
    client.models.refresh().catch((error: unknown) => {
      logFailure("The list of models could not be loaded", error);
    });
  });

  /** Below a list that is seen at a glance, so that this opens at the selected model. */
  const Search = () => (
    <input
      type="search"
      placeholder="Search, or type a model’s name"
      aria-label="Search models"
      autocapitalize="off"
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => setQuery(event.currentTarget.value.trim())}
      onKeyDown={(event) => {
        if (event.key === "ArrowDown") list.focus();
        else if (event.key === "Enter" && query() !== "") choose(groups()[0]?.choices[0]);
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
            aria-label="Models"
            options={shown}
            optionGroupChildren="choices"
            optionValue={keyOf}
            optionTextValue="name"
            value={[ownKey(props)]}
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
              </Listbox.Item>
            )}
          />
        )}
      </Show>
      <Show when={isNamed() && !isLong()}>
        <Search />
      </Show>
      <Show when={query() === ""}>
        <For each={providers().filter(isSetUp)}>
          {({ reason }) => (
            <Show when={reason}>
              <p class={styles.note}>
                <VisibleText text={reason ?? ""} />
              </p>
            </Show>
          )}
        </For>
      </Show>
      <Show
        when={
          client.models.models() &&
          findProvider(client.models.models(), props.provider) === undefined
        }
      >
        <p class={styles.note}>{props.provider} is not known to this server.</p>
      </Show>
    </div>
  );
}

function Name(props: { choice: Choice }) {
  return (
    <Show when={props.choice.typedFor} fallback={<VisibleText text={props.choice.name} />}>
      {(provider) => (
        <>
          <span>
            Use “<VisibleText text={props.choice.name} />”
          </span>
          <span class={menuStyles.side}>{provider()}</span>
        </>
      )}
    </Show>
  );
}

function Head(props: { group: Group }) {
  return (
    <Listbox.Section class={styles.head}>
      {props.group.title}
      <Show when={props.group.hidden > 0}> · search for {props.group.hidden} more</Show>
    </Listbox.Section>
  );
}

/** With the session's model, though no list has it: its name was typed, or its service lists it no longer. */
function withModel(provider: ProviderInfo, { provider: id, model }: Chosen): ProviderInfo {
  const isListed = provider.id !== id || provider.models.some((one) => one.id === model);
  if (isListed || model === "") return provider;
  return { ...provider, models: [{ provider: id, id: model, name: model }, ...provider.models] };
}

/** The first that are found, and the session's model wherever it stands. */
function groupOf(provider: ProviderInfo, query: string, own: Chosen): Group {
  const words = query.toLowerCase();
  const found = provider.models.filter((model) =>
    `${model.name} ${model.id} ${provider.name}`.toLowerCase().includes(words),
  );
  const choices = found.filter(
    (model, index) => index < maxShownPerProvider || keyOf(model) === ownKey(own),
  );
  return { title: provider.name, hidden: found.length - choices.length, choices };
}

/** Fine-tunes, new models, and those of a server without a list; the session's own provider comes first. */
function typedGroup(providers: ProviderInfo[], name: string, own: string): Group {
  const takers = providers
    .filter((provider) => takesNames(provider) && !provider.models.some(({ id }) => id === name))
    .toSorted((a, b) => Number(b.id === own) - Number(a.id === own));
  const choices = takers.map(({ id, name: typedFor }) => ({
    provider: id,
    id: name,
    name,
    typedFor,
  }));
  return { title: "By its name", hidden: 0, choices: name === "" ? [] : choices };
}

function takesNames({ id, ready }: ProviderInfo): boolean {
  return ready && id !== "demo";
}

function ownKey({ provider, model }: Chosen): string {
  return keyOf({ provider, id: model });
}

function keyOf(model: Pick<ModelInfo, "provider" | "id">): string {
  return `${model.provider} ${model.id}`;
}
