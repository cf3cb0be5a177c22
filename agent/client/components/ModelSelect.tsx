/** Chooses a model in a form: one that a provider lists, or another one by its name. */
import { createSignal, For, Show } from "solid-js";
import type { ProviderInfo } from "../../shared/protocol";
import { useClient } from "../state/client";
import { findModel } from "../state/model-list";
import { Button } from "./Button";
import styles from "./ModelSelect.module.css";

export interface ModelSelectProps {
  label: string;
  provider: string;
  model: string;
  /** The words for no choice, which calls `choose` with two empty strings; absent: one must be chosen. */
  none?: string;
  choose(provider: string, model: string): void;
}

/** Between a provider's id and a model's, neither of which has it. */
const separator = "\n";

export function ModelSelect(props: ModelSelectProps) {
  const client = useClient();
  const [typedFor, setTypedFor] = createSignal<string>();
  const ready = () => client.models.models()?.providers.filter((one) => one.ready) ?? [];
  const chosen = () => props.provider + separator + props.model;
  const isListed = () => findModel(client.models.models(), props.provider, props.model);
  let input!: HTMLInputElement;

  function choose(value: string): void {
    const [provider = "", model = ""] = value.split(separator);
    if (model === "" && provider !== "") return void setTypedFor(provider);
    setTypedFor(undefined);
    props.choose(provider, model);
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const name = input.value.trim();
    if (name !== "") choose(typedFor() + separator + name);
  }

  return (
    <>
      <select
        aria-label={props.label}
        value={chosen()}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <Show when={props.none}>
          {(words) => (
            <option value={separator} selected={chosen() === separator}>
              {words()}
            </option>
          )}
        </Show>
        <For each={ready()}>
          {(provider) => (
            <optgroup label={provider.name}>
              <For each={provider.models}>
                {(model) => (
                  <Choice provider={provider} id={model.id} name={model.name} chosen={chosen()} />
                )}
              </For>
              <Show when={provider.id === props.provider && props.model && !isListed()}>
                <Choice provider={provider} id={props.model} name={props.model} chosen={chosen()} />
              </Show>
              <Show when={provider.id !== "demo"}>
                <Choice provider={provider} id="" name="Another model…" chosen={chosen()} />
              </Show>
            </optgroup>
          )}
        </For>
      </select>
      <Show when={typedFor()}>
        <form class={styles.typed} onSubmit={submit}>
          <input
            aria-label="Name of the model"
            placeholder="Name of the model"
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            maxLength={200}
            ref={(element) => {
              input = element;
              queueMicrotask(() => element.focus());
            }}
          />
          <Button type="submit" look="primary">
            Use
          </Button>
        </form>
      </Show>
    </>
  );
}

function Choice(props: { provider: ProviderInfo; id: string; name: string; chosen: string }) {
  const value = () => props.provider.id + separator + props.id;
  return (
    <option value={value()} selected={value() === props.chosen}>
      {props.name}
    </option>
  );
}
