/** What a new session shows: what Rein is; with the scripted demo, ways to try it; without a model, what to do. */
import { For, Show } from "solid-js";
import { demoSuggestions } from "../../shared/demo-suggestions";
import { useClient } from "../state/client";
import { chosenModel, findProvider, lacksModel } from "../state/model-list";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import styles from "./EmptyPage.module.css";
import { VisibleText } from "./VisibleText";

export function EmptyPage(props: { open: OpenSession }) {
  const client = useClient();
  const { models } = client.models;
  const provider = () => chosenModel(models(), props.open.chosen()).provider;
  const problem = () => findProvider(models(), provider())?.reason;
  return (
    <div class={styles.empty}>
      <img src="/icon.svg" alt="" width="44" height="44" />
      <h2>An agent whose Stop is real.</h2>
      <p class={styles.about}>
        It runs commands, edits files and sends out subagents. <kbd>Esc</kbd> ends all of it at
        once, and a receipt says what ended.
      </p>
      <Show when={lacksModel(models(), props.open.chosen())}>
        <p class={styles.note} data-testid="no-model">
          <VisibleText text={problem() ?? "No model is chosen."} />{" "}
          <Button look="link" onClick={() => client.setPanel("settings")}>
            Open the settings
          </Button>
          , choose a model above, or{" "}
          <Button
            look="link"
            onClick={() => props.open.change({ provider: "demo", model: "scripted" })}
          >
            try the built-in demo
          </Button>
          .
        </p>
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
          This is the built-in demo: its answers are scripted, its commands, files and stops are
          real. To talk to a model,{" "}
          <Button look="link" onClick={() => client.setPanel("add-provider")}>
            add a key
          </Button>
          .
        </p>
      </Show>
    </div>
  );
}
