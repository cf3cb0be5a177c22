/** What a new session shows: what Rein is, and with the scripted demo, ways to try it. */
import { For, Show } from "solid-js";
import { demoSuggestions } from "../../shared/demo-suggestions";
import { useClient } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import styles from "./EmptyPage.module.css";

export function EmptyPage(props: { open: OpenSession }) {
  const client = useClient();
  const provider = () => props.open.chosen().provider ?? client.models.models()?.default.provider;
  return (
    <div class={styles.empty}>
      <img src="/icon.svg" alt="" width="44" height="44" />
      <h2>An agent whose Stop is real.</h2>
      <p class={styles.about}>
        It runs commands, edits files and sends out subagents. <kbd>Esc</kbd> ends all of it at
        once, and a receipt says what ended.
      </p>
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
          <Button look="link" onClick={() => client.setPanel("settings")}>
            add a key
          </Button>
          .
        </p>
      </Show>
    </div>
  );
}
