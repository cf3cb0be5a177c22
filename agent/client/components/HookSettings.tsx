/** The hooks: commands of the person that run before and after tools, at a stop, and at the end of a run. */
import { createSignal, For, type JSX, Show } from "solid-js";
import { type Hook, type HookEvent, hookEvents } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { api } from "../state/api-client";
import { hookEventNames } from "../state/hook-words";
import { newId } from "../state/random-id";
import { createSavedList, type SavedList } from "../state/saved-list";
import { Button, ButtonRow } from "./Button";
import ownStyles from "./Definitions.module.css";
import engineStyles from "./EngineSettings.module.css";
import { Problem } from "./Problem";
import settingsStyles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function HookSettings() {
  const list = createSavedList<Hook>({
    load: api.hooks,
    save: api.saveHooks,
    key: ({ id }) => id,
  });
  const [isAdding, setAdding] = createSignal(false);
  let add: HTMLButtonElement | undefined;

  function close(): void {
    setAdding(false);
    add?.focus();
  }

  return (
    <SheetSection title="Hooks" data-testid="hook-settings">
      <p class={settingsStyles.note}>
        Commands of yours that run before and after tools, after a stop, and at the end of a run.
        Those of a project never run. A hook can refuse a call, and allows none. An engine’s tools
        are its own: around them no hook runs.
      </p>
      <Problem words={list.problem()} />
      <For each={list.items()?.map(({ id }) => id)}>
        {(id) => (
          <Show when={list.items()?.find((one) => one.id === id)}>
            {(hook) => <Row hook={hook()} list={list} removed={() => add?.focus()} />}
          </Show>
        )}
      </For>
      <Show
        when={isAdding()}
        fallback={
          <Button ref={add} class={engineStyles.add} onClick={() => setAdding(true)}>
            Add a hook
          </Button>
        }
      >
        <section class={settingsStyles.provider} aria-labelledby="add-hook">
          <h4 id="add-hook" class={engineStyles.title}>
            Add a hook
          </h4>
          <HookForm list={list} close={close} />
        </section>
      </Show>
    </SheetSection>
  );
}

interface RowProps {
  hook: Hook;
  list: SavedList<Hook>;
  removed: () => void;
}

function Row(props: RowProps) {
  const [isOpen, setOpen] = createSignal(false);
  const name = () => visibleString(props.hook.name);
  const words = () => (props.hook.isOn ? "Switch off" : "Switch on");

  async function remove(): Promise<void> {
    if (await props.list.remove(props.hook)) props.removed();
  }

  return (
    <details
      class={settingsStyles.provider}
      data-testid={`hook-${props.hook.name}`}
      open={isOpen()}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>
          <VisibleText text={props.hook.name} />
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
        </span>
        <span data-state={props.hook.isOn ? "ready" : "absent"}>
          {props.hook.isOn ? "on" : "off"}
        </span>
      </summary>
      <Show when={isOpen()}>
        <HookForm hook={props.hook} list={props.list} close={() => setOpen(false)}>
          <Button look="destructive" aria-label={`Remove ${name()}`} onClick={() => void remove()}>
            Remove
          </Button>
          <Button
            aria-label={`${words()} ${name()}`}
            onClick={() =>
              void props.list.put({ ...props.hook, isOn: !props.hook.isOn }, props.hook.id)
            }
          >
            {words()}
          </Button>
        </HookForm>
      </Show>
    </details>
  );
}

interface HookFormProps {
  hook?: Hook;
  list: SavedList<Hook>;
  close: () => void;
  /** Further buttons, before these. */
  children?: JSX.Element;
}

function HookForm(props: HookFormProps) {
  const before = props.hook;
  const [name, setName] = createSignal(before?.name ?? "");
  const [on, setOn] = createSignal<HookEvent>(before?.on ?? "after-tool");
  const [tools, setTools] = createSignal(before?.tools?.join(", ") ?? "");
  const [command, setCommand] = createSignal(before?.command ?? "");
  const [seconds, setSeconds] = createSignal(String(before?.timeoutSeconds ?? 60));
  const [isUnconfined, setUnconfined] = createSignal(before?.unconfined === true);
  const [fault, setFault] = createSignal("");
  const isAroundTool = () => on() === "before-tool" || on() === "after-tool";

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    setFault("");
    if (name().trim() === "" || command().trim() === "")
      return void setFault("Enter a name and a command.");
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
      isOn: props.hook?.isOn ?? true,
    };
    if (await props.list.put(hook, before?.id)) props.close();
  }

  return (
    <form
      class={engineStyles.form}
      aria-label={before?.name ?? "New hook"}
      onSubmit={(event) => void submit(event)}
    >
      <label>
        Name
        <input
          maxLength={80}
          autocomplete="off"
          value={name()}
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      <label>
        When
        <select value={on()} onChange={(event) => setOn(event.currentTarget.value as HookEvent)}>
          <For each={hookEvents}>{(id) => <option value={id}>{hookEventNames[id]}</option>}</For>
        </select>
      </label>
      <Show when={isAroundTool()}>
        <label>
          Tools
          <input
            autocapitalize="off"
            autocomplete="off"
            spellcheck={false}
            placeholder="all, or: edit, write, bash"
            value={tools()}
            onInput={(event) => setTools(event.currentTarget.value)}
          />
        </label>
      </Show>
      <label>
        Command
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
        Ended after so many seconds
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
        Outside the sandbox: it can read and change whatever your user can
      </label>
      <Problem words={fault() || props.list.problemOf(props.hook)} />
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
