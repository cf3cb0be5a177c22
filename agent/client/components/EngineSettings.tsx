/** The engines: which were found, how to get the others, where a program lies; and agents of one's own. */
import { createSignal, For, onCleanup, onMount, Show } from "solid-js";
import type { EngineInfo } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { originStorage } from "../state/browser-storage";
import { useClient } from "../state/client";
import { engineStateWords } from "../state/engine-choices";
import { findEngine } from "../state/engine-list";
import { findProvider } from "../state/model-list";
import { settingsTitles } from "../state/settings-sections";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
import { CopyButton } from "./CopyButton";
import styles from "./EngineSettings.module.css";
import { OwnAgentForm } from "./OwnAgentForm";
import { createSaver } from "./settings-saver";
import settingsStyles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

/** How much room the list took last: programs are asked for their versions, which may take seconds. */
const heightName = "rein.engines-height";

export function EngineSettings() {
  const { panel, engines: known } = useClient();
  const { engines, refresh } = known;
  const [isAdding, setAdding] = createSignal(false);
  let list!: HTMLDivElement;
  let add: HTMLButtonElement | undefined;
  onMount(() => void refresh());
  onCleanup(() => engines() && originStorage.setItem(heightName, `${list.offsetHeight}px`));

  function close(): void {
    setAdding(false);
    add?.focus();
  }

  return (
    <SheetSection
      title={settingsTitles.engines}
      isWanted={panel() === "engines"}
      data-testid="engines"
    >
      <p class={settingsStyles.note}>
        {t(
          "An engine is another agent that answers in a session instead of Rein’s own. Rein runs it, asks you before it acts, and stops it with everything it started.",
        )}
      </p>
      <div
        ref={list}
        class={engines() ? undefined : styles.unknown}
        style={{ "min-height": engines() ? undefined : originStorage.getItem(heightName)! }}
      >
        <Show when={engines() === undefined}>
          <p class={settingsStyles.note}>{t("Looking for engines…")}</p>
        </Show>
        {/* By id: what is half typed in one form outlives the saving of another. */}
        <For each={engines()?.map(({ id }) => id)}>
          {(id) => (
            <Show when={findEngine(engines(), id)}>
              {(engine) => <Row engine={engine()} onRemoved={() => add?.focus()} />}
            </Show>
          )}
        </For>
      </div>
      <Show
        when={isAdding()}
        fallback={
          <Button ref={add} class={styles.add} onClick={() => setAdding(true)}>
            {t("Add an ACP agent")}
          </Button>
        }
      >
        <section class={settingsStyles.provider} aria-labelledby="add-agent">
          <h4 id="add-agent" class={styles.title}>
            {t("Add an agent that speaks ACP")}
          </h4>
          <OwnAgentForm close={close} />
        </section>
      </Show>
    </SheetSection>
  );
}

/** As the settings colour them. */
const stateLooks = { ready: "ready", missing: "absent", unusable: "failed" };

function Row(props: { engine: EngineInfo; onRemoved: () => void }) {
  const [isOpen, setOpen] = createSignal(false);
  return (
    <details
      class={settingsStyles.provider}
      data-testid={`engine-${props.engine.id}`}
      open={isOpen()}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>
          <VisibleText text={props.engine.name} />
        </span>
        <span data-state={stateLooks[props.engine.state]}>
          <VisibleText text={engineStateWords(props.engine)} />
        </span>
      </summary>
      <Show when={isOpen()}>
        <div class={styles.facts}>
          <Facts engine={props.engine} />
        </div>
        <Show
          when={props.engine.own}
          fallback={<PathForm engine={props.engine} close={() => setOpen(false)} />}
        >
          <OwnAgentForm
            engine={props.engine}
            close={() => setOpen(false)}
            onRemoved={props.onRemoved}
          />
        </Show>
      </Show>
    </details>
  );
}

function Facts(props: { engine: EngineInfo }) {
  const { models } = useClient().models;
  const ways = () => {
    const names = props.engine.providers.map((id) => findProvider(models(), id)?.name ?? id);
    return [...names, ...(props.engine.ownLogin ? [t("its own log-in")] : [])].join(", ");
  };
  return (
    <>
      <Show when={props.engine.reason}>
        {(reason) => (
          <p>
            <VisibleText text={reason()} />
          </p>
        )}
      </Show>
      <Show when={props.engine.state !== "ready" && props.engine.install}>
        {(install) => (
          <div class={styles.install}>
            <span>{t("Install it with")}</span>
            <code>
              <VisibleText text={install()} />
            </code>
            <CopyButton
              text={install()}
              what={t("the command that installs {name}", { name: props.engine.name })}
            />
          </div>
        )}
      </Show>
      <Show when={props.engine.state !== "missing" && props.engine.path}>
        {(path) => (
          <p>
            {tr("Found at {path}", {
              path: (
                <code>
                  <VisibleText text={path()} />
                </code>
              ),
            })}
          </p>
        )}
      </Show>
      <p>{t("Works with: {ways}", { ways: ways() })}</p>
    </>
  );
}

/** Where its program lies, where it is not found by itself. */
function PathForm(props: { engine: EngineInfo; close: () => void }) {
  const { refresh } = useClient().engines;
  const { save, problem, isSaving } = createSaver();
  const [path, setPath] = createSignal<string>();
  const [isRelative, setRelative] = createSignal(false);
  const lack = () => (isRelative() ? t("Write the whole path, from / or ~/ on.") : problem());
  const entered = () => path() ?? props.engine.enteredPath ?? "";

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const next = entered().trim();
    setRelative(next !== "" && !/^~?\//.test(next));
    if (isRelative()) return;
    if (!(await save({ engines: { paths: { [props.engine.id]: next || null } } }))) return;
    setPath(undefined);
    await refresh();
  }

  return (
    <form aria-label={props.engine.name} onSubmit={(event) => void submit(event)}>
      <label>
        {t("Path of the program")}
        <input
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          maxLength={4096}
          placeholder={props.engine.path ?? t("/path/to/the/program")}
          value={entered()}
          onInput={(event) => setPath(event.currentTarget.value)}
        />
      </label>
      <Show when={lack()}>{(words) => <p class={textStyles.problem}>{words()}</p>}</Show>
      <Show when={path() !== undefined && path() !== (props.engine.enteredPath ?? "")}>
        <ButtonRow>
          <Button
            onClick={() => {
              setPath(undefined);
              setRelative(false);
            }}
          >
            {t("Cancel")}
          </Button>
          <Button type="submit" look="primary" aria-disabled={isSaving()}>
            {t("Save")}
          </Button>
        </ButtonRow>
      </Show>
    </form>
  );
}
