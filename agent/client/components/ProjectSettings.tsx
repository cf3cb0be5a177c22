/** What a person sets for the sessions of a project: instructions, and what a new session begins with. */
import { Show } from "solid-js";
import type { Permissions } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { permissionChoices, permissionWords } from "../state/permission-choices";
import { maxProjectCharacters } from "../state/project-words";
import { createProjectSetting } from "../state/shared-setting";
import { InstructionsField } from "./InstructionsField";
import { ModelSelect } from "./ModelSelect";
import { Segments } from "./Segments";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function ProjectSettings(props: { cwd: string }) {
  const client = useClient();
  const setting = createProjectSetting(client, () => props.cwd);
  const { shown } = setting;
  const saved = () => {
    const now = shown();
    return now && { text: now.instructions ?? "", digest: now.digest };
  };
  const choices = (): { id: Permissions | ""; name: string }[] => [
    { id: "", name: t("Not set") },
    ...permissionChoices.map(({ id, brief }) => ({ id, name: brief })),
  ];
  const permissions = () => shown()?.permissions;
  return (
    <SheetSection title={t("Yours for this project")} data-testid="project-settings">
      <p class={styles.note}>
        {tr("For each new session in {directory}, unless you choose otherwise there.", {
          directory: (
            <code>
              <VisibleText text={shown()?.root ?? props.cwd} />
            </code>
          ),
        })}
      </p>
      <div class={styles.setting}>
        <span aria-hidden="true">{t("Permissions")}</span>
        <Segments
          label={t("Permissions of a new session")}
          choices={choices()}
          chosen={permissions() ?? ""}
          choose={async (id) => void (await setting.change({ permissions: id || null }))}
        />
      </div>
      <Show when={permissions()}>
        {(id) => <p class={styles.note}>{permissionWords[id()].words}</p>}
      </Show>
      <div class={styles.setting}>
        <span aria-hidden="true">{t("Model")}</span>
        <ModelSelect
          label={t("Model of a new session")}
          none={t("Not set")}
          providers={client.models.models()?.providers}
          chosen={shown()?.model}
          choose={(model) => void setting.change({ model: model ?? null })}
        />
      </div>
      <p class={styles.note}>
        {t(
          "Instructions, which models are told in every session here. They are yours: no file of the project has them.",
        )}
      </p>
      <InstructionsField
        label={t("Instructions for this project")}
        name={`project.${shown()?.root ?? ""}`}
        saved={saved()}
        maxLength={maxProjectCharacters}
        problem={setting.problem()}
        save={(instructions, digest) => setting.change({ instructions }, digest)}
      />
    </SheetSection>
  );
}
