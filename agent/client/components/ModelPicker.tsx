/** Chooses the session's model: grouped by provider, those that cannot be used with the reason why. */
import { createMemo, createSignal, For, Show } from "solid-js";
import type { ModelInfo, ProviderInfo } from "../../shared/protocol";
import { useClient } from "../state/client";
import { tokens } from "../state/format";
import { findModel, findProvider } from "../state/model-list";
import { Icon } from "./Icon";
import { Menu } from "./Menu";

/** Some services list hundreds: the search field finds the others. */
const maxShownPerProvider = 40;

export function ModelPicker() {
  const client = useClient();
  const models = client.models.models;
  const provider = () => client.current().chosen().provider ?? models()?.default.provider ?? "";
  const model = () => client.current().chosen().model ?? models()?.default.model ?? "";
  const name = () => findModel(models(), provider(), model())?.name ?? model();
  return (
    <Menu
      label={`Model: ${name() || "none"}`}
      kind="dialog"
      trigger={
        <>
          <span class="chip-text">
            {name() || (models() ? "Choose a model" : "Looking for models…")}
          </span>
          <Icon name="chevron" />
        </>
      }
    >
      {(close) => (
        <Choices
          provider={provider()}
          model={model()}
          choose={(chosen) => {
            client.current().change({ provider: chosen.provider, model: chosen.id });
            close();
          }}
        />
      )}
    </Menu>
  );
}

interface ChoicesProps {
  provider: string;
  model: string;
  choose: (model: ModelInfo) => void;
}

function Choices(props: ChoicesProps) {
  const client = useClient();
  const [query, setQuery] = createSignal("");
  const count = createMemo(() =>
    (client.models.models()?.providers ?? []).reduce((sum, p) => sum + p.models.length, 0),
  );
  return (
    <div class="models">
      <Show when={count() > 8}>
        <input
          type="search"
          class="menu-search"
          placeholder="Search models"
          aria-label="Search models"
          autofocus
          onInput={(event) => setQuery(event.currentTarget.value.toLowerCase())}
        />
      </Show>
      <For each={client.models.models()?.providers}>
        {(provider) => (
          <ProviderChoices
            provider={provider}
            query={query()}
            isChosen={(model) => provider.id === props.provider && model.id === props.model}
            choose={props.choose}
          />
        )}
      </For>
      <Show when={findProvider(client.models.models(), props.provider) === undefined}>
        <p class="menu-note">{props.provider} is not known to this server.</p>
      </Show>
    </div>
  );
}

interface ProviderChoicesProps {
  provider: ProviderInfo;
  query: string;
  isChosen(model: ModelInfo): boolean;
  choose(model: ModelInfo): void;
}

function ProviderChoices(props: ProviderChoicesProps) {
  const found = createMemo(() =>
    props.provider.models.filter((model) =>
      `${model.name} ${model.id} ${props.provider.name}`.toLowerCase().includes(props.query),
    ),
  );
  return (
    <Show when={found().length > 0 || (!props.provider.ready && props.query === "")}>
      <div role="radiogroup" aria-label={props.provider.name}>
        <p class="menu-head" aria-hidden="true">
          {props.provider.name}
        </p>
        <Show when={!props.provider.ready}>
          <p class="menu-note">{props.provider.reason}</p>
        </Show>
        <Show when={props.provider.ready}>
          <For each={found().slice(0, maxShownPerProvider)}>
            {(model) => (
              <button
                type="button"
                class="item"
                role="radio"
                aria-checked={props.isChosen(model)}
                onClick={() => props.choose(model)}
              >
                <span class="item-text">{model.name}</span>
                <Show when={model.contextTokens}>
                  {(size) => <span class="item-side">{tokens(size())}</span>}
                </Show>
              </button>
            )}
          </For>
          <Show when={found().length > maxShownPerProvider}>
            <p class="menu-note">
              and {found().length - maxShownPerProvider} more: search for them
            </p>
          </Show>
        </Show>
      </div>
    </Show>
  );
}
