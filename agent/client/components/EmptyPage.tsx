/** What a new session shows: what Rein is, and things to do: in this directory, with the demo, or to get a model. */
import { createResource, For, onMount, Show } from "solid-js";
import { demoSuggestions } from "../../shared/demo-suggestions";
import type { DirectoryFacts, EngineInfo } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { api, logFailure, requestTimeout } from "../state/api-client";
import { useClient } from "../state/client";
import { beginWith, engineName, keylessEngines } from "../state/engine-list";
import { chosenModel, findProvider, lacksModel } from "../state/model-list";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import styles from "./EmptyPage.module.css";
import { focusMessageField } from "./message-field";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function EmptyPage(props: { open: OpenSession }) {
  const client = useClient();
  const { models } = client.models;
  const provider = () => chosenModel(models(), props.open.chosen()).provider;
  const engine = () => engineName(client.engines.engines(), props.open.chosen().engine);
  const problem = () => findProvider(models(), provider())?.reason;
  return (
    <div class={styles.empty}>
      <img src="/icon.svg" alt="" width="44" height="44" />
      <h2>{t("An agent whose Stop is real.")}</h2>
      <p class={styles.about}>
        {tr(
          "It runs commands, edits files and sends out subagents. {escape} ends all of it at once, and a receipt says what ended.",
          { escape: <kbd>Esc</kbd> },
        )}
      </p>
      <Show when={engine()}>
        {(name) => (
          <p class={styles.note} data-testid="engine-note">
            {tr(
              "{name} answers in this session. Rein runs it, and stops it with everything it starts.",
              { name: <VisibleText text={name()} /> },
            )}
          </p>
        )}
      </Show>
      <Show when={lacksModel(models(), props.open.chosen())}>
        <p class={styles.note} data-testid="no-model">
          <VisibleText text={problem() ?? t("No model is chosen.")} />{" "}
          {tr("{settings}, choose a model above, or {demo}.", {
            settings: (
              <Button look="link" onClick={() => client.setPanel("settings")}>
                {t("Open the settings")}
              </Button>
            ),
            demo: (
              <Button
                look="link"
                onClick={() => void props.open.change({ provider: "demo", model: "scripted" })}
              >
                {t("try the built-in demo")}
              </Button>
            ),
          })}
        </p>
      </Show>
      <Show when={provider() !== "demo" && !lacksModel(models(), props.open.chosen())}>
        <InDirectory open={props.open} />
      </Show>
      <Show when={provider() === "demo"}>
        <div class={styles.suggestions}>
          <For each={demoSuggestions}>
            {(suggestion) => (
              <Button
                class={styles.suggestion}
                data-testid="suggestion"
                onClick={() => props.open.send(suggestion.message)}
              >
                <strong>{suggestion.title}</strong>
                <span>{suggestion.message}</span>
              </Button>
            )}
          </For>
        </div>
        <p class={styles.note}>
          {tr(
            "This is the built-in demo: its answers are scripted, its commands, files and stops are real. To talk to a model, {add}.",
            {
              add: (
                <Button look="link" onClick={() => client.setPanel("add-provider")}>
                  {t("add a key")}
                </Button>
              ),
            },
          )}
        </p>
      </Show>
      <Show when={provider() === "demo" || lacksModel(models(), props.open.chosen())}>
        <Keyless open={props.open} />
      </Show>
    </div>
  );
}

/** Engines that were found here and can have a log-in of their own. */
function Keyless(props: { open: OpenSession }) {
  const client = useClient();
  const { engines, refresh } = client.engines;
  onMount(() => void refresh());
  const choose = (engine: EngineInfo) =>
    props.open.begin({ ...props.open.chosen(), ...beginWith(client.models.models(), engine, {}) });
  return (
    <Show when={keylessEngines(engines()).length > 0}>
      <p class={styles.note} data-testid="keyless-engines">
        {tr("Or use an agent of this machine with its own log-in: {engines}.", {
          engines: (
            <For each={keylessEngines(engines())}>
              {(engine, index) => (
                <>
                  {index() > 0 ? ", " : ""}
                  <Button look="link" onClick={() => choose(engine)}>
                    <VisibleText text={engine.name} />
                  </Button>
                </>
              )}
            </For>
          ),
        })}
      </p>
    </Show>
  );
}

interface Suggestion {
  title: string;
  message: string;
  when: (facts: DirectoryFacts) => boolean;
}

const suggestions = (): Suggestion[] => [
  {
    title: t("Start something new"),
    message: t("Start a new project in this directory. First ask me what it should do."),
    when: ({ isEmpty }) => isEmpty,
  },
  {
    title: t("Explain this project"),
    message: t(
      "Explain what this project does, how it is organized and how to run it. Change nothing.",
    ),
    when: ({ isEmpty }) => !isEmpty,
  },
  {
    title: t("Review my changes"),
    message: t("Review my uncommitted changes: look for mistakes. Change nothing."),
    when: ({ hasRepository }) => hasRepository,
  },
  {
    title: t("Fix a failing test"),
    message: t("Run the tests. If one fails, find out why and fix it."),
    when: ({ hasTests }) => hasTests,
  },
  {
    title: t("Find a bug"),
    message: t("Look for a bug in this project, explain it and suggest a fix. Change nothing."),
    when: ({ isEmpty }) => !isEmpty,
  },
];

/** Fixed sentences, chosen by what the directory holds. They are put into the input: what a model is paid for can be changed first. */
function InDirectory(props: { open: OpenSession }) {
  const client = useClient();
  const cwd = () => props.open.chosen().cwd || client.models.models()?.cwd;
  const [facts] = createResource(cwd, async (directory) => {
    try {
      return await api.directory(directory, requestTimeout());
    } catch (error) {
      logFailure("Nothing can be suggested for this directory", error);
      return undefined;
    }
  });
  /** In front of what a person has typed; in the place of another suggestion. */
  function take(message: string): void {
    const { input } = props.open;
    if (suggestions().some((one) => one.message === input.text())) input.set(message);
    else input.giveBack(message);
    focusMessageField();
  }
  return (
    <Show when={facts.latest}>
      {(known) => (
        <div class={styles.suggestions}>
          <For each={suggestions().filter(({ when }) => when(known()))}>
            {({ title, message }) => (
              <Button
                class={styles.suggestion}
                data-testid="suggestion"
                onClick={() => take(message)}
              >
                <strong>{title}</strong>
                <span>{message}</span>
              </Button>
            )}
          </For>
        </div>
      )}
    </Show>
  );
}
