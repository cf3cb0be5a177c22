/** The hooks: commands of the person that run before and after tools, at a stop, and at the end of a run. */
import { createSignal, For, Show } from "solid-js";
import { type Hook, type HookEvent, hookEvents } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api } from "../state/api-client";
import { hookEventNames } from "../state/hook-words";
import { newId } from "../state/random-id";
import { createSavedList } from "../state/saved-list";
import { settingsTitles } from "../state/settings-sections";
import ownStyles from "./Definitions.module.css";
import { EntryFormFrame, type EntryFormProps, SavedEntries } from "./SavedEntries";
import settingsStyles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function HookSettings() {
  const list = createSavedList<Hook>({
    load: api.hooks,
    save: api.saveHooks,
    key: ({ id }) => id,
  });
  return (
    <SheetSection
      title={settingsTitles.hooks}
      isReady={!list.isReading()}
      data-testid="hook-settings"
    >
      <p class={settingsStyles.note}>
        {t(
          "Commands of yours that run before and after tools, after a stop, and at the end of a run. Those of a project never run. A hook can refuse a call, and allows none. An engine’s tools are its own: around them no hook runs.",
        )}
      </p>
      <SavedEntries
        list={list}
        testId="hook"
        add={t("Add a hook")}
        words={(hook) => <Words hook={hook} />}
        form={HookForm}
      />
    </SheetSection>
  );
}

function Words(props: { hook: Hook }) {
  return (
    <span class={settingsStyles.words}>
      {hookEventNames[props.hook.on]}
      <Show when={props.hook.tools}>
        {(tools) => (
          <>
            : <VisibleText text={tools().join(", ")} />
          </>
        )}
      </Show>
    </span>
  );
}

function HookForm(props: EntryFormProps<Hook>) {
  const before = props.item;
  const [name, setName] = createSignal(before?.name ?? "");
  const [on, setOn] = createSignal<HookEvent>(before?.on ?? "after-tool");
  const [tools, setTools] = createSignal(before?.tools?.join(", ") ?? "");
  const [command, setCommand] = createSignal(before?.command ?? "");
  const [seconds, setSeconds] = createSignal(String(before?.timeoutSeconds ?? 60));
  const [isUnconfined, setUnconfined] = createSignal(before?.unconfined === true);
  const [fault, setFault] = createSignal("");
  const isAroundTool = () => on() === "before-tool" || on() === "after-tool";

  async function submit(): Promise<void> {
    setFault("");
    if (name().trim() === "" || command().trim() === "")
      return void setFault(t("Enter a name and a command."));
    const names = tools()
      .split(/[\s,]+/)
      .filter((one) => one !== "");
    const hook: Hook = {
      id: before?.id ?? newId(),
      name: name().trim(),
      on: on(),
      ...(isAroundTool() && names.length > 0 && { tools: names }),
      command: command().trim(),
      timeoutSeconds: Number(seconds()),
      ...(isUnconfined() && { unconfined: true as const }),
      isOn: props.item?.isOn ?? true,
    };
    if (await props.list.put(hook, before?.id)) props.close();
  }

  return (
    <EntryFormFrame
      {...props}
      label={before?.name ?? t("New hook")}
      fault={fault()}
      submit={submit}
    >
      <label>
        {t("Name")}
        <input
          maxLength={80}
          autocomplete="off"
          value={name()}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label>
        {t("When")}
        <select value={on()} onChange={(event) => setOn(event.currentTarget.value as HookEvent)}>
          <For each={hookEvents}>{(id) => <option value={id}>{hookEventNames[id]}</option>}</For>
        </select>
      </label>
      <Show when={isAroundTool()}>
        <label>
          {t("Tools")}
          <input
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            placeholder={t("all, or: edit, write, bash")}
            value={tools()}
            onInput={(event) => setTools(event.currentTarget.value)}
          />
        </label>
      </Show>
      <label>
        {t("Command")}
        <textarea
          rows="2"
          autocapitalize="off"
          spellcheck={false}
          placeholder="npx prettier --write ."
          value={command()}
          onInput={(event) => setCommand(event.currentTarget.value)}
        />
      </label>
      <label>
        {t("Ended after so many seconds")}
        <input
          type="number"
          min="1"
          max="600"
          value={seconds()}
          onInput={(event) => setSeconds(event.currentTarget.value)}
        />
      </label>
      <label class={ownStyles.check}>
        <input
          type="checkbox"
          checked={isUnconfined()}
          onChange={(event) => setUnconfined(event.currentTarget.checked)}
        />
        {t("Outside the sandbox: it can read and change whatever your user can")}
      </label>
    </EntryFormFrame>
  );
}
