/** An entry of a list of the settings, which is opened and closed, and the place where one is added. */
import { createSignal, createUniqueId, type JSX, Show } from "solid-js";
import { t } from "../../shared/translation";
import { Button } from "./Button";
import engineStyles from "./EngineSettings.module.css";
import settingsStyles from "./Settings.module.css";
import { VisibleText } from "./VisibleText";

export interface SettingsEntryProps {
  name: string;
  /** Such as "hook": before the name, for tests. */
  testId: string;
  isOn: boolean;
  /** What it is while it is not on. */
  off?: string;
  /** What is said beside the name. */
  words: JSX.Element;
  /** Drawn only while it is open. */
  children: (close: () => void) => JSX.Element;
}

export function SettingsEntry(props: SettingsEntryProps) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <details
      class={settingsStyles.provider}
      data-testid={`${props.testId}-${props.name}`}
      open={isOpen()}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>
          <VisibleText text={props.name} />
          {props.words}
        </span>
        <span data-state={props.isOn ? "ready" : "absent"}>
          {props.isOn ? t("on") : (props.off ?? t("off"))}
        </span>
      </summary>
      <Show when={isOpen()}>{props.children(() => setOpen(false))}</Show>
    </details>
  );
}

export interface AddedEntryProps {
  /** Such as "Add a hook": on the button, and above the form. */
  words: string;
  isAdding: boolean;
  setAdding: (isAdding: boolean) => void;
  /** The button, while nothing is added. */
  ref: (button: HTMLButtonElement) => void;
  /** The form. */
  children: (close: () => void) => JSX.Element;
}

export function AddedEntry(props: AddedEntryProps) {
  const titleId = createUniqueId();
  let add: HTMLButtonElement | undefined;

  function close(): void {
    props.setAdding(false);
    add?.focus();
  }

  return (
    <Show
      when={props.isAdding}
      fallback={
        <Button
          ref={(button) => {
            add = button;
            props.ref(button);
          }}
          class={engineStyles.add}
          onClick={() => props.setAdding(true)}
        >
          {props.words}
        </Button>
      }
    >
      <section class={settingsStyles.provider} aria-labelledby={titleId}>
        <h4 id={titleId} class={engineStyles.title}>
          {props.words}
        </h4>
        {props.children(close)}
      </section>
    </Show>
  );
}
