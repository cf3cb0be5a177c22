/** A definition in full: whose it is, what it is told or runs, what it allows, what of it is not used, all of its text, and what has changed since it was allowed. */
import { For, type JSX, Show } from "solid-js";
import type { Definition, DefinitionKind } from "../../shared/protocol";
import { sizeOf } from "../../shared/taken-files";
import { t } from "../../shared/translation";
import { DiffView } from "../conversation/DiffView";
import { FoldedText } from "../conversation/FoldedText";
import {
  changedLines,
  definitionName,
  kindWords,
  originWords,
  roleWords,
} from "../state/project-words";
import styles from "./McpServers.module.css";
import ownStyles from "./Definitions.module.css";
import settingsStyles from "./Settings.module.css";
import { VisibleText } from "./VisibleText";

export interface DefinitionTextProps {
  definition: Definition;
  /** All of it has to be shown: called once a person has opened what was folded. */
  onOpen?: () => void;
}

/** Everything that its answer is for. */
export function DefinitionText(props: DefinitionTextProps) {
  const one = () => props.definition;
  return (
    <>
      <p class={settingsStyles.note}>{kindWords[one().kind]}</p>
      <Show when={one().description}>
        <p class={ownStyles.text}>
          <VisibleText text={one().description} exact />
        </p>
      </Show>
      <dl class={styles.rows}>
        <Row label={one().origin === "project" ? t("File") : t("Where")} text={one().path} />
        <Row label={t("Arguments")} text={one().argumentHint ?? ""} />
        <Row label={t("Subagents")} text={roleWords(one())} />
        <For each={one().runs}>{(command) => <Row label={t("It runs")} text={command} />}</For>
        <For each={one().grants}>{(words) => <Row label={t("It allows")} text={words} />}</For>
        <For each={one().files}>
          {({ path, bytes }) => (
            <Row label={t("Its folder has")} text={`${path}, ${sizeOf(bytes)}`} />
          )}
        </For>
      </dl>
      <For each={one().notes}>
        {(note) => (
          <p class={styles.warning}>
            <VisibleText text={note} exact />
          </p>
        )}
      </For>
      <Show when={changedLines(one())} fallback={<Whole {...props} />}>
        {(lines) => (
          <>
            <p class={styles.warning}>
              {t("It has changed since you allowed it. All of it, with what was there before:")}
            </p>
            <div class={ownStyles.whole}>
              <DiffView
                lines={lines()}
                first={lines().length}
                exact
                onOpen={() => props.onOpen?.()}
              />
            </div>
          </>
        )}
      </Show>
    </>
  );
}

function Whole(props: DefinitionTextProps) {
  return (
    <Show when={props.definition.text !== ""}>
      <div class={ownStyles.whole}>
        <FoldedText
          text={props.definition.text}
          label={t("The text of {name}", { name: definitionName(props.definition) })}
          exact
          onOpen={() => props.onOpen?.()}
        />
      </div>
    </Show>
  );
}

function Row(props: { label: string; text: string }): JSX.Element {
  return (
    <Show when={props.text !== ""}>
      <dt>{props.label}</dt>
      <dd>
        <VisibleText text={props.text} exact />
      </dd>
    </Show>
  );
}

/** "command · of this project". */
export function factsOf({ kind, origin }: Definition): string {
  return `${kindNouns[kind]()} ${originWords[origin]}`;
}

const kindNouns: Record<DefinitionKind, () => string> = {
  instructions: () => t("instructions"),
  command: () => t("command"),
  skill: () => t("skill"),
  role: () => t("role"),
  "language-server": () => t("language server"),
};
