/** The model and the options of new sessions, and what names them. */
import { Show } from "solid-js";
import type { TitleChoice } from "../../shared/protocol";
import { useClient } from "../state/client";
import textStyles from "../styles/text-styles.module.css";
import { ModelSelect } from "./ModelSelect";
import { OptionFields } from "./OptionFields";
import { Segments } from "./Segments";
import { createSaver } from "./settings-saver";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";

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
        A model gets only the options that it accepts; the model menu says which are left out.
      </p>
      <Titles />
      <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
    </SheetSection>
  );
}

/** What names sessions. */
function Titles() {
  const { models } = useClient().models;
  const { save, problem } = createSaver();
  const titles = () => models()?.titles ?? "auto";
  const way = () => (typeof titles() === "object" ? "model" : (titles() as "auto" | "off"));
  const chosen = () => (typeof titles() === "object" ? (titles() as Chosen) : undefined);
  const choose = async (next: TitleChoice): Promise<void> => void (await save({ titles: next }));
  return (
    <>
      <div class={styles.setting}>
        <span aria-hidden="true">Titles of sessions</span>
        <Segments
          label="Titles of sessions"
          choices={titleWays}
          chosen={way()}
          choose={(next) => choose(next === "model" ? (chosen() ?? models()!.default) : next)}
        />
      </div>
      <Show when={way() === "model"}>
        <div class={styles.setting}>
          <span aria-hidden="true">Model for titles</span>
          <ModelSelect
            label="Model for titles"
            chosen={chosen()}
            choose={(next) => next && void choose(next)}
          />
        </div>
      </Show>
      <p class={styles.note}>{titleWords[way()]}</p>
      <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
    </>
  );
}

type Chosen = Exclude<TitleChoice, string>;

const titleWays = [
  { id: "auto", name: "Automatic" },
  { id: "model", name: "One model" },
  { id: "off", name: "First words" },
] as const;

const titleWords = {
  auto: "After the first answer a small model of the same provider is asked for a title, where one is known to cost less; else the model itself.",
  model: "After the first answer this model is asked for a title.",
  off: "A session is called by the first words of its first message. No model is asked.",
};
