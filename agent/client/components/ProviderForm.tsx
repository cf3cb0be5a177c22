/** The key and the address of one provider: tested against its service, which is told, and saved when they work. */
import { createUniqueId, Show } from "solid-js";
import type { ProviderInfo } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { Button, ButtonRow } from "./Button";
import { createProviderTrial, type Place } from "./provider-trial";
import { ProviderVerdict } from "./ProviderVerdict";
import styles from "./ProviderSettings.module.css";
import { VisibleText } from "./VisibleText";

export interface ProviderFormProps {
  provider: ProviderInfo;
  /** It is being added. */
  isNew?: boolean;
  close: () => void;
  onRemoved: () => void;
}

export function ProviderForm(props: ProviderFormProps) {
  const trial = createProviderTrial(() => props.provider, focus);
  const verdictId = createUniqueId();
  let form!: HTMLFormElement;

  function focus(place: Place): void {
    const field = form.elements.namedItem(place);
    if (!(field instanceof HTMLInputElement)) return;
    const folded = field.closest("details");
    if (folded) folded.open = true;
    field.focus();
  }

  function cancel(): void {
    if (trial.isTesting()) trial.abort();
    else props.close();
  }

  async function remove(): Promise<void> {
    if (await trial.remove()) props.onRemoved();
  }

  const fieldProps = (place: Place) => ({
    name: place,
    autocapitalize: "off" as const,
    autocomplete: "off",
    spellcheck: false,
    "aria-invalid": trial.faultAt() === place,
    "aria-describedby": trial.faultAt() === place ? verdictId : undefined,
    value: trial.entered()[place],
    onInput: (event: InputEvent & { currentTarget: HTMLInputElement }) =>
      trial.enter(place, event.currentTarget.value),
  });

  const Address = () => (
    <label>
      {t("Address")}
      <input
        {...fieldProps("baseUrl")}
        inputmode="url"
        maxLength={2000}
        placeholder={addressOf(props.provider)}
      />
    </label>
  );

  return (
    <form
      ref={form}
      aria-label={props.provider.name}
      class={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        void trial.test();
      }}
    >
      <Show when={!props.isNew && trial.found() === undefined && props.provider.reason}>
        {(reason) => (
          <p class={styles.hint}>
            <VisibleText text={reason()} />
          </p>
        )}
      </Show>
      <Show when={props.provider.key !== undefined}>
        <label>
          {props.provider.runs ? t("Key, if the server needs one") : t("Key")}
          <input
            {...fieldProps("apiKey")}
            type="password"
            maxLength={10_000}
            placeholder={keyWords(props.provider.key)}
          />
        </label>
      </Show>
      <Show when={props.isNew && props.provider.keyPage}>
        {(page) => <p class={styles.hint}>{t("Get a key at {page}.", { page: page() })}</p>}
      </Show>
      <Show
        when={props.provider.runs}
        fallback={
          <details>
            <summary>{t("Custom address")}</summary>
            <Address />
          </details>
        }
      >
        <Address />
      </Show>
      <Show when={trial.needsModel()}>
        <label>
          {t("Name of a model")}
          <input {...fieldProps("model")} maxLength={200} />
        </label>
      </Show>
      <ProviderVerdict id={verdictId} trial={trial} provider={props.provider} />
      <ButtonRow>
        <Show when={!props.isNew && props.provider.isStored}>
          <Button look="destructive" onClick={() => void remove()}>
            {props.provider.key === "settings" ? t("Remove the key") : t("Remove")}
          </Button>
        </Show>
        <Show
          when={!trial.isKept()}
          fallback={
            <Button look="primary" onClick={() => props.close()}>
              {t("Done")}
            </Button>
          }
        >
          <Button onClick={cancel}>{t("Cancel")}</Button>
          <Button type="submit" look="primary" aria-disabled={trial.isTesting()}>
            {trial.isTesting()
              ? t("Testing…")
              : props.isNew || trial.isChanged()
                ? t("Test and save")
                : t("Test")}
          </Button>
        </Show>
      </ButtonRow>
    </form>
  );
}

function addressOf({ runs }: ProviderInfo): string {
  return runs === "anywhere" ? "https://server.example/v1" : t("The service’s own");
}

function keyWords(key: ProviderInfo["key"]): string {
  if (key === "environment") return t("Set by the environment");
  return key === "settings" ? t("Kept in the settings; type to replace it") : "";
}
