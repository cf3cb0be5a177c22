/** What subagents work with, by what they are sent out for: each role of a file, and what is chosen for it here. */
import { createSignal, For, Show } from "solid-js";
import { defined } from "../../shared/defined";
import type { Definition, RoleChoice, RoleChoices } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { beginWith, chosenBy, findEngine, namedIn, offeredProviders } from "../state/engine-list";
import { findModel } from "../state/model-list";
import { createProjectPanel } from "../state/project-panel";
import { originWords, roleWords, standingWords } from "../state/project-words";
import { settingsTitles } from "../state/settings-sections";
import textStyles from "../styles/text-styles.module.css";
import { ModelSelect } from "./ModelSelect";
import { OptionFields } from "./OptionFields";
import { Problem } from "./Problem";
import { createSaver } from "./settings-saver";
import styles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function SubagentSettings() {
  const client = useClient();
  const cwd = () => client.current().chosen().cwd || client.models.models()?.cwd || "";
  const panel = createProjectPanel(cwd);
  const roles = () => panel.of("role");
  return (
    <SheetSection
      title={settingsTitles.subagents}
      isReady={!panel.isReading()}
      data-testid="subagents"
    >
      <p class={styles.note}>
        {t(
          "A model says what it sends a subagent out for; here you choose what that subagent works with.",
        )}
      </p>
      <Problem words={panel.problemOf("")} />
      <For each={[...new Set(roles().map(({ name }) => name))]}>
        {(name) => (
          <Show when={roles().find((one) => one.name === name)}>
            {(role) => <Role role={role()} />}
          </Show>
        )}
      </For>
    </SheetSection>
  );
}

/** A role may be called as a property of every object is. */
function ownChoice(choices: RoleChoices | undefined, name: string): RoleChoice {
  return choices !== undefined && Object.hasOwn(choices, name) ? (choices[name] ?? {}) : {};
}

function Role(props: { role: Definition }) {
  const client = useClient();
  const { models } = client.models;
  const { engines } = client.engines;
  const { save, problem } = createSaver();
  /** Its list of models can be long. */
  const [isOpen, setOpen] = createSignal(false);
  const name = () => props.role.name;
  const subagents = () => t("subagents for “{name}”", { name: visibleString(name()) });
  const choice = (): RoleChoice => ownChoice(models()?.roles, name());
  const info = () => findModel(models(), choice().provider ?? "", choice().model ?? "");
  const efforts = () => (choice().engine ? (engine()?.gives.efforts ?? []) : undefined);
  const engine = () => findEngine(engines(), choice().engine);
  const ready = () => engines()?.filter((one) => one.state === "ready" || one === engine()) ?? [];
  const providers = () => offeredProviders(models(), engine(), chosenBy(choice()), false);
  const change = (next: RoleChoice) => save({ roles: { [name()]: next } });

  function chooseEngine(id: string): void {
    const next = findEngine(engines(), id);
    void change(next ? namedIn(beginWith(models(), next, {})) : {});
  }

  function chooseModel(chosen: { provider: string; model: string } | undefined): void {
    const { engine: id, options } = choice();
    const kept = defined({ engine: id === undefined ? undefined : { id }, ...chosen });
    void change({ ...namedIn(kept), ...defined({ options }) });
  }
  const fileModel = () => props.role.role?.model ?? t("The session’s own");
  const summary = () => {
    const engineName = engine()?.name ?? choice().engine;
    const model = info()?.name ?? choice().model ?? (engineName ? undefined : fileModel());
    return [engineName, model, choice().options?.effort].filter(Boolean).join(" · ");
  };
  return (
    <details
      class={styles.provider}
      data-testid={`role-${name()}`}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>
          <VisibleText text={name()} />
          <span class={styles.words}>
            {originWords[props.role.origin]} · <VisibleText text={props.role.description} />
          </span>
        </span>
        <span class={styles.note}>
          <VisibleText text={summary()} />
        </span>
      </summary>
      <Show when={isOpen()}>
        <div class={styles.role}>
          <Show when={roleWords(props.role)}>
            {(words) => (
              <p class={styles.note}>
                {tr("Its file says {words}. What you choose here counts before that.", {
                  words: <VisibleText text={words()} />,
                })}
              </p>
            )}
          </Show>
          <Show when={props.role.standing !== "on"}>
            <p class={textStyles.problem}>
              {t("It does not act: {reason}.", { reason: standingWords[props.role.standing] })}
            </p>
          </Show>
          <Show when={ready().length > 0}>
            <label class={styles.setting}>
              {t("Engine")}
              <select
                aria-label={t("Engine of {subagents}", { subagents: subagents() })}
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
            <span aria-hidden="true">{t("Model")}</span>
            <ModelSelect
              label={t("Model of {subagents}", { subagents: subagents() })}
              {...(choice().engine === undefined && { none: fileModel() })}
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
            <p class={styles.note}>{t("Without a choice here, the session’s options are used.")}</p>
          </Show>
          <Show when={problem()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
        </div>
      </Show>
    </details>
  );
}
