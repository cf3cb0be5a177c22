/** Every key and every command, and what it does. */
import { For } from "solid-js";
import { useClient } from "../state/client";
import { createCommands } from "../state/commands";
import { Sheet } from "./Sheet";

const keys: { keys: string[]; words: string }[] = [
  { keys: ["Esc"], words: "Stop the run; what lies over the page closes first" },
  { keys: ["Esc", "Esc"], words: "Stop hard: processes get no time to clean up" },
  { keys: ["Ctrl/⌘", "."], words: "Pause; again: cut what is being written; when paused: resume" },
  { keys: ["Enter"], words: "Send; while a run goes on: queue, sent after it" },
  { keys: ["Ctrl/⌘", "Enter"], words: "Tell the running model before its next turn" },
  { keys: ["Ctrl/⌘", "Shift", "Enter"], words: "Interrupt: stop, then send this at once" },
  { keys: ["Shift", "Enter"], words: "A new line" },
  { keys: ["Ctrl/⌘", "K"], words: "Find a session" },
  { keys: ["/"], words: "A command, with completion" },
  { keys: ["?"], words: "This list, with an empty input" },
];

export function Help() {
  const client = useClient();
  return (
    <Sheet title="Shortcuts and commands" close={() => client.setPanel("none")}>
      <div class="settings help" data-testid="help" tabindex="0">
        <section>
          <h3>Keys</h3>
          <dl>
            <For each={keys}>
              {(one) => (
                <div>
                  <dt>
                    <For each={one.keys}>{(key) => <kbd>{key}</kbd>}</For>
                  </dt>
                  <dd>{one.words}</dd>
                </div>
              )}
            </For>
          </dl>
        </section>
        <section>
          <h3>Commands</h3>
          <dl>
            <For each={createCommands(client, client.current())}>
              {(command) => (
                <div>
                  <dt>
                    <code>
                      /{command.name} {command.argument ? `<${command.argument}>` : ""}
                    </code>
                  </dt>
                  <dd>{command.words}</dd>
                </div>
              )}
            </For>
          </dl>
        </section>
      </div>
    </Sheet>
  );
}
