/** A new rule of the directory, written by a person. */
import { createSignal, For } from "solid-js";
import type { Rule, RuleEffect } from "../../shared/protocol";
import type { RuleRequest } from "../../shared/requests";
import { ruleHost } from "../../shared/rules";
import { t } from "../../shared/translation";
import { Button } from "./Button";
import { ruleEffects } from "../state/permission-choices";
import styles from "./Permissions.module.css";

type Kind = "exact" | "prefix" | "edit" | "read" | "host" | "tool";

const kinds: Record<Kind, { name: () => string; placeholder: () => string }> = {
  exact: { name: () => t("this command"), placeholder: () => "npm test" },
  prefix: { name: () => t("commands that begin with"), placeholder: () => "git push" },
  edit: { name: () => t("edits of"), placeholder: () => t("a file, or a directory as src/") },
  read: { name: () => t("reading"), placeholder: () => t("a file, or a directory as src/") },
  host: { name: () => t("fetch of any address at"), placeholder: () => "example.com" },
  tool: { name: () => t("every use of the tool"), placeholder: () => "WebFetch" },
};

/** `add` resolves with whether the rule was taken. */
export function RuleForm(props: { add(rule: Omit<RuleRequest, "cwd">): Promise<boolean> }) {
  const [effect, setEffect] = createSignal<RuleEffect>("deny");
  const [kind, setKind] = createSignal<Kind>("exact");
  const [value, setValue] = createSignal("");

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (await props.add({ effect: effect(), rule: ruleOf(kind(), value().trim()) })) setValue("");
  }

  return (
    <form class={styles.form} aria-label={t("New rule")} onSubmit={(event) => void submit(event)}>
      <select
        aria-label={t("Effect")}
        value={effect()}
        onChange={(event) => setEffect(event.currentTarget.value as RuleEffect)}
      >
        <For each={ruleEffects}>{(one) => <option value={one.id}>{one.name}</option>}</For>
      </select>
      <select
        aria-label={t("Of what")}
        value={kind()}
        onChange={(event) => setKind(event.currentTarget.value as Kind)}
      >
        <For each={Object.entries(kinds)}>
          {([id, { name }]) => <option value={id}>{name()}</option>}
        </For>
      </select>
      <input
        aria-label={t("Command, path, host or tool")}
        required
        spellcheck={false}
        autocapitalize="off"
        autocomplete="off"
        placeholder={kinds[kind()].placeholder()}
        value={value()}
        onInput={(event) => setValue(event.currentTarget.value)}
      />
      <Button type="submit">{t("Add rule")}</Button>
    </form>
  );
}

/** A path that ends with a slash, or is a dot, means everything inside. */
function ruleOf(kind: Kind, value: string): Rule {
  if (kind === "exact" || kind === "prefix")
    return { kind: "command", match: kind, command: value };
  if (kind === "host")
    return { kind: "tool", match: kind, tool: "fetch", subject: ruleHost(value) ?? value };
  if (kind === "tool") return { kind, match: "tool", tool: value };
  const isDirectory = value === "." || value.endsWith("/");
  const path = value.replace(/^\.\/(?=.)/, "").replace(/(?<=.)\/$/, "");
  return { kind, match: isDirectory ? "directory" : "file", path };
}
