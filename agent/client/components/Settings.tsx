/** Keys and addresses of the providers, and what this browser prefers; the other sections have files of their own. */
import { createSignal, For, Show } from "solid-js";
import type { OnDisconnect, ProviderInfo } from "../../shared/protocol";
import { useClient } from "../state/client";
import { mayNotify } from "../state/notify";
import type { ConfirmStop, Costly, Theme } from "../state/preferences";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
import { CommandSettings } from "./CommandSettings";
import { LimitSettings } from "./LimitSettings";
import { ModelSettings } from "./ModelSettings";
import { PriceSettings } from "./PriceSettings";
import { Segments } from "./Segments";
import { createSaver } from "./settings-saver";
import styles from "./Settings.module.css";
import { Sheet } from "./Sheet";
import { SheetSection, SheetSections } from "./SheetSection";
import { SignInSettings } from "./SignInSettings";
import { VisibleText } from "./VisibleText";

export function Settings() {
  const client = useClient();
  const providers = () =>
    client.models.models()?.providers.filter((provider) => provider.id !== "demo") ?? [];
  return (
    <Sheet title="Settings" close={() => client.setPanel("none")}>
      <SheetSections data-testid="settings">
        <Page />
        <ModelSettings />
        <LimitSettings />
        <PriceSettings />
        <CommandSettings />
        <SignInSettings />
        <SheetSection title="Providers">
          <p class={styles.note}>
            Keys are written to a file on the server that only its owner can read, and are never
            sent back to a browser.
          </p>
          {/* By id: what is half typed in one form outlives the saving of another. */}
          <For each={providers().map((provider) => provider.id)}>
            {(id) => <ProviderForm provider={providers().find((one) => one.id === id)!} />}
          </For>
        </SheetSection>
      </SheetSections>
    </Sheet>
  );
}

const themes: { id: Theme; name: string }[] = [
  { id: "system", name: "System" },
  { id: "light", name: "Light" },
  { id: "dark", name: "Dark" },
];

const endings: { id: OnDisconnect; name: string }[] = [
  { id: "continue", name: "Keep working" },
  { id: "stop", name: "Stop" },
];

const confirmations: { id: ConfirmStop; name: string }[] = [
  { id: "never", name: "Never" },
  { id: "costly", name: "When it costs" },
  { id: "always", name: "Always" },
];

function Page() {
  const { preferences, notices } = useClient();

  async function setNotify(choice: "off" | "on"): Promise<void> {
    if (choice === "on" && !(await mayNotify()))
      return notices.toast("The browser does not allow notifications of this page");
    preferences.setNotify(choice);
  }
  return (
    <SheetSection title="This browser">
      <div class={styles.setting}>
        <span aria-hidden="true">Theme</span>
        <Segments
          label="Theme"
          choices={themes}
          chosen={preferences.theme()}
          choose={(theme) => preferences.setTheme(theme)}
        />
      </div>
      <div class={styles.setting}>
        <span aria-hidden="true">When I close the page</span>
        <Segments
          label="When I close the page"
          choices={endings}
          chosen={preferences.onDisconnect()}
          choose={(choice) => preferences.setOnDisconnect(choice)}
        />
      </div>
      <div class={styles.setting}>
        <span aria-hidden="true">Ask before a stop</span>
        <Segments
          label="Ask before a stop"
          choices={confirmations}
          chosen={preferences.confirmStop()}
          choose={(choice) => preferences.setConfirmStop(choice)}
        />
      </div>
      <Show when={preferences.confirmStop() === "costly"}>
        <p class={styles.costs}>
          A stop costs when a tool is running, or after
          <Cost name="tokens" />
          tokens or
          <Cost name="minutes" />
          minutes.
        </p>
      </Show>
      <div class={styles.setting}>
        <span aria-hidden="true">Notify me when a run is done or asks</span>
        <Segments
          label="Notify me when a run is done or asks"
          choices={switches}
          chosen={preferences.notify()}
          choose={setNotify}
        />
      </div>
    </SheetSection>
  );
}

const switches = [
  { id: "off", name: "Off" },
  { id: "on", name: "On" },
] as const;

function Cost(props: { name: keyof Costly }) {
  const { preferences } = useClient();
  return (
    <input
      type="number"
      min="1"
      aria-label={`A stop costs after so many ${props.name}`}
      value={preferences.costly()[props.name]}
      onChange={(event) => {
        const value = event.currentTarget.valueAsNumber;
        if (value > 0) preferences.setCosts({ ...preferences.costly(), [props.name]: value });
      }}
    />
  );
}

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
        <span data-ready={props.provider.ready}>
          {props.provider.ready ? "Ready" : props.provider.absent ? "Not found" : "Not set up"}
        </span>
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
