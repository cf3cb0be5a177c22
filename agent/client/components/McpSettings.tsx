/** The MCP servers of the settings: added, changed, switched and removed. */
import { createResource, createSignal, For, Show } from "solid-js";
import type { McpEntry } from "../../shared/protocol";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { fieldsOf, isAddress, pastedFields, serverOf } from "./mcp-form";
import { useClient } from "../state/client";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
import engineStyles from "./EngineSettings.module.css";
import settingsStyles from "./Settings.module.css";
import { createSaver } from "./settings-saver";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function McpSettings() {
  const { models } = useClient().models;
  const [isAdding, setAdding] = createSignal(false);
  const [answer, { refetch }] = createResource(
    () => models()?.cwd,
    (cwd) => api.mcp(cwd, undefined, requestTimeout()),
  );
  const own = () =>
    (answer.error === undefined ? (answer.latest?.entries ?? []) : []).filter(
      ({ origin }) => origin === "settings",
    );
  const again = () => void refetch();
  let add: HTMLButtonElement | undefined;

  function close(): void {
    setAdding(false);
    add?.focus();
    again();
  }

  return (
    <SheetSection title="MCP servers" data-testid="mcp-settings">
      <p class={settingsStyles.note}>
        An MCP server gives models further tools, in every session. Those of a project are in its{" "}
        <code>.mcp.json</code>; you are asked before one of them runs.
      </p>
      <Show when={answer.error}>
        {(error) => <p class={textStyles.problem}>{wordsFor(error())}</p>}
      </Show>
      <For each={own()}>{(entry) => <Row entry={entry} saved={again} />}</For>
      <Show
        when={isAdding()}
        fallback={
          <Button ref={add} class={engineStyles.add} onClick={() => setAdding(true)}>
            Add an MCP server
          </Button>
        }
      >
        <section class={settingsStyles.provider} aria-labelledby="add-mcp">
          <h4 id="add-mcp" class={engineStyles.title}>
            Add an MCP server
          </h4>
          <Form close={close} />
        </section>
      </Show>
    </SheetSection>
  );
}

function Row(props: { entry: McpEntry; saved: () => void }) {
  const [isOpen, setOpen] = createSignal(false);
  const isOn = () => props.entry.standing === "on";
  return (
    <details
      class={settingsStyles.provider}
      data-testid={`mcp-own-${props.entry.name}`}
      open={isOpen()}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>
          <VisibleText text={props.entry.name} />
        </span>
        <span data-state={isOn() ? "ready" : "absent"}>{isOn() ? "on" : "off"}</span>
      </summary>
      <Show when={isOpen()}>
        <Form entry={props.entry} close={props.saved} />
      </Show>
    </details>
  );
}

function Form(props: { entry?: McpEntry; close: () => void }) {
  const { save, problem, isSaving } = createSaver();
  const before = props.entry && fieldsOf(props.entry.name, props.entry.server);
  const [name, setName] = createSignal(before?.name ?? "");
  const [target, setTarget] = createSignal(before?.target ?? "");
  const [values, setValues] = createSignal(before?.values ?? "");
  const [fault, setFault] = createSignal("");

  function paste(text: string): void {
    if (text.trim() === "") return;
    const fields = pastedFields(text);
    if (typeof fields === "string") return void setFault(fields);
    setFault("");
    setName(fields.name);
    setTarget(fields.target);
    setValues(fields.values);
  }

  async function change(one: Parameters<typeof save>[0]["mcp"]): Promise<void> {
    if (one && (await save({ mcp: one }))) props.close();
  }

  function submit(event: SubmitEvent): void {
    event.preventDefault();
    setFault("");
    const server = serverOf({ target: target(), values: values() });
    if (name().trim() === "") return void setFault("Enter a name.");
    if (typeof server === "string") return void setFault(server);
    void change({ servers: { [name().trim()]: { server } } });
  }

  const named = () => props.entry?.name ?? "";
  const isOn = () => props.entry?.standing === "on";
  return (
    <form
      class={engineStyles.form}
      aria-label={props.entry?.name ?? "New MCP server"}
      onSubmit={submit}
    >
      <Show when={!props.entry}>
        <label>
          Paste the configuration of another client, or fill in the fields
          <textarea
            rows="2"
            autocapitalize="off"
            spellcheck={false}
            placeholder='{"mcpServers": {…}}'
            onInput={(event) => paste(event.currentTarget.value)}
          />
        </label>
        <label>
          Name
          <input
            maxLength={60}
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            value={name()}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
      </Show>
      <label>
        Command or address
        <input
          maxLength={20_000}
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          placeholder="npx some-server, or https://…"
          value={target()}
          onInput={(event) => setTarget(event.currentTarget.value)}
        />
      </label>
      <label>
        {isAddress(target()) ? "Headers" : "Variables"}
        <textarea
          rows="2"
          autocapitalize="off"
          spellcheck={false}
          placeholder={isAddress(target()) ? "Name: value" : "NAME=value"}
          value={values()}
          onInput={(event) => setValues(event.currentTarget.value)}
        />
      </label>
      <p class={settingsStyles.note}>
        One a line. Values stay on the server: a name alone keeps its value.
      </p>
      <Show when={fault() || problem()}>
        {(words) => (
          <p class={textStyles.problem} role="alert">
            <VisibleText text={words()} />
          </p>
        )}
      </Show>
      <ButtonRow>
        <Show when={props.entry} fallback={<Button onClick={() => props.close()}>Cancel</Button>}>
          <Button look="destructive" onClick={() => void change({ servers: { [named()]: null } })}>
            Remove
          </Button>
          <Button onClick={() => void change({ servers: { [named()]: { isOn: !isOn() } } })}>
            {isOn() ? "Switch off" : "Switch on"}
          </Button>
        </Show>
        <Button type="submit" look="primary" aria-disabled={isSaving()}>
          Save
        </Button>
      </ButtonRow>
    </form>
  );
}
