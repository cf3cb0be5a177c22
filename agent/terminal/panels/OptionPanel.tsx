/** @jsxImportSource @opentui/solid */
/** What is chosen for the session's model besides its name: the effort, and what few people touch. */
import { For } from "solid-js";
import { defined } from "../../shared/defined";
import { takenOptions } from "../../shared/model-options";
import type { ModelOptions } from "../../shared/protocol";
import { useClient } from "../../client/state/client";
import { createModelChoice } from "../../client/state/model-choice";
import { allOptions, effortChoices } from "../../client/state/option-choices";
import { colors } from "../theme";
import { choiceField, type Field, FieldList, numberField } from "./FieldList";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

type Change = { [Name in keyof ModelOptions]: ModelOptions[Name] | undefined };

export function OptionPanel(props: PanelProps) {
  const client = useClient();
  const choice = createModelChoice(client);
  const efforts = () => choice.efforts();
  const options = () =>
    props.open.chosen().options ?? (efforts() ? {} : (client.models.models()?.options ?? {}));
  const known = () => {
    const ofEngine = efforts();
    return ofEngine ? { efforts: [...ofEngine], serviceTiers: [] } : choice.info()?.allows;
  };
  const allows = () => known() ?? allOptions;
  const taken = () => takenOptions(options(), known());
  const change = (next: Change): void =>
    void props.open.change({ options: defined({ ...options(), ...next }) });

  const fields = () => {
    const effort: Field[] =
      allows().efforts.length === 0
        ? []
        : [
            choiceField(
              "Effort",
              effortChoices(allows()),
              taken().options.effort ?? "default",
              (id) => change({ effort: id === "default" ? undefined : id }),
            ),
          ];
    return efforts() ? effort : [...effort, ...moreFields()];
  };

  function moreFields(): Field[] {
    const { maxTemperature, maxOutputTokens, serviceTiers } = allows();
    const { temperature, maxOutputTokens: most, serviceTier } = options();
    const empty = "default";
    const tiers = ["", ...serviceTiers].map((id) => ({ id, name: id || "Not set" }));
    return [
      ...(maxTemperature === undefined
        ? []
        : [
            numberField(
              "Temperature",
              temperature,
              { empty, least: 0, most: maxTemperature },
              (value) => change({ temperature: value }),
            ),
          ]),
      numberField(
        "Maximum output (tokens)",
        most,
        { empty, least: 16, most: maxOutputTokens },
        (value) => change({ maxOutputTokens: value && Math.round(value) }),
      ),
      ...(serviceTiers.length === 0
        ? []
        : [
            choiceField("Service tier", tiers, serviceTier ?? "", (id) =>
              change({ serviceTier: id || undefined }),
            ),
          ]),
    ];
  }

  return (
    <PanelFrame
      title={`Options of ${choice.name() || "the model"}`}
      hints={["Left and Right choose", "Enter changes", "Escape closes"]}
      close={props.close}
    >
      <FieldList
        fields={fields()}
        empty="Nothing can be chosen for this model."
        reserved={taken().notes.length}
      />
      <For each={taken().notes}>{(note) => <text fg={colors.warning}>{note}</text>}</For>
    </PanelFrame>
  );
}
