/** The model and the options of new sessions, and what subagents use by their roles. */
import { createSignal, For, Show } from "solid-js";
import type { RoleChoice, SubagentRole } from "../../shared/protocol";
import { useClient } from "../state/client";
import { findModel } from "../state/model-list";
import textStyles from "../styles/text-styles.module.css";
import { ModelSelect } from "./ModelSelect";
import { OptionFields } from "./OptionFields";
import { createSaver } from "./settings-saver";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function ModelSettings() {
  const { models } = useClient().models;
  const { save, problem } = createSaver();
  return (
    <SheetSection title="Models" data-testid="model-settings">
      <div class={styles.setting}>
        <span aria-hidden="true">For new sessions</span>
        <ModelSelect
          label="For new sessions"
          chosen={models()?.default}
          choose={(chosen) => chosen && void save({ ...chosen })}
        />
      </div>
      <OptionFields
        options={models()?.options ?? {}}
        of="new sessions"
        change={(options) => void save({ options })}
      />
      <p class={styles.note}>
        A model is asked only with what it takes; the menu of models says what is left out.
      </p>
      <For each={roles}>{(role) => <Role {...role} />}</For>
      <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
    </SheetSection>
  );
}

const roles: { id: SubagentRole; name: string; words: string }[] = [
  { id: "simple", name: "Simple subagents", words: "small tasks" },
  { id: "complex", name: "Complex subagents", words: "work with many steps" },
  { id: "researcher", name: "Researchers", words: "look things up and change nothing" },
];

function Role(props: { id: SubagentRole; name: string; words: string }) {
  const { models } = useClient().models;
  const { save, problem } = createSaver();
  /** Its list of models can be long. */
  const [isOpen, setOpen] = createSignal(false);
  const choice = (): RoleChoice => models()?.roles[props.id] ?? {};
  const info = () => findModel(models(), choice().provider ?? "", choice().model ?? "");
  const change = (next: RoleChoice) => void save({ roles: { [props.id]: next } });
  const summary = () => {
    const model = info()?.name ?? choice().model ?? "The session’s own";
    const effort = choice().options?.effort;
    return effort === undefined ? model : `${model} · ${effort}`;
  };
  return (
    <details class={styles.provider} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span>
          {props.name}
          <span class={styles.words}>{props.words}</span>
        </span>
        <span class={styles.note}>
          <VisibleText text={summary()} />
        </span>
      </summary>
      <Show when={isOpen()}>
        <div class={styles.role}>
          <div class={styles.setting}>
            <span aria-hidden="true">Model</span>
            <ModelSelect
              label={`Model of ${props.name}`}
              none="The session’s own"
              chosen={choice()}
              choose={(chosen) => change({ ...choice(), ...(chosen ?? nothing) })}
            />
          </div>
          <OptionFields
            options={choice().options ?? {}}
            allows={info()?.allows}
            of={props.name}
            change={(options) =>
              change({
                ...choice(),
                options: Object.keys(options).length > 0 ? options : undefined,
              })
            }
          />
          <Show when={choice().options === undefined}>
            <p class={styles.note}>Without a choice here, the session’s options are used.</p>
          </Show>
          <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
        </div>
      </Show>
    </details>
  );
}

const nothing = { provider: undefined, model: undefined };
