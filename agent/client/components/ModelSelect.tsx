/** Chooses a model in a form: one that a provider lists, or another one by its name. */
import { createEffect, createSignal, For, on, Show } from "solid-js";
import type { ProviderInfo } from "../../shared/protocol";
import { useClient } from "../state/client";
import { findModel } from "../state/model-list";
import { Button } from "./Button";
import styles from "./ModelSelect.module.css";

export interface ModelSelectProps {
  label: string;
  /** The words for no choice; absent: one must be chosen. */
  none?: string;
  chosen: { provider?: string; model?: string } | undefined;
  choose(model: { provider: string; model: string } | undefined): void;
}

/** Between a provider's id and a model's, neither of which has it. */
const separator = "\n";

export function ModelSelect(props: ModelSelectProps) {
  const client = useClient();
  const [typedFor, setTypedFor] = createSignal<string>();
  const ready = () => client.models.models()?.providers.filter((one) => one.ready) ?? [];
  const provider = () => props.chosen?.provider ?? "";
  const model = () => props.chosen?.model ?? "";
  const chosen = () => (model() === "" ? "" : provider() + separator + model());
  const isListed = () => findModel(client.models.models(), provider(), model());
  let select!: HTMLSelectElement;
  let input!: HTMLInputElement;
  // Once the options of a new list are there: a select takes no value that it has no option for.
  createEffect(on([client.models.models, chosen], () => void (select.value = chosen())));

  function choose(value: string): void {
    const [toProvider = "", toModel = ""] = value.split(separator);
    if (toModel === "" && value !== "") return void setTypedFor(toProvider);
    setTypedFor(undefined);
    props.choose(value === "" ? undefined : { provider: toProvider, model: toModel });
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    const name = input.value.trim();
    if (name !== "") choose(typedFor() + separator + name);
  }

  return (
    <>
      <select
        ref={select}
        aria-label={props.label}
        onChange={(event) => choose(event.currentTarget.value)}
      >
        <Show when={props.none ?? (chosen() === "" && "Choose a model")}>
          {(words) => (
            <option value="" selected={chosen() === ""}>
              {words()}
            </option>
          )}
        </Show>
        <For each={ready()}>
          {(one) => (
            <optgroup label={one.name}>
              <For each={one.models}>
                {({ id, name }) => <Choice provider={one} id={id} name={name} chosen={chosen()} />}
              </For>
              <Show when={one.id === provider() && model() && !isListed()}>
                <Choice provider={one} id={model()} name={model()} chosen={chosen()} />
              </Show>
              <Show when={one.id !== "demo"}>
                <Choice provider={one} id="" name="Another model…" chosen={chosen()} />
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
