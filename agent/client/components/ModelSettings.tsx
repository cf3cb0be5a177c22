/** The model and the options of new sessions, what names them, and what subagents use by their roles. */
import { createSignal, For, Show } from "solid-js";
import { defined } from "../../shared/defined";
import type { RoleChoice, TitleChoice } from "../../shared/protocol";
import { useClient } from "../state/client";
import { beginWith, chosenBy, findEngine, namedIn, offeredProviders } from "../state/engine-list";
import { findModel } from "../state/model-list";
import textStyles from "../styles/text-styles.module.css";
import { ModelSelect } from "./ModelSelect";
import { OptionFields } from "./OptionFields";
import { Segments } from "./Segments";
import { createSaver } from "./settings-saver";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function ModelSettings() {
  const { models } = useClient().models;
  const { save, problem } = createSaver();
  return (
    <SheetSection title="Models" data-testid="model-settings">
      <div class={styles.setting}>
        <span aria-hidden="true">For new sessions</span>
        <ModelSelect
          label="For new sessions"
          chosen={models()?.default}
          choose={(chosen) => chosen && void save({ ...chosen })}
        />
      </div>
      <OptionFields
        options={models()?.options ?? {}}
        of="new sessions"
        change={(options) => void save({ options })}
      />
      <p class={styles.note}>
        A model gets only the options that it accepts; the model menu says which are left out.
      </p>
      <Titles />
      <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
    </SheetSection>
  );
}

const builtInRoles = [
  { name: "simple", use: "A small, clear job of a few steps" },
  { name: "complex", use: "Work with many steps" },
  { name: "researcher", use: "Looks things up, and changes nothing" },
];

/** What subagents work with, by what they are sent out for. */
export function SubagentSettings() {
  return (
    <SheetSection title="Subagents">
      <p class={styles.note}>
        A model says what it sends a subagent out for; here you choose what that subagent works
        with.
      </p>
      <For each={builtInRoles}>{(role) => <Role id={role.name} {...role} />}</For>
    </SheetSection>
  );
}

/** What names sessions. */
function Titles() {
  const { models } = useClient().models;
  const { save, problem } = createSaver();
  const titles = () => models()?.titles ?? "auto";
  const way = () => (typeof titles() === "object" ? "model" : (titles() as "auto" | "off"));
  const chosen = () => (typeof titles() === "object" ? (titles() as Chosen) : undefined);
  const choose = async (next: TitleChoice): Promise<void> => void (await save({ titles: next }));
  return (
    <>
      <div class={styles.setting}>
        <span aria-hidden="true">Titles of sessions</span>
        <Segments
          label="Titles of sessions"
          choices={titleWays}
          chosen={way()}
          choose={(next) => choose(next === "model" ? (chosen() ?? models()!.default) : next)}
        />
      </div>
      <Show when={way() === "model"}>
        <div class={styles.setting}>
          <span aria-hidden="true">Model for titles</span>
          <ModelSelect
            label="Model for titles"
            chosen={chosen()}
            choose={(next) => next && void choose(next)}
          />
        </div>
      </Show>
      <p class={styles.note}>{titleWords[way()]}</p>
      <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
    </>
  );
}

type Chosen = Exclude<TitleChoice, string>;

const titleWays = [
  { id: "auto", name: "Automatic" },
  { id: "model", name: "One model" },
  { id: "off", name: "First words" },
] as const;

const titleWords = {
  auto: "After the first answer a small model of the same provider is asked for a title, where one is known to cost less; else the model itself.",
  model: "After the first answer this model is asked for a title.",
  off: "A session is called by the first words of its first message. No model is asked.",
};

function Role(props: { id: string; name: string; use: string }) {
  const client = useClient();
  const { models } = client.models;
  const { engines } = client.engines;
  const { save, problem } = createSaver();
  /** Its list of models can be long. */
  const [isOpen, setOpen] = createSignal(false);
  const subagents = () => `subagents for “${props.name}”`;
  const choice = (): RoleChoice => models()?.roles[props.id] ?? {};
  const info = () => findModel(models(), choice().provider ?? "", choice().model ?? "");
  const efforts = () => (choice().engine ? (engine()?.gives.efforts ?? []) : undefined);
  const engine = () => findEngine(engines(), choice().engine);
  const ready = () => engines()?.filter((one) => one.state === "ready" || one === engine()) ?? [];
  const providers = () => offeredProviders(models(), engine(), chosenBy(choice()), false);
  const change = (next: RoleChoice) => void save({ roles: { [props.id]: next } });

  function chooseEngine(id: string): void {
    const next = findEngine(engines(), id);
    change(next ? namedIn(beginWith(models(), next, {})) : {});
  }

  function chooseModel(chosen: { provider: string; model: string } | undefined): void {
    const { engine: id, options } = choice();
    const kept = defined({ engine: id === undefined ? undefined : { id }, ...chosen });
    change({ ...namedIn(kept), ...defined({ options }) });
  }
  const summary = () => {
    const name = engine()?.name ?? choice().engine;
    const model = info()?.name ?? choice().model ?? (name ? undefined : "The session’s own");
    return [name, model, choice().options?.effort].filter(Boolean).join(" · ");
  };
  return (
    <details class={styles.provider} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <span>
          {props.name}
          <span class={styles.words}>{props.use}</span>
        </span>
        <span class={styles.note}>
          <VisibleText text={summary()} />
        </span>
      </summary>
      <Show when={isOpen()}>
        <div class={styles.role}>
          <Show when={ready().length > 0}>
            <label class={styles.setting}>
              Engine
              <select
                aria-label={`Engine of ${subagents()}`}
                onChange={(event) => chooseEngine(event.currentTarget.value)}
              >
                <option value="" selected={choice().engine === undefined}>
                  Rein
                </option>
                <For each={ready()}>
                  {(one) => (
                    <option value={one.id} selected={one.id === choice().engine}>
                      {one.name}
                    </option>
                  )}
                </For>
              </select>
            </label>
          </Show>
          <div class={styles.setting}>
            <span aria-hidden="true">Model</span>
            <ModelSelect
              label={`Model of ${subagents()}`}
              {...(choice().engine === undefined && { none: "The session’s own" })}
              providers={providers()}
              chosen={chosenBy(choice())}
              choose={chooseModel}
            />
          </div>
          <Show when={efforts()?.length !== 0}>
            <OptionFields
              options={choice().options ?? {}}
              allows={efforts() ? { efforts: [...efforts()!], serviceTiers: [] } : info()?.allows}
              effortOnly={efforts() !== undefined}
              of={subagents()}
              change={(options) =>
                change({
                  ...choice(),
                  options: Object.keys(options).length > 0 ? options : undefined,
                })
              }
            />
          </Show>
          <Show when={choice().options === undefined && choice().engine === undefined}>
            <p class={styles.note}>Without a choice here, the session’s options are used.</p>
          </Show>
          <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
        </div>
      </Show>
    </details>
  );
}
