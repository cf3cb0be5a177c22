/** The providers that can be used, each with how it does and what can be changed; and one form that adds another. */
import { createEffect, createSignal, For, on, onMount, Show } from "solid-js";
import type { ProviderInfo } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { logFailure } from "../state/api-client";
import { useClient } from "../state/client";
import { findProvider, isSetUp, providerStateWords } from "../state/model-list";
import { settingsTitles } from "../state/settings-sections";
import { Button, ButtonRow } from "./Button";
import { ProviderForm } from "./ProviderForm";
import styles from "./ProviderSettings.module.css";
import settingsStyles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";

export function ProviderSettings() {
  const client = useClient();
  const { models } = client.models;
  const providers = () => models()?.providers.filter(({ id }) => id !== "demo") ?? [];
  const setUp = () => providers().filter(isSetUp);
  const [isAdding, setAdding] = createSignal(false);
  const [hasFailed, setFailed] = createSignal(false);
  let add: HTMLButtonElement | undefined;
  onMount(() => {
    // A chat may have been refused meanwhile; without an answer, what is known stays.
    client.models.refresh().catch((error: unknown) => {
      logFailure("The list of models could not be loaded", error);
      setFailed(true);
    });
  });
  createEffect(on(client.panel, (panel) => panel === "add-provider" && setAdding(true)));

  function close(): void {
    setAdding(false);
    add?.focus();
  }

  return (
    <SheetSection
      title={settingsTitles.providers}
      isReady={models() !== undefined || hasFailed()}
      data-testid="providers"
    >
      <p class={settingsStyles.note}>
        {t(
          "Keys are written to a file on the server that only its owner can read, and are never sent back to a browser.",
        )}
      </p>
      {/* By id: what is half typed in one form outlives the saving of another. */}
      <For each={setUp().map(({ id }) => id)}>
        {(id) => <Row provider={findProvider(models(), id)!} onRemoved={() => add?.focus()} />}
      </For>
      <Show
        when={isAdding()}
        fallback={
          <Button ref={add} class={styles.add} onClick={() => setAdding(true)}>
            {t("Add a provider")}
          </Button>
        }
      >
        <AddForm providers={providers()} close={close} />
      </Show>
    </SheetSection>
  );
}

function Row(props: { provider: ProviderInfo; onRemoved: () => void }) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <details
      class={settingsStyles.provider}
      open={isOpen()}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>{props.provider.name}</span>
        <span data-state={props.provider.state}>{providerStateWords[props.provider.state]}</span>
      </summary>
      <Show when={isOpen()}>
        <ProviderForm
          provider={props.provider}
          close={() => setOpen(false)}
          onRemoved={props.onRemoved}
        />
      </Show>
    </details>
  );
}

function AddForm(props: { providers: ProviderInfo[]; close: () => void }) {
  const [chosen, setChosen] = createSignal("");
  /** The chosen one stays when it is set up. */
  const offered = (runs: ProviderInfo["runs"]) =>
    props.providers.filter((one) => one.runs === runs && (!isSetUp(one) || one.id === chosen()));
  let select!: HTMLSelectElement;
  // The sheet, which is drawn after its content, gives the focus to its first button.
  onMount(() => queueMicrotask(() => select.focus()));
  return (
    <section class={styles.adding} aria-labelledby="add-provider">
      <h4 id="add-provider">{t("Add a provider")}</h4>
      <label class={styles.service}>
        {t("Service")}
        <select ref={select} onChange={(event) => setChosen(event.currentTarget.value)}>
          <option value="" disabled selected={chosen() === ""}>
            {t("Choose a service")}
          </option>
          <optgroup label={t("Services")}>
            <Options of={offered(undefined)} chosen={chosen()} />
          </optgroup>
          <optgroup label={t("On this machine")}>
            <Options of={offered("here")} chosen={chosen()} />
          </optgroup>
          <optgroup label={t("Elsewhere")}>
            <Options of={offered("anywhere")} chosen={chosen()} />
          </optgroup>
        </select>
      </label>
      <Show
        when={chosen()}
        keyed
        fallback={
          <ButtonRow>
            <Button onClick={() => props.close()}>{t("Cancel")}</Button>
          </ButtonRow>
        }
      >
        {(id) => (
          <ProviderForm
            provider={props.providers.find((one) => one.id === id)!}
            isNew
            close={props.close}
            onRemoved={props.close}
          />
        )}
      </Show>
    </section>
  );
}

function Options(props: { of: ProviderInfo[]; chosen: string }) {
  return (
    <For each={props.of}>
      {({ id, name, runs }) => (
        <option value={id} selected={id === props.chosen}>
          {runs === "anywhere" ? t("Other server (Chat Completions)") : name}
        </option>
      )}
    </For>
  );
}
