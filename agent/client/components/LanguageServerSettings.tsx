/** The language servers: programs that say what is wrong with a file after an edit. */
import { createSignal } from "solid-js";
import type { LanguageServer } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api } from "../state/api-client";
import { createSavedList } from "../state/saved-list";
import { settingsTitles } from "../state/settings-sections";
import { joinedCommand, splitCommandLine } from "./own-agent";
import { EntryFormFrame, type EntryFormProps, SavedEntries } from "./SavedEntries";
import settingsStyles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function LanguageServerSettings() {
  const list = createSavedList<LanguageServer>({
    load: api.languageServers,
    save: api.saveLanguageServers,
    key: ({ name }) => name,
  });
  return (
    <SheetSection
      title={settingsTitles.languageServers}
      isReady={!list.isReading()}
      data-testid="language-servers"
    >
      <p class={settingsStyles.note}>
        {t(
          "After an edit, the model is told what a language server finds wrong in the file. You are asked before one runs in a project for the first time: it loads what the project brings.",
        )}
      </p>
      <SavedEntries
        list={list}
        testId="language-server"
        add={t("Add a language server")}
        words={({ files }) => (
          <span class={settingsStyles.words}>
            <VisibleText text={files.join(", ")} />
          </span>
        )}
        form={ServerForm}
      />
    </SheetSection>
  );
}

function ServerForm(props: EntryFormProps<LanguageServer>) {
  const before = props.item;
  const [name, setName] = createSignal(before?.name ?? "");
  const [command, setCommand] = createSignal(
    before ? joinedCommand([before.command, ...before.args]) : "",
  );
  const [files, setFiles] = createSignal(before?.files.join(", ") ?? "");
  const [language, setLanguage] = createSignal(before?.languageId ?? "");
  const [seconds, setSeconds] = createSignal(String(before?.waitSeconds ?? 3));
  const [fault, setFault] = createSignal("");

  async function submit(): Promise<void> {
    setFault("");
    const words = splitCommandLine(command());
    if (words === undefined)
      return void setFault(t("A quotation mark in the command is not closed."));
    const [program, ...args] = words;
    const names = files()
      .split(/[\s,]+/)
      .filter((one) => one !== "");
    if (program === undefined || name().trim() === "" || names.length === 0)
      return void setFault(t("Enter a name, a command, and the files it is for."));
    const server: LanguageServer = {
      name: name().trim(),
      command: program,
      args,
      files: names,
      languageId: language().trim(),
      waitSeconds: Number(seconds()),
      isOn: props.item?.isOn ?? true,
    };
    if (await props.list.put(server, before?.name)) props.close();
  }

  return (
    <EntryFormFrame
      {...props}
      label={before?.name ?? t("New language server")}
      fault={fault()}
      submit={submit}
    >
      <Field label={t("Name")} value={name()} set={setName} placeholder="typescript" />
      <Field
        label={t("Command")}
        value={command()}
        set={setCommand}
        placeholder="typescript-language-server --stdio"
      />
      <Field label={t("Files")} value={files()} set={setFiles} placeholder="*.ts, *.tsx" />
      <Field
        label={t("Language, as the protocol calls it")}
        value={language()}
        set={setLanguage}
        placeholder="typescript"
      />
      <Field label={t("An edit waits so many seconds for it")} value={seconds()} set={setSeconds} />
    </EntryFormFrame>
  );
}

function Field(props: {
  label: string;
  value: string;
  set: (value: string) => void;
  placeholder?: string;
}) {
  return (
    <label>
      {props.label}
      <input
        maxLength={8192}
        autocapitalize="off"
        autocomplete="off"
        spellcheck={false}
        placeholder={props.placeholder}
        value={props.value}
        onInput={(event) => props.set(event.currentTarget.value)}
      />
    </label>
  );
}
