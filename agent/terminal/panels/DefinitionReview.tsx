/** @jsxImportSource @opentui/solid */
/** Files that say how an agent works, each in full, and the keys that answer about them: allowed only once all of it was on the screen. */
import { For, Show } from "solid-js";
import type { ProjectPanel } from "../../client/state/project-panel";
import {
  changedLines,
  definitionKey,
  definitionName,
  kindWords,
  originWords,
  roleWords,
  standingWords,
} from "../../client/state/project-words";
import { plural } from "../../shared/plural";
import type { Definition } from "../../shared/protocol";
import { diffPieces } from "../conversation/DiffRows";
import { Words } from "../conversation/Words";
import { ReviewBox, type ReviewKey } from "./ReviewBox";

export interface DefinitionReviewProps {
  /** One, or all that wait for an answer. */
  definitions: readonly Definition[];
  panel: ProjectPanel;
  close: () => void;
}

export function DefinitionReview(props: DefinitionReviewProps) {
  const of = (one: Definition) => one.origin === "project";
  const canAllow = () => props.definitions.every((one) => of(one) && one.standing !== "on");
  const canRefuse = () => props.definitions.every((one) => of(one) && one.standing !== "refused");
  const isInstructions = () => props.definitions.every(({ kind }) => kind === "instructions");
  const isOne = () => props.definitions.length === 1;
  const keys: ReviewKey[] = [
    {
      key: "a",
      get words() {
        return isOne() ? "allow" : `allow all ${props.definitions.length} as shown`;
      },
      isForSeen: true,
      when: canAllow,
      run: () => void props.panel.reply(props.definitions, "allow"),
    },
    {
      key: "c",
      words: "allow, also when it changes",
      isForSeen: true,
      when: () => canAllow() && isInstructions(),
      run: () => void props.panel.reply(props.definitions, "allow", true),
    },
    {
      key: "d",
      get words() {
        if (!isOne()) return "refuse all";
        return props.definitions[0]?.standing === "on" ? "no longer allow" : "refuse";
      },
      when: canRefuse,
      run: () => void props.panel.reply(props.definitions, "refuse"),
    },
  ];
  return (
    <ReviewBox
      keys={keys}
      note={props.panel.busy() === undefined ? undefined : "A moment…"}
      close={props.close}
    >
      <For each={props.definitions}>
        {(one) => <Whole definition={one} problem={props.panel.problemOf(definitionKey(one))} />}
      </For>
    </ReviewBox>
  );
}

function Whole(props: { definition: Definition; problem: string }) {
  const { definition } = props;
  const changed = changedLines(definition);
  return (
    <box flexDirection="column" flexShrink={0} paddingBottom={1}>
      <Words
        pieces={[
          { text: definitionName(definition), exact: true, bold: true },
          { text: ` · ${originWords[definition.origin]} · `, color: "muted" },
          { text: definition.path, exact: true, color: "muted" },
          { text: ` · ${standingWords[definition.standing]}`, color: "muted" },
        ]}
      />
      <Words pieces={[{ text: kindWords[definition.kind], color: "muted" }]} />
      <Show when={props.problem}>
        {(words) => <Words pieces={[{ text: words(), color: "bad" }]} />}
      </Show>
      <For each={factsOf(definition)}>
        {(fact) => (
          <Words
            pieces={[
              { text: "· ", color: "muted" },
              { text: fact, exact: true },
            ]}
          />
        )}
      </For>
      <For each={definition.notes}>
        {(note) => <Words pieces={[{ text: note, exact: true, color: "warning" }]} />}
      </For>
      <Show when={changed}>
        {(lines) => (
          <>
            <Words pieces={[{ text: "It has changed since you allowed it:", color: "warning" }]} />
            <Words pieces={diffPieces(lines(), true)} wrap="char" />
            <Words pieces={[{ text: "All of it now:", color: "muted" }]} />
          </>
        )}
      </Show>
      <box paddingLeft={2} flexShrink={0}>
        <Words pieces={[{ text: definition.text, exact: true }]} wrap="char" />
      </box>
    </box>
  );
}

function factsOf(definition: Definition): string[] {
  const { description, files = [], runs, grants } = definition;
  const role = roleWords(definition);
  return [
    ...(description === "" ? [] : [description]),
    ...(role === "" ? [] : [role]),
    ...runs.map((command) => `Runs ${command}`),
    ...grants.map((words) => `Allows ${words}`),
    ...files.map(({ path, bytes }) => `In its folder: ${path} (${plural(bytes, "byte")})`),
  ];
}
