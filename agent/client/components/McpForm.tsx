/** The form of an MCP server of the settings: what is started or called, and with what. */
import { createSignal, Show } from "solid-js";
import { longestMcpName } from "../../shared/mcp-name";
import type { McpEntry } from "../../shared/protocol";
import { t, tn } from "../../shared/translation";
import { Button, ButtonRow } from "./Button";
import engineStyles from "./EngineSettings.module.css";
import { fieldsOf, isAddress, nameFault, pastedFields, serverOf } from "./mcp-form";
import styles from "./McpServers.module.css";
import { Problem } from "./Problem";
import settingsStyles from "./Settings.module.css";
import { createSaver } from "./settings-saver";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export interface McpFormProps {
  /** Absent: a new one. */
  entry?: McpEntry;
  /** It was saved, or a new one is given up. */
  close: () => void;
}

export function McpForm(props: McpFormProps) {
  const { save, problem, isSaving } = createSaver();
  const before = props.entry && fieldsOf(props.entry.name, props.entry.server);
  const [name, setName] = createSignal(before?.name ?? "");
  const [target, setTarget] = createSignal(before?.target ?? "");
  const [values, setValues] = createSignal(before?.values ?? "");
  const [clientId, setClientId] = createSignal(props.entry?.signIn?.clientId ?? "");
  const [clientSecret, setClientSecret] = createSignal("");
  const [fault, setFault] = createSignal("");
  /** What else was pasted. */
  const [others, setOthers] = createSignal<string[]>([]);

  function paste(text: string): void {
    setOthers([]);
    setFault("");
    if (text.trim() === "") return;
    const fields = pastedFields(text);
    if (typeof fields === "string") return void setFault(fields);
    setOthers(fields.others);
    setName(fields.name);
    setTarget(fields.target);
    setValues(fields.values);
  }

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setFault("");
    const server = serverOf({ target: target(), values: values() });
    const wrong = nameFault(name().trim());
    if (wrong !== undefined) return void setFault(wrong);
    if (typeof server === "string") return void setFault(server);
    const client = server.type === "http" ? { client: clientOf() } : {};
    if (await save({ mcp: { servers: { [name().trim()]: { server, ...client } } } })) props.close();
  }

  /** A secret that is left empty is kept. */
  function clientOf() {
    const id = clientId().trim();
    if (id === "") return null;
    const isKept = props.entry?.signIn?.hasClientSecret === true;
    return {
      clientId: id,
      ...(clientSecret() !== "" && { clientSecret: clientSecret() }),
      ...(clientSecret() === "" && isKept && { clientSecret: null }),
    };
  }

  return (
    <form
      class={engineStyles.form}
      aria-label={props.entry?.name ?? t("New MCP server")}
      onSubmit={(event) => void submit(event)}
    >
      <Show when={!props.entry}>
        <label>
          {t("Paste the configuration of another client, or fill in the fields")}
          <textarea
            rows="2"
            autocapitalize="off"
            spellcheck={false}
            placeholder='{"mcpServers": {…}}'
            onInput={(event) => paste(event.currentTarget.value)}
          />
        </label>
        <Show when={others().length > 0}>
          <p class={settingsStyles.note} role="status">
            {tn(
              others().length + 1,
              "This is the first of {count} servers.",
              "This is the first of {count} servers.",
            )}{" "}
            {tr("Not taken: {names}.", { names: <VisibleText text={others().join(", ")} /> })}
          </p>
        </Show>
        <label>
          {t("Name")}
          <input
            maxLength={longestMcpName}
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            value={name()}
            onInput={(event) => setName(event.currentTarget.value)}
          />
        </label>
      </Show>
      <label>
        {t("Command or address")}
        <input
          maxLength={20_000}
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          placeholder={t("npx some-server, or https://…")}
          value={target()}
          onInput={(event) => setTarget(event.currentTarget.value)}
        />
      </label>
      <label>
        {isAddress(target()) ? t("Headers") : t("Variables")}
        <textarea
          rows="2"
          autocapitalize="off"
          spellcheck={false}
          placeholder={isAddress(target()) ? "Authorization: Bearer …" : t("NAME=value")}
          value={values()}
          onInput={(event) => setValues(event.currentTarget.value)}
        />
      </label>
      <p class={settingsStyles.note}>
        {props.entry
          ? t(
              "One a line. Values stay on the server: a name alone keeps its value, a line taken out removes it.",
            )
          : t("One a line. Values stay on the server.")}
      </p>
      <Show when={isAddress(target())}>
        <details class={styles.ownClient}>
          <summary>{t("Sign-in with a client of your own")}</summary>
          <p class={settingsStyles.note}>
            {t("Only where the service registers none by itself: it gives you both.")}
          </p>
          <label>
            {t("Client ID")}
            <input
              maxLength={4096}
              autocapitalize="off"
              autocomplete="off"
              spellcheck={false}
              value={clientId()}
              onInput={(event) => setClientId(event.currentTarget.value)}
            />
          </label>
          <label>
            {t("Client secret")}
            <input
              type="password"
              maxLength={4096}
              autocomplete="off"
              placeholder={props.entry?.signIn?.hasClientSecret ? t("kept") : ""}
              value={clientSecret()}
              onInput={(event) => setClientSecret(event.currentTarget.value)}
            />
          </label>
        </details>
      </Show>
      <Problem words={fault() || problem()} />
      <ButtonRow>
        <Show when={!props.entry}>
          <Button onClick={() => props.close()}>{t("Cancel")}</Button>
        </Show>
        <Button type="submit" look="primary" aria-disabled={isSaving()}>
          {t("Save")}
        </Button>
      </ButtonRow>
    </form>
  );
}
