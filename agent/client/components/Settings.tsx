/** The settings, and of their sections what this browser prefers; the others have files of their own. */
import { type Component, For, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { t } from "../../shared/translation";
import { visibleString } from "../../shared/visible-text";
import { askedNode } from "../state/asked-node";
import { useClient } from "../state/client";
import { closings, confirmations, themes } from "../state/preference-choices";
import { type Costly, textSizes } from "../state/preferences";
import {
  conditionOf,
  settingsSections,
  type SettingsSection,
  settingsTitles,
} from "../state/settings-sections";
import { ClusterSettings } from "./ClusterSettings";
import { CommandSettings } from "./CommandSettings";
import { DefinitionSettings } from "./DefinitionSettings";
import { EngineSettings } from "./EngineSettings";
import { HookSettings } from "./HookSettings";
import { LanguageServerSettings } from "./LanguageServerSettings";
import { LimitSettings } from "./LimitSettings";
import { MachineSettings } from "./MachineSettings";
import { McpSettings } from "./McpSettings";
import { ModelSettings } from "./ModelSettings";
import { NotificationSettings } from "./NotificationSettings";
import { PriceSettings } from "./PriceSettings";
import { ProviderSettings } from "./ProviderSettings";
import { ScheduleSettings } from "./ScheduleSettings";
import { PersonalInstructions } from "./PersonalInstructions";
import { Problem } from "./Problem";
import { Segments } from "./Segments";
import styles from "./Settings.module.css";
import { Sheet } from "./Sheet";
import { SectionGate, SheetSection, SheetSections } from "./SheetSection";
import { ApiKeySettings } from "./ApiKeySettings";
import { PeopleSettings } from "./PeopleSettings";
import { SignInSettings } from "./SignInSettings";
import { SubagentSettings } from "./SubagentSettings";
import { tr } from "./tr";
import { WebSettings } from "./WebSettings";
import { languageName } from "../words/language-name";
import { languageIds, missingLanguage } from "../words/page-language";

export function Settings() {
  const client = useClient();
  /** Each machine has its own. */
  const title = () => {
    const name = client.cluster.isShown() ? askedNode() : undefined;
    return name === undefined
      ? t("Settings")
      : t("Settings of machine {name}", { name: visibleString(name) });
  };
  return (
    <Sheet title={title()} close={() => client.setPanel("none")}>
      <SheetSections wanted={client.settingsSection()} data-testid="settings">
        <For each={settingsSections}>{(section) => <Section section={section} />}</For>
      </SheetSections>
    </Sheet>
  );
}

const sections: Record<SettingsSection, Component> = {
  providers: ProviderSettings,
  engines: EngineSettings,
  mcp: McpSettings,
  browser: Page,
  instructions: PersonalInstructions,
  models: ModelSettings,
  definitions: DefinitionSettings,
  subagents: SubagentSettings,
  schedules: ScheduleSettings,
  hooks: HookSettings,
  languageServers: LanguageServerSettings,
  limits: LimitSettings,
  prices: PriceSettings,
  commands: CommandSettings,
  web: WebSettings,
  signIns: SignInSettings,
  apiKeys: ApiKeySettings,
  people: PeopleSettings,
  machines: ClusterSettings,
  machine: MachineSettings,
};

function Section(props: { section: SettingsSection }) {
  const { cluster } = useClient();
  const condition = () => conditionOf(props.section);
  return (
    <>
      <SectionGate isReady={condition().isKnown(cluster)} />
      <Show when={condition().isShown(cluster)}>
        <Dynamic component={sections[props.section]} />
      </Show>
    </>
  );
}

/** Each by its name in itself, so that whoever reads only that one finds it. */
const languages = [
  {
    id: "system",
    get name() {
      return t("System");
    },
  },
  ...languageIds.map((id) => ({ id, name: languageName(id) })),
];

function Page() {
  const { preferences } = useClient();

  return (
    <SheetSection title={settingsTitles.browser}>
      <div class={styles.setting}>
        <span aria-hidden="true">{t("Language")}</span>
        <Segments
          label={t("Language")}
          choices={languages}
          chosen={languageIds.find((id) => id === preferences.language()) ?? "system"}
          choose={(language) => preferences.setLanguage(language)}
        />
      </div>
      <Problem
        words={
          missingLanguage() &&
          t("{language} could not be loaded: the page is in English. Reload it to try again.", {
            language: languageName(missingLanguage()!),
          })
        }
      />
      <div class={styles.setting}>
        <span aria-hidden="true">{t("Theme")}</span>
        <Segments
          label={t("Theme")}
          choices={themes}
          chosen={preferences.theme()}
          choose={(theme) => preferences.setTheme(theme)}
        />
      </div>
      <div class={styles.setting}>
        <span aria-hidden="true">{t("Text size")}</span>
        <Segments
          label={t("Text size")}
          choices={textSizes.map((id) => ({ id, name: id }))}
          chosen={preferences.textSize()}
          choose={(size) => preferences.setTextSize(size)}
        />
      </div>
      <div class={styles.setting}>
        <span aria-hidden="true">{t("When I close the page")}</span>
        <Segments
          label={t("When I close the page")}
          choices={closings}
          chosen={preferences.onDisconnect()}
          choose={(choice) => preferences.setOnDisconnect(choice)}
        />
      </div>
      <div class={styles.setting}>
        <span aria-hidden="true">{t("Ask before a stop")}</span>
        <Segments
          label={t("Ask before a stop")}
          choices={confirmations}
          chosen={preferences.confirmStop()}
          choose={(choice) => preferences.setConfirmStop(choice)}
        />
      </div>
      <Show when={preferences.confirmStop() === "costly"}>
        <p class={styles.costs}>
          {tr(
            "A stop is costly while a tool runs, or after {tokens} tokens or {minutes} minutes.",
            {
              tokens: <Cost name="tokens" label={t("A stop is costly after so many tokens")} />,
              minutes: <Cost name="minutes" label={t("A stop is costly after so many minutes")} />,
            },
          )}
        </p>
      </Show>
      <NotificationSettings />
    </SheetSection>
  );
}

function Cost(props: { name: keyof Costly; label: string }) {
  const { preferences } = useClient();
  return (
    <input
      type="number"
      min="1"
      aria-label={props.label}
      value={preferences.costly()[props.name]}
      onChange={(event) => {
        const value = event.currentTarget.valueAsNumber;
        if (value > 0) preferences.setCosts({ ...preferences.costly(), [props.name]: value });
      }}
    />
  );
}
