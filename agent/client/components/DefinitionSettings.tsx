/** All that says how an agent works, with its origin: what is the person's is switched on and off, what is a project's is answered. */
import { createEffect, For, on, Show } from "solid-js";
import type { DefinitionKind } from "../../shared/protocol";
import { tn } from "../../shared/translation";
import { useClient } from "../state/client";
import { createProjectPanel } from "../state/project-panel";
import { kindTitles } from "../state/project-words";
import { settingsTitles } from "../state/settings-sections";
import { Button } from "./Button";
import { DefinitionList } from "./DefinitionList";
import { Problem } from "./Problem";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

const kinds = Object.keys(kindTitles) as DefinitionKind[];

export function DefinitionSettings() {
  const client = useClient();
  const cwd = () => client.current().chosen().cwd || client.models.models()?.cwd || "";
  const panel = createProjectPanel(cwd);
  // What is edited above stands below.
  createEffect(
    on(
      () => client.changes.of("projects"),
      () => void panel.reload(),
      { defer: true },
    ),
  );
  return (
    <SheetSection
      title={settingsTitles.definitions}
      isReady={!panel.isReading()}
      data-testid="definitions"
    >
      <p class={styles.note}>
        {tr(
          "Files that say how an agent works: yours, which act in every project, and those of {path}, which act once you have allowed them.",
          {
            path: (
              <code>
                <VisibleText text={panel.shown()?.root ?? cwd()} />
              </code>
            ),
          },
        )}
      </p>
      <Problem words={panel.problemOf("")} />
      <Show when={panel.asked().length > 0}>
        <p>
          <Button onClick={() => client.setPanel("project")}>
            {tn(
              panel.asked().length,
              "Review {count} of this project",
              "Review {count} of this project",
            )}
          </Button>
        </p>
      </Show>
      <For each={kinds}>
        {(kind) => (
          <Show when={panel.of(kind).length > 0}>
            <h4>{kindTitles[kind]}</h4>
            <DefinitionList panel={panel} definitions={panel.of(kind)} />
          </Show>
        )}
      </For>
    </SheetSection>
  );
}
