/** @jsxImportSource @opentui/solid */
/** Settings as lines, each with its value: the arrow keys change a choice, Enter changes a text. */
import { createMemo, createSignal, Show } from "solid-js";
import { colors } from "../theme";
import { ChoiceList, type Line } from "./ChoiceList";
import { EntryLine } from "./PanelQuestions";

export interface Field {
  /** Of its own in the list. */
  label: string;
  /** As it is shown. */
  value: string;
  words?: string | undefined;
  /** To the next or the previous choice. */
  step?: (by: 1 | -1) => void;
  edit?: {
    text: string;
    /** Returns what is wrong with the text, where it is not taken. */
    save: (text: string) => string | undefined;
  };
  run?: () => void;
}

/** A field of one of a few. */
export function choiceField<Id extends string>(
  label: string,
  choices: readonly { id: Id; name: string }[],
  chosen: Id,
  choose: (id: Id) => void,
  words?: string,
): Field {
  const at = choices.findIndex(({ id }) => id === chosen);
  return {
    label,
    value: choices[at]?.name ?? chosen,
    words,
    step: (by) => choose(choices[(at + by + choices.length) % choices.length]!.id),
  };
}

/** A field of a number; `least` is taken too, an empty text is `undefined` where `empty` says what that means. */
export function numberField(
  label: string,
  value: number | undefined,
  options: { empty?: string | undefined; least: number; most?: number | undefined },
  save: (value: number | undefined) => void,
): Field {
  const { empty, least, most = Number.MAX_SAFE_INTEGER } = options;
  return {
    label,
    value: value === undefined ? (empty ?? "") : String(value),
    edit: {
      text: value === undefined ? "" : String(value),
      save(text) {
        const number = text === "" ? undefined : Number(text);
        const isInRange = number !== undefined && number >= least && number <= most;
        if (!isInRange && (number !== undefined || empty === undefined))
          return `Enter a number from ${least} ${options.most === undefined ? "on" : `to ${most}`}.`;
        save(number);
        return undefined;
      },
    },
  };
}

export interface FieldListProps {
  fields: readonly Field[];
  empty: string;
  reserved?: number;
}

export function FieldList(props: FieldListProps) {
  const [edited, setEdited] = createSignal<Field>();
  const [problem, setProblem] = createSignal<string>();
  const lines = createMemo(() =>
    props.fields.map(({ label, value, words, step }): Line => ({
      id: label,
      text: label,
      side: step === undefined ? value : `‹ ${value} ›`,
      words,
    })),
  );
  const fieldOf = ({ id }: Line) => props.fields.find(({ label }) => label === id);

  function choose(line: Line): void {
    const field = fieldOf(line);
    setProblem(undefined);
    if (field?.edit !== undefined) setEdited(field);
    else if (field?.run !== undefined) field.run();
    else field?.step?.(1);
  }

  return (
    <>
      <ChoiceList
        lines={lines()}
        empty={props.empty}
        isActive={edited() === undefined}
        reserved={(props.reserved ?? 0) + (edited() || problem() ? 1 : 0)}
        choose={choose}
        keys={[
          { key: "ArrowLeft", run: (line) => fieldOf(line)?.step?.(-1) },
          { key: "ArrowRight", run: (line) => fieldOf(line)?.step?.(1) },
        ]}
      />
      <Show when={problem()}>
        {(words) => (
          <text fg={colors.bad} flexShrink={0}>
            {words()}
          </text>
        )}
      </Show>
      <Show when={edited()} keyed>
        {(field) => (
          <EntryLine
            label={field.label}
            value={field.edit?.text ?? ""}
            save={(text) => setProblem(field.edit?.save(text))}
            close={() => setEdited(undefined)}
          />
        )}
      </Show>
    </>
  );
}
