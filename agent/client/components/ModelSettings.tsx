/** The model and the options of new sessions, and what subagents use by their roles. */
import { For, Show } from "solid-js";
import type { RoleChoice, SubagentRole } from "../../shared/protocol";
import { useClient } from "../state/client";
import { findModel } from "../state/model-list";
import textStyles from "../styles/text-styles.module.css";
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
      <label class={styles.setting}>
        <span>For new sessions</span>
        <ModelSelect
          chosen={models()?.default}
          choose={(chosen) => chosen && void save({ ...chosen })}
        />
      </label>
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
  { id: "simple", name: "Simple subagents", words: "small errands" },
  { id: "complex", name: "Complex subagents", words: "work with many steps" },
  { id: "researcher", name: "Researchers", words: "look things up and change nothing" },
];

function Role(props: { id: SubagentRole; name: string; words: string }) {
  const { models } = useClient().models;
  const { save, problem } = createSaver();
  const choice = (): RoleChoice => models()?.roles[props.id] ?? {};
  const info = () => findModel(models(), choice().provider ?? "", choice().model ?? "");
  const change = (next: RoleChoice) => void save({ roles: { [props.id]: next } });
  const summary = () => {
    const model = info()?.name ?? choice().model ?? "The session’s own";
    const effort = choice().options?.effort;
    return effort === undefined ? model : `${model} · ${effort}`;
  };
  return (
    <details class={styles.provider}>
      <summary>
        <span>
          {props.name}
          <span class={styles.words}>{props.words}</span>
        </span>
        <span class={styles.note}>
          <VisibleText text={summary()} />
        </span>
      </summary>
      <div class={styles.role}>
        <label class={styles.setting}>
          <span>Model</span>
          <ModelSelect
            label={`Model of ${props.name}`}
            none="The session’s own"
            chosen={choice()}
            choose={(chosen) => change({ ...choice(), ...(chosen ?? nothing) })}
          />
        </label>
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
    </details>
  );
}

const nothing = { provider: undefined, model: undefined };

interface ModelSelectProps {
  /** For screen readers, when the words beside it are not unique. */
  label?: string;
  /** The words for no choice; absent: one must be chosen. */
  none?: string;
  chosen: { provider?: string; model?: string } | undefined;
  choose(model: { provider: string; model: string } | undefined): void;
}

function ModelSelect(props: ModelSelectProps) {
  const { models } = useClient().models;
  const current = () => keyOf(props.chosen?.provider, props.chosen?.model);
  const isListed = () =>
    findModel(models(), props.chosen?.provider ?? "", props.chosen?.model ?? "") !== undefined;
  return (
    <select
      aria-label={props.label}
      value={current()}
      onChange={(event) => {
        const [provider = "", model = ""] = event.currentTarget.value.split("\n");
        props.choose(model === "" ? undefined : { provider, model });
      }}
    >
      <Show when={props.none}>
        {(words) => (
          <option value="" selected={current() === ""}>
            {words()}
          </option>
        )}
      </Show>
      <Show when={current() !== "" && !isListed()}>
        <option value={current()} selected>
          {props.chosen?.model}
        </option>
      </Show>
      <For each={models()?.providers.filter((provider) => provider.ready)}>
        {(provider) => (
          <optgroup label={provider.name}>
            <For each={provider.models}>
              {(model) => {
                const value = keyOf(provider.id, model.id);
                return (
                  <option value={value} selected={value === current()}>
                    {model.name}
                  </option>
                );
              }}
            </For>
          </optgroup>
        )}
      </For>
    </select>
  );
}

function keyOf(provider: string | undefined, model: string | undefined): string {
  return provider === undefined || model === undefined ? "" : `${provider}\n${model}`;
}
