/** The models that can be chosen, by provider, with a search; a provider that is not set up says why. */
import { Listbox } from "@kobalte/core/listbox";
import { createMemo, createSignal, For, Show } from "solid-js";
import type { ModelInfo, ProviderInfo } from "../../shared/protocol";
import { useClient } from "../state/client";
import { tokens } from "../state/format";
import { findProvider } from "../state/model-list";
import menuStyles from "./Menu.module.css";
import styles from "./ModelList.module.css";
import { VisibleText } from "./VisibleText";

/** Some services list hundreds: the search field finds the others. */
const maxShownPerProvider = 40;
/** So many are seen at a glance. */
const maxWithoutSearch = 8;

export interface ModelListProps {
  provider: string;
  model: string;
  choose(model: ModelInfo): void;
}

interface Group {
  provider: ProviderInfo;
  found: number;
  models: ModelInfo[];
}

export function ModelList(props: ModelListProps) {
  const client = useClient();
  const [query, setQuery] = createSignal("");
  const providers = () => client.models.models()?.providers ?? [];
  const count = () => providers().reduce((sum, provider) => sum + provider.models.length, 0);
  const groups = createMemo(() => providers().map((provider) => groupOf(provider, query())));
  const ready = () => groups().filter(({ found }) => found > 0);
  let list!: HTMLUListElement;
  return (
    <div class={styles.models}>
      <Show when={count() > maxWithoutSearch}>
        <input
          type="search"
          placeholder="Search models"
          aria-label="Search models"
          onInput={(event) => setQuery(event.currentTarget.value.toLowerCase())}
          onKeyDown={(event) => {
            if (event.key !== "ArrowDown") return;
            event.preventDefault();
            list.focus();
          }}
        />
      </Show>
      <Listbox<ModelInfo, Group>
        ref={list}
        class={styles.list}
        aria-label="Models"
        options={ready()}
        optionGroupChildren="models"
        optionValue={keyOf}
        optionTextValue="name"
        value={[keyOf({ provider: props.provider, id: props.model })]}
        onChange={([key]) => {
          const chosen = ready().flatMap(({ models }) => models);
          const model = chosen.find((one) => keyOf(one) === key);
          if (model) props.choose(model);
        }}
        // The key would also press the picker's button, which has the focus by then.
        onKeyDown={(event) => event.key === "Enter" && event.preventDefault()}
        disallowEmptySelection
        allowDuplicateSelectionEvents
        shouldSelectOnPressUp
        shouldFocusOnHover
        renderSection={(section) => <Head group={section.rawValue} />}
        renderItem={(item) => (
          <Listbox.Item item={item} class={menuStyles.item}>
            <VisibleText text={item.rawValue.name} />
            <Show when={item.rawValue.contextTokens}>
              {(size) => <span class={menuStyles.side}>{tokens(size())}</span>}
            </Show>
          </Listbox.Item>
        )}
      />
      <Show when={query() === ""}>
        <For each={groups().filter(({ provider }) => provider.reason && !provider.absent)}>
          {({ provider }) => (
            <>
              <p class={styles.head}>{provider.name}</p>
              <p class={styles.note}>
                <VisibleText text={provider.reason ?? ""} />
              </p>
            </>
          )}
        </For>
      </Show>
      <Show when={findProvider(client.models.models(), props.provider) === undefined}>
        <p class={styles.note}>{props.provider} is not known to this server.</p>
      </Show>
    </div>
  );
}

function Head(props: { group: Group }) {
  const hidden = () => props.group.found - props.group.models.length;
  return (
    <Listbox.Section class={styles.head}>
      {props.group.provider.name}
      <Show when={hidden() > 0}> · search for {hidden()} more</Show>
    </Listbox.Section>
  );
}

function groupOf(provider: ProviderInfo, query: string): Group {
  const found = provider.ready
    ? provider.models.filter((model) =>
        `${model.name} ${model.id} ${provider.name}`.toLowerCase().includes(query),
      )
    : [];
  return { provider, found: found.length, models: found.slice(0, maxShownPerProvider) };
}

function keyOf(model: Pick<ModelInfo, "provider" | "id">): string {
  return `${model.provider} ${model.id}`;
}
