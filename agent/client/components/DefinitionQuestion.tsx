/** One definition that waits for an answer: whole, with its buttons. Allowed only once all of it was on the screen. */
import { createSignal, onMount, Show } from "solid-js";
import type { Definition } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { beginningOf, notShownWords } from "../state/beginning";
import { useClient } from "../state/client";
import type { ProjectPanel } from "../state/project-panel";
import { changedLines, definitionKey, definitionName, standingWords } from "../state/project-words";
import { Button, ButtonRow } from "./Button";
import { DefinitionText, factsOf } from "./DefinitionView";
import ownStyles from "./Definitions.module.css";
import styles from "./McpServers.module.css";
import { Problem } from "./Problem";
import { createSeen } from "./seen-bands";
import { createStillness } from "./stillness";
import { VisibleText } from "./VisibleText";

export interface DefinitionQuestionProps {
  definition: Definition;
  panel: ProjectPanel;
  /** No other waits: its button is the one that counts. */
  isAlone: boolean;
  setFolded?: (isFolded: boolean) => void;
}

/** For one digest: of another it is drawn anew. */
export function DefinitionQuestion(props: DefinitionQuestionProps) {
  const { notices } = useClient();
  const name = () => visibleString(definitionName(props.definition));
  const [isFolded, setFolded] = createSignal(beginsFolded(props.definition));
  const [anyChange, setAnyChange] = createSignal(false);
  let shown!: HTMLDivElement;
  let button!: HTMLButtonElement;
  const isSeen = createSeen(() => shown);
  const stillness = createStillness(() => button);
  const isReady = () => isSeen() && !isFolded();
  onMount(() => props.setFolded?.(isFolded()));

  function open(): void {
    setFolded(false);
    props.setFolded?.(false);
  }

  function allow(): void {
    const isStill = stillness.check();
    if (!isReady())
      notices.toast(
        notShownWords(),
        isFolded() ? t("Show all of it first.") : t("Scroll through it first."),
      );
    else if (isStill)
      void props.panel.reply([props.definition], "allow", anyChange() ? true : undefined);
  }

  return (
    <section
      class={styles.server}
      aria-label={name()}
      data-testid={`definition-${props.definition.kind}-${props.definition.name}`}
    >
      <header>
        <h4>
          <VisibleText text={definitionName(props.definition)} exact />
        </h4>
        <span>
          {factsOf(props.definition)} · {standingWords[props.definition.standing]}
        </span>
      </header>
      <div ref={shown} class={styles.shown}>
        <DefinitionText definition={props.definition} onOpen={open} />
      </div>
      <Show when={props.definition.kind === "instructions"}>
        <label class={ownStyles.check}>
          <input
            type="checkbox"
            checked={anyChange()}
            onChange={(event) => setAnyChange(event.currentTarget.checked)}
          />
          {t("Also when it changes, without being asked again")}
        </label>
      </Show>
      <Problem words={props.panel.problemOf(definitionKey(props.definition))} />
      <ButtonRow>
        <Show when={props.definition.standing !== "refused"}>
          <Button
            aria-label={t("Refuse {name}", { name: name() })}
            onClick={() => void props.panel.reply([props.definition], "refuse")}
          >
            {t("Refuse")}
          </Button>
        </Show>
        <Button
          ref={button}
          look={props.isAlone ? "primary" : "plain"}
          aria-label={t("Allow {name}", { name: name() })}
          aria-disabled={!isReady() || !stillness.isStill()}
          onClick={allow}
        >
          {t("Allow")}
        </Button>
      </ButtonRow>
    </section>
  );
}

/** Only of its whole text is a part folded away: a change is drawn whole. */
function beginsFolded(definition: Definition): boolean {
  if (changedLines(definition) !== undefined) return false;
  const lines = definition.text.replace(/\n$/, "").split("\n");
  return beginningOf(lines) !== lines;
}
