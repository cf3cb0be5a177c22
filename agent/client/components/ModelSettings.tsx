/** The model and the options of new sessions, and what names them. */
import { Show } from "solid-js";
import type { TitleChoice } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { settingsTitles } from "../state/settings-sections";
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
    <SheetSection title={settingsTitles.models} data-testid="model-settings">
      <div class={styles.setting}>
        <span aria-hidden="true">{t("For new sessions")}</span>
        <ModelSelect
          label={t("For new sessions")}
          chosen={models()?.default}
          choose={(chosen) => chosen && void save({ ...chosen })}
        />
      </div>
      <OptionFields
        options={models()?.options ?? {}}
        of={t("new sessions")}
        change={(options) => save({ options })}
      />
      <p class={styles.note}>
        {t(
          "A model gets only the options that it accepts; the model menu says which are left out.",
        )}
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
        <span aria-hidden="true">{t("Titles of sessions")}</span>
        <Segments
          label={t("Titles of sessions")}
          choices={titleWays()}
          chosen={way()}
          choose={(next) => choose(next === "model" ? (chosen() ?? models()!.default) : next)}
        />
      </div>
      <Show when={way() === "model"}>
        <div class={styles.setting}>
          <span aria-hidden="true">{t("Model for titles")}</span>
          <ModelSelect
            label={t("Model for titles")}
            chosen={chosen()}
            choose={(next) => next && void choose(next)}
          />
        </div>
      </Show>
      <p class={styles.note}>{titleWords[way()]()}</p>
      <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
    </>
  );
}

type Chosen = Exclude<TitleChoice, string>;

const titleWays = () =>
  [
    { id: "auto", name: t("Automatic") },
    { id: "model", name: t("One model") },
    { id: "off", name: t("First words") },
  ] as const;

const titleWords = {
  auto: () =>
    t(
      "After the first answer a small model of the same provider is asked for a title, where one is known to cost less; else the model itself.",
    ),
  model: () => t("After the first answer this model is asked for a title."),
  off: () => t("A session is called by the first words of its first message. No model is asked."),
};
