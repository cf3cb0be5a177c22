/** What can be chosen for a model besides its name: the effort, and behind "More" what few people touch. Only what the model takes is offered. */
import { createSignal, For, Show, untrack } from "solid-js";
import { defined } from "../../shared/defined";
import { takenOptions } from "../../shared/model-options";
import type { AllowedOptions, ModelOptions } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { allOptions, effortChoices } from "../state/option-choices";
import styles from "./OptionFields.module.css";
import { Segments } from "./Segments";

export interface OptionFieldsProps {
  options: ModelOptions;
  /** Absent: not known, and everything is offered. */
  allows?: AllowedOptions | undefined;
  /** An engine takes no other. */
  effortOnly?: boolean;
  /** Whose they are, for screen readers; absent: what surrounds them says it. */
  of?: string;
  /** All of them as they are to be. Resolves when they are, or the person was told why not. */
  change: (options: ModelOptions) => Promise<unknown>;
}

type Change = { [Name in keyof ModelOptions]: ModelOptions[Name] | undefined };

export function OptionFields(props: OptionFieldsProps) {
  const allows = () => props.allows ?? allOptions;
  const taken = () => takenOptions(props.options, props.allows);
  const label = (name: string) =>
    props.of === undefined ? name : t("{name} of {owner}", { name, owner: props.of });
  const change = (change: Change) => props.change(defined({ ...props.options, ...change }));
  /** Only at first: what is being changed does not close. */
  const [isOpen, setOpen] = createSignal(
    untrack(() => Object.keys(props.options).some((name) => name !== "effort")),
  );
  return (
    <>
      <Show when={allows().efforts.length > 0}>
        <div class={styles.effort}>
          <span aria-hidden="true">{t("Effort")}</span>
          <Segments
            label={label(t("Effort"))}
            choices={effortChoices(allows())}
            chosen={taken().options.effort ?? "default"}
            choose={(effort) => change({ effort: effort === "default" ? undefined : effort })}
          />
        </div>
      </Show>
      <For each={taken().notes}>{(note) => <p class={styles.note}>{note}</p>}</For>
      <Show when={!props.effortOnly}>
        <details
          class={styles.more}
          open={isOpen()}
          onToggle={(event) => setOpen(event.currentTarget.open)}
        >
          <summary aria-label={label(t("More options"))}>{t("More options")}</summary>
          <Show when={isOpen()}>
            <MoreFields {...props} change={change} label={label} />
          </Show>
        </details>
      </Show>
    </>
  );
}

function MoreFields(
  props: Pick<OptionFieldsProps, "options" | "allows"> & {
    change: (change: Change) => unknown;
    label: (name: string) => string;
  },
) {
  const allows = () => props.allows ?? allOptions;
  return (
    <>
      <Show when={allows().maxTemperature !== undefined}>
        <NumberField
          name={t("Temperature")}
          label={props.label(t("Temperature"))}
          value={props.options.temperature}
          min={0}
          max={allows().maxTemperature}
          step={0.1}
          change={(temperature) => props.change({ temperature })}
        />
      </Show>
      <NumberField
        name={t("Maximum output (tokens)")}
        label={props.label(t("Maximum output"))}
        value={props.options.maxOutputTokens}
        min={16}
        max={allows().maxOutputTokens}
        step={1}
        change={(maxOutputTokens) => props.change({ maxOutputTokens })}
      />
      <Show when={props.allows === undefined || allows().serviceTiers.length > 0}>
        <label>
          {t("Service tier")}
          <Show
            when={props.allows}
            fallback={
              <input
                type="text"
                aria-label={props.label(t("Service tier"))}
                placeholder={t("default")}
                pattern="[\w\-]{1,40}"
                value={props.options.serviceTier ?? ""}
                onChange={({ currentTarget: field }) => {
                  if (field.reportValidity())
                    props.change({ serviceTier: field.value || undefined });
                }}
              />
            }
          >
            <select
              aria-label={props.label(t("Service tier"))}
              onChange={(event) =>
                props.change({ serviceTier: event.currentTarget.value || undefined })
              }
            >
              <For each={["", ...allows().serviceTiers]}>
                {(tier) => (
                  <option value={tier} selected={tier === (props.options.serviceTier ?? "")}>
                    {tier || t("Not set")}
                  </option>
                )}
              </For>
            </select>
          </Show>
        </label>
      </Show>
    </>
  );
}

interface NumberFieldProps {
  name: string;
  label: string;
  value: number | undefined;
  min: number;
  max: number | undefined;
  step: number;
  change: (value: number | undefined) => void;
}

/** Empty: the service's own default. What is out of range is said by the browser, and not taken. */
function NumberField(props: NumberFieldProps) {
  return (
    <label>
      {props.name}
      <input
        type="number"
        aria-label={props.label}
        placeholder={t("default")}
        min={props.min}
        max={props.max}
        step={props.step}
        value={props.value ?? ""}
        onChange={({ currentTarget: field }) => {
          if (field.reportValidity())
            props.change(field.value === "" ? undefined : field.valueAsNumber);
        }}
      />
    </label>
  );
}
