/** An ACP agent that a person enters: its name, its command and its variables. */
import { createSignal, Show } from "solid-js";
import { defined } from "../../shared/defined";
import type { EngineInfo } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { Button, ButtonRow } from "./Button";
import { joinedCommand, splitCommandLine, variableChanges, newOwnId } from "./own-agent";
import styles from "./EngineSettings.module.css";
import { Problem } from "./Problem";
import settingsStyles from "./Settings.module.css";
import { createSaver } from "./settings-saver";

export interface OwnAgentFormProps {
  /** Absent: a new one. */
  engine?: EngineInfo;
  close: () => void;
  onRemoved?: () => void;
}

export function OwnAgentForm(props: OwnAgentFormProps) {
  const { engines, refresh } = useClient().engines;
  const { save, problem, isSaving } = createSaver();
  const [fault, setFault] = createSignal("");
  const [name, setName] = createSignal(props.engine?.name ?? "");
  const before = props.engine?.own;
  const [command, setCommand] = createSignal(joinedCommand(before?.command ?? []));
  const [variables, setVariables] = createSignal(before?.variables.join("\n") ?? "");
  const [folders, setFolders] = createSignal<string>();
  const kept = before?.writable.join("\n") ?? "";

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setFault("");
    const words = splitCommandLine(command());
    if (words === undefined)
      return void setFault(t("A quotation mark in the command is not closed."));
    if (name().trim() === "" || words.length === 0)
      return void setFault(t("Enter a name and a command."));
    const environment = variableChanges(variables(), before?.variables ?? []);
    if (typeof environment === "string") return void setFault(environment);
    const writable = folders()
      ?.split("\n")
      .flatMap((line) => line.trim() || []);
    if (writable?.some((path) => !/^~?\//.test(path)))
      return void setFault(t("Write the whole path of a folder, from / or ~/ on."));
    const id = props.engine?.id ?? newOwnId(name(), engines() ?? []);
    const agent = { name: name().trim(), command: words, environment, ...defined({ writable }) };
    if (!(await save({ engines: { own: { [id]: agent } } }))) return;
    await refresh();
    props.close();
  }

  async function remove(): Promise<void> {
    if (!(await save({ engines: { own: { [props.engine!.id]: null } } }))) return;
    await refresh();
    props.onRemoved?.();
  }

  return (
    <form
      class={styles.form}
      aria-label={props.engine?.name ?? t("New agent")}
      onSubmit={(event) => void submit(event)}
    >
      <label>
        {t("Name")}
        <input
          maxLength={60}
          autocomplete="off"
          value={name()}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label>
        {t("Command")}
        <input
          maxLength={20_000}
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          placeholder="/path/to/agent --acp"
          value={command()}
          onInput={(event) => setCommand(event.currentTarget.value)}
        />
      </label>
      <label>
        {t("Variables")}
        <textarea
          rows="2"
          autocapitalize="off"
          spellcheck={false}
          placeholder={t("NAME=value")}
          value={variables()}
          onInput={(event) => setVariables(event.currentTarget.value)}
        />
      </label>
      <p class={settingsStyles.note}>
        {before?.variables.length
          ? t(
              "One variable a line. Values stay on the server: a name alone keeps its value, a line taken out removes it.",
            )
          : t("One variable a line. Values stay on the server.")}
      </p>
      <label>
        {t("Folders it can write")}
        <textarea
          rows="2"
          autocapitalize="off"
          spellcheck={false}
          placeholder="~/.config/agent"
          value={folders() ?? kept}
          onInput={(event) => setFolders(event.currentTarget.value)}
        />
      </label>
      <p class={settingsStyles.note}>
        {before
          ? t(
              "Where it keeps its log-in and its settings, one a line: in the sandbox it writes nothing else outside of the working directory.",
            )
          : t(
              "Where it keeps its log-in and its settings, one a line: in the sandbox it writes nothing else outside of the working directory. Left empty, it gets those of the engine with the same program.",
            )}
      </p>
      <Problem words={fault() || problem()} />
      <ButtonRow>
        <Show when={props.engine}>
          <Button look="destructive" onClick={() => void remove()}>
            {t("Remove")}
          </Button>
        </Show>
        <Button onClick={() => props.close()}>{t("Cancel")}</Button>
        <Button type="submit" look="primary" aria-disabled={isSaving()}>
          {t("Save")}
        </Button>
      </ButtonRow>
    </form>
  );
}
