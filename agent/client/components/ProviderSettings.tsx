/** How each provider does, and its key and address. Those that are not set up are folded away once another one is. */
import { createMemo, createSignal, For, onMount, Show } from "solid-js";
import type { ProviderInfo, ProviderState } from "../../shared/protocol";
import { logFailure } from "../state/api-client";
import { useClient } from "../state/client";
import { isSetUp } from "../state/model-list";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
import { createSaver } from "./settings-saver";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function ProviderSettings() {
  const client = useClient();
  const { models } = client.models;
  onMount(() => {
    // A chat may have been refused meanwhile; without an answer, what is known stays.
    client.models.refresh().catch((error: unknown) => {
      logFailure("The list of models could not be loaded", error);
    });
  });
  const providers = () => models()?.providers.filter(({ id }) => id !== "demo") ?? [];
  /** As they were at first: none changes its place while its key is entered. */
  const setUp = createMemo<string[] | undefined>(
    (before) => before ?? (models() && idsOf(providers().filter(isSetUp))),
  );
  const isShown = ({ id }: ProviderInfo) => setUp()?.includes(id);
  /** By id: what is half typed in one form outlives the saving of another. */
  const Forms = (shown: { of: ProviderInfo[] }) => (
    <For each={idsOf(shown.of)}>
      {(id) => <ProviderForm provider={providers().find((one) => one.id === id)!} />}
    </For>
  );
  return (
    <SheetSection title="Providers">
      <p class={styles.note}>
        Keys are written to a file on the server that only its owner can read, and are never sent
        back to a browser.
      </p>
      <Forms of={providers().filter(isShown)} />
      <details class={styles.others} open={setUp()?.length === 0}>
        <summary>Add a provider</summary>
        <Forms of={providers().filter((one) => !isShown(one))} />
      </details>
    </SheetSection>
  );
}

function idsOf(providers: ProviderInfo[]): string[] {
  return providers.map(({ id }) => id);
}

const stateWords: Record<ProviderState, string> = {
  ready: "Ready",
  "not-set-up": "Not set up",
  absent: "Not found",
  "wrong-address": "Wrong address",
  "wrong-key": "Key cannot be used",
  "key-refused": "Key refused",
  "access-refused": "Access refused",
  unreachable: "Cannot be reached",
  silent: "No answer yet",
  "no-api": "No API there",
  "no-list": "No list of models",
  empty: "No models",
  failed: "Fails",
};

function ProviderForm(props: { provider: ProviderInfo }) {
  const [apiKey, setApiKey] = createSignal("");
  const [baseUrl, setBaseUrl] = createSignal<string>();
  const { save, problem, isSaving } = createSaver();
  const saveOne = (change: { apiKey?: string | null; baseUrl?: string | null }) =>
    save({ providers: { [props.provider.id]: change } });

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const url = baseUrl()?.trim();
    const saved = await saveOne({
      ...(apiKey().trim() === "" ? {} : { apiKey: apiKey().trim() }),
      ...(url === undefined ? {} : { baseUrl: url === "" ? null : url }),
    });
    if (!saved) return;
    setApiKey("");
    setBaseUrl(undefined);
  }

  return (
    <details class={styles.provider}>
      <summary>
        <span>{props.provider.name}</span>
        <span data-state={props.provider.state}>{stateWords[props.provider.state]}</span>
      </summary>
      <form onSubmit={(event) => void submit(event)}>
        <Show when={props.provider.reason}>
          {(reason) => (
            <p class={styles.note}>
              <VisibleText text={reason()} />
            </p>
          )}
        </Show>
        <label>
          Key
          <input
            type="password"
            autocomplete="off"
            placeholder={keyWords[props.provider.key ?? "none"]}
            value={apiKey()}
            onInput={(event) => setApiKey(event.currentTarget.value)}
          />
        </label>
        <label>
          Base URL
          <input
            inputmode="url"
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            placeholder="The service’s own"
            value={baseUrl() ?? props.provider.baseUrl ?? ""}
            onInput={(event) => setBaseUrl(event.currentTarget.value)}
          />
        </label>
        <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
        <ButtonRow>
          <Show when={props.provider.key === "settings"}>
            <Button look="destructive" onClick={() => void saveOne({ apiKey: null })}>
              Remove the key
            </Button>
          </Show>
          <Button
            type="submit"
            look="primary"
            disabled={isSaving() || (apiKey().trim() === "" && baseUrl() === undefined)}
          >
            Save
          </Button>
        </ButtonRow>
      </form>
    </details>
  );
}

const keyWords: Record<NonNullable<ProviderInfo["key"]>, string> = {
  environment: "Set by the environment",
  settings: "Kept in the settings; type to replace it",
  none: "None yet",
};
