/** The language servers: programs that say what is wrong with a file after an edit. */
import { createSignal, For, type JSX, Show } from "solid-js";
import type { LanguageServer } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { api } from "../state/api-client";
import { createSavedList, type SavedList } from "../state/saved-list";
import { Button, ButtonRow } from "./Button";
import engineStyles from "./EngineSettings.module.css";
import { joinedCommand, splitCommandLine } from "./own-agent";
import { Problem } from "./Problem";
import settingsStyles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function LanguageServerSettings() {
  const list = createSavedList<LanguageServer>({
    load: api.languageServers,
    save: api.saveLanguageServers,
    key: ({ name }) => name,
  });
  const [isAdding, setAdding] = createSignal(false);
  let add: HTMLButtonElement | undefined;

  function close(): void {
    setAdding(false);
    add?.focus();
  }

  return (
    <SheetSection title="Language servers" data-testid="language-servers">
      <p class={settingsStyles.note}>
        After an edit, the model is told what a language server finds wrong in the file. You are
        asked before one runs in a project for the first time: it loads what the project brings.
      </p>
      <Problem words={list.problem()} />
      <For each={list.items()?.map(({ name }) => name)}>
        {(name) => (
          <Show when={list.items()?.find((one) => one.name === name)}>
            {(server) => <Row server={server()} list={list} removed={() => add?.focus()} />}
          </Show>
        )}
      </For>
      <Show
        when={isAdding()}
        fallback={
          <Button ref={add} class={engineStyles.add} onClick={() => setAdding(true)}>
            Add a language server
          </Button>
        }
      >
        <section class={settingsStyles.provider} aria-labelledby="add-language-server">
          <h4 id="add-language-server" class={engineStyles.title}>
            Add a language server
          </h4>
          <ServerForm list={list} close={close} />
        </section>
      </Show>
    </SheetSection>
  );
}

interface RowProps {
  server: LanguageServer;
  list: SavedList<LanguageServer>;
  removed: () => void;
}

function Row(props: RowProps) {
  const [isOpen, setOpen] = createSignal(false);
  const name = () => visibleString(props.server.name);
  const words = () => (props.server.isOn ? "Switch off" : "Switch on");

  async function remove(): Promise<void> {
    if (await props.list.remove(props.server)) props.removed();
  }

  return (
    <details
      class={settingsStyles.provider}
      data-testid={`language-server-${props.server.name}`}
      open={isOpen()}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>
          <VisibleText text={props.server.name} />
          <span class={settingsStyles.words}>
            <VisibleText text={props.server.files.join(", ")} />
          </span>
        </span>
        <span data-state={props.server.isOn ? "ready" : "absent"}>
          {props.server.isOn ? "on" : "off"}
        </span>
      </summary>
      <Show when={isOpen()}>
        <ServerForm server={props.server} list={props.list} close={() => setOpen(false)}>
          <Button look="destructive" aria-label={`Remove ${name()}`} onClick={() => void remove()}>
            Remove
          </Button>
          <Button
            aria-label={`${words()} ${name()}`}
            onClick={() =>
              void props.list.put({ ...props.server, isOn: !props.server.isOn }, props.server.name)
            }
          >
            {words()}
          </Button>
        </ServerForm>
      </Show>
    </details>
  );
}

interface ServerFormProps {
  server?: LanguageServer;
  list: SavedList<LanguageServer>;
  close: () => void;
  /** Further buttons, before these. */
  children?: JSX.Element;
}

function ServerForm(props: ServerFormProps) {
  const before = props.server;
  const [name, setName] = createSignal(before?.name ?? "");
  const [command, setCommand] = createSignal(
    before ? joinedCommand([before.command, ...before.args]) : "",
  );
  const [files, setFiles] = createSignal(before?.files.join(", ") ?? "");
  const [language, setLanguage] = createSignal(before?.languageId ?? "");
  const [seconds, setSeconds] = createSignal(String(before?.waitSeconds ?? 3));
  const [fault, setFault] = createSignal("");

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setFault("");
    const words = splitCommandLine(command());
    if (words === undefined) return void setFault("A quotation mark in the command is not closed.");
    const [program, ...args] = words;
    const names = files()
      .split(/[\s,]+/)
      .filter((one) => one !== "");
    if (program === undefined || name().trim() === "" || names.length === 0)
      return void setFault("Enter a name, a command, and the files it is for.");
    const server: LanguageServer = {
      name: name().trim(),
      command: program,
      args,
      files: names,
      languageId: language().trim(),
      waitSeconds: Number(seconds()),
      isOn: props.server?.isOn ?? true,
    };
    if (await props.list.put(server, before?.name)) props.close();
  }

  return (
    <form
      class={engineStyles.form}
      aria-label={before?.name ?? "New language server"}
      onSubmit={(event) => void submit(event)}
    >
      <Field label="Name" value={name()} set={setName} placeholder="typescript" />
      <Field
        label="Command"
        value={command()}
        set={setCommand}
        placeholder="typescript-language-server --stdio"
      />
      <Field label="Files" value={files()} set={setFiles} placeholder="*.ts, *.tsx" />
      <Field
        label="Language, as the protocol calls it"
        value={language()}
        set={setLanguage}
        placeholder="typescript"
      />
      <Field label="An edit waits so many seconds for it" value={seconds()} set={setSeconds} />
      <Problem words={fault() || props.list.problemOf(props.server)} />
      <ButtonRow>
        {props.children}
        <Show when={!before}>
          <Button onClick={() => props.close()}>Cancel</Button>
        </Show>
        <Button type="submit" look="primary">
          Save
        </Button>
      </ButtonRow>
    </form>
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
