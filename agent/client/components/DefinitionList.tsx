/** Definitions that are answered, or need no answer: a row each with whose it is, opened all of it, and the switch or the answer. */
import { createSignal, For, Show } from "solid-js";
import type { Definition } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import type { ProjectPanel } from "../state/project-panel";
import { definitionKey, definitionName, originWords, standingWords } from "../state/project-words";
import { Button, ButtonRow } from "./Button";
import { DefinitionQuestion } from "./DefinitionQuestion";
import { DefinitionText } from "./DefinitionView";
import ownStyles from "./Definitions.module.css";
import styles from "./McpServers.module.css";
import { Problem } from "./Problem";
import settingsStyles from "./Settings.module.css";
import { VisibleText } from "./VisibleText";

export interface DefinitionListProps {
  panel: ProjectPanel;
  definitions: Definition[];
}

/** By key: what is open in one outlives a change of another. */
export function DefinitionList(props: DefinitionListProps) {
  return (
    <For each={props.definitions.map(definitionKey)}>
      {(key) => (
        <Show when={props.definitions.find((one) => definitionKey(one) === key)}>
          {(definition) => <Row definition={definition()} panel={props.panel} />}
        </Show>
      )}
    </For>
  );
}

/** As the settings colour them. */
const looks = { on: "ready", asked: "asked", refused: "absent", off: "absent" };

function Row(props: { definition: Definition; panel: ProjectPanel }) {
  const [isOpen, setOpen] = createSignal(false);
  const one = () => props.definition;
  return (
    <details
      class={settingsStyles.provider}
      data-testid={`row-${one().kind}-${one().name}`}
      open={isOpen()}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>
          <span class={ownStyles.name}>
            <VisibleText text={definitionName(one())} />
          </span>
          <span class={settingsStyles.words}>
            {originWords[one().origin]}
            <Show when={one().description}>
              {" · "}
              <VisibleText text={one().description} />
            </Show>
          </span>
        </span>
        <span data-state={looks[one().standing]}>{standingWords[one().standing]}</span>
      </summary>
      <Show when={isOpen()}>
        <Show
          when={one().standing !== "refused"}
          fallback={
            <div class={styles.inRow}>
              <DefinitionQuestion definition={one()} panel={props.panel} isAlone />
            </div>
          }
        >
          <div class={styles.inRow}>
            <DefinitionText definition={one()} />
            <Problem words={props.panel.problemOf(definitionKey(one()))} />
            <Actions {...props} />
          </div>
        </Show>
      </Show>
    </details>
  );
}

/** None for what is Rein's own. */
function Actions(props: { definition: Definition; panel: ProjectPanel }) {
  const name = () => visibleString(definitionName(props.definition));
  const isOff = () => props.definition.standing === "off";
  return (
    <ButtonRow>
      <Show when={props.definition.origin === "project" && props.definition.standing === "on"}>
        <Button
          aria-label={t("No longer allow {name}", { name: name() })}
          onClick={() => void props.panel.reply([props.definition], "refuse")}
        >
          {t("No longer allow")}
        </Button>
      </Show>
      <Show when={props.definition.origin === "person"}>
        <Button
          aria-label={
            isOff()
              ? t("Switch on {name}", { name: name() })
              : t("Switch off {name}", { name: name() })
          }
          onClick={() => void props.panel.switchTo(props.definition, isOff())}
        >
          {isOff() ? t("Switch on") : t("Switch off")}
        </Button>
      </Show>
    </ButtonRow>
  );
}
