/** What the server's machine allows, what is missing, and what to do about it: the same that `rein doctor` prints. */
import { createResource, For, Show } from "solid-js";
import type { Finding, FindingState, Sentence } from "../../shared/protocol";
import { inWords } from "../../shared/sentences";
import { lazyWords, t } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { settingsTitles } from "../state/settings-sections";
import { Button } from "./Button";
import { CommandLine } from "./CommandLine";
import { Icon } from "./Icon";
import settings from "./Settings.module.css";
import styles from "./MachineSettings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function MachineSettings() {
  const [answer, { refetch }] = createResource(() => api.machine(undefined, requestTimeout()));
  return (
    <SheetSection title={settingsTitles.machine} isReady={!answer.loading} data-testid="machine">
      <p class={settings.note}>
        {t("What the machine allows on which this server runs. “rein doctor” prints the same.")}
      </p>
      <Show when={answer.state === "errored"}>
        <p class={settings.note}>
          {t("They could not be loaded: {reason}", { reason: wordsFor(answer.error) })}
        </p>
      </Show>
      <Show when={answer.state !== "errored" && answer.latest}>
        {(machine) => (
          <ul class={styles.list}>
            <For each={machine().findings}>{(finding) => <Row finding={finding} />}</For>
          </ul>
        )}
      </Show>
      <Button look="quiet" size="small" onClick={() => void refetch()}>
        <Icon name="retry" />
        <span>{t("Look again")}</span>
      </Button>
    </SheetSection>
  );
}

const icons = { ok: "check", missing: "circle", broken: "warning" } as const;

const stateWords = lazyWords<FindingState>({
  ok: () => t("works"),
  missing: () => t("not there"),
  broken: () => t("does not work"),
});

/** The server's own names of what it looked at. */
const names: Readonly<Record<string, () => string>> = {
  Saving: () => t("Saving"),
  People: () => t("People"),
  Upgrade: () => t("Upgrade"),
  Cluster: () => t("Cluster"),
  Sandbox: () => t("Sandbox"),
  Limits: () => t("Limits"),
  Provider: () => t("Provider"),
  Providers: () => t("Providers"),
  Engine: () => t("Engine"),
  Engines: () => t("Engines"),
  Stop: () => t("Stop"),
  "Web search": () => t("Web search"),
};

function Row(props: { finding: Finding }) {
  const { about, state, words, advice, said } = props.finding;
  const saidOf = (one: Sentence | undefined, english: string | undefined) =>
    one === undefined ? english : inWords(one);
  return (
    <li class={styles.row} data-state={state}>
      <span class={styles.mark} role="img" aria-label={stateWords[state]}>
        <Icon name={icons[state]} />
      </span>
      <span class={styles.name}>{names[about]?.() ?? about}</span>
      <div class={styles.words}>
        <VisibleText text={saidOf(said?.words, words) ?? ""} />
        <Show when={saidOf(said?.advice, advice)}>
          {(text) => (
            <p class={styles.advice}>
              <VisibleText text={text()} />
            </p>
          )}
        </Show>
        <Show when={props.finding.command}>{(command) => <CommandLine command={command()} />}</Show>
      </div>
    </li>
  );
}
