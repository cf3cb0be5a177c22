/** The person's own instructions, which models are told in every session. */
import { Show } from "solid-js";
import { maxPersonalCharacters } from "../state/project-words";
import { createPersonalInstructions } from "../state/shared-setting";
import { useClient } from "../state/client";
import { settingsTitles } from "../state/settings-sections";
import { t } from "../../shared/translation";
import { InstructionsField } from "./InstructionsField";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function PersonalInstructions() {
  const setting = createPersonalInstructions(useClient());
  const isFixed = () => setting.shown()?.problem !== undefined;
  return (
    <SheetSection
      title={settingsTitles.instructions}
      isReady={!setting.isReading()}
      data-testid="personal-instructions"
    >
      <p class={styles.note}>
        {tr(
          "Models are told this in every session, before what a project says. It is the file {path}.",
          {
            path: (
              <code>
                <VisibleText text={setting.shown()?.path ?? "AGENTS.md"} />
              </code>
            ),
          },
        )}
      </p>
      <Show when={setting.shown()?.isOff}>
        <p class={styles.note} role="status">
          {t("It is switched off below, so no model is told it.")}
        </p>
      </Show>
      <InstructionsField
        label={t("Your instructions")}
        name="instructions"
        saved={setting.shown()}
        maxLength={maxPersonalCharacters}
        problem={setting.shown()?.problem ?? setting.problem()}
        isFixed={isFixed()}
        save={(text, digest) => setting.write(text, digest)}
      />
    </SheetSection>
  );
}
