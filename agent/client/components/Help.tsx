/** Every key and every command, and what it does. */
import { For, type JSX } from "solid-js";
import { t } from "../../shared/translation";
import { answerKeys } from "../state/approval-keys";
import { useClient } from "../state/client";
import { createCommands, offered } from "../state/commands";
import styles from "./Help.module.css";
import { Sheet } from "./Sheet";
import { SheetSection, SheetSections } from "./SheetSection";

const keys = (): { keys: string[]; words: string }[] => [
  { keys: ["Esc"], words: t("Close what lies over the page, or stop the run") },
  { keys: ["Esc", "Esc"], words: t("Stop hard: processes get no time to clean up") },
  { keys: [t("Ctrl/⌘"), "."], words: t("Pause or resume; twice pauses at once") },
  { keys: [t("Ctrl/⌘"), "M"], words: t("Plan mode, in which nothing is changed, or work mode") },
  { keys: ["Enter"], words: t("Send; during a run, queue it for afterwards") },
  { keys: [t("Ctrl/⌘"), "Enter"], words: t("Tell the running model before its next turn") },
  { keys: [t("Ctrl/⌘"), t("Shift"), "Enter"], words: t("Stop the run, and send this at once") },
  { keys: [t("Shift"), "Enter"], words: t("New line") },
  { keys: ["Tab"], words: t("From the input to a question that waits for your answer") },
  {
    keys: [answerKeys.once, answerKeys.always, answerKeys.deny],
    words: t("There: allow once, allow always, deny"),
  },
  {
    keys: [t("Ctrl/⌘"), "K"],
    words: t("Find anything: sessions, messages, commands, files, settings"),
  },
  { keys: [t("Ctrl/⌘"), "B"], words: t("The side panel: files, changes, processes, to-do list") },
  { keys: ["Alt", "↑"], words: t("To your message before; with ↓ to the next one") },
  { keys: ["/"], words: t("A command, with completion") },
  { keys: ["?"], words: t("This list, while the input is empty") },
];

export function Help() {
  const client = useClient();
  return (
    <Sheet title={t("Shortcuts and commands")} close={() => client.setPanel("none")}>
      <SheetSections data-testid="help" tabindex="0">
        <SheetSection title={t("Keys")}>
          <dl class={styles.list}>
            <For each={keys()}>
              {(one) => (
                <Line words={one.words}>
                  <For each={one.keys}>{(key) => <kbd>{key}</kbd>}</For>
                </Line>
              )}
            </For>
          </dl>
        </SheetSection>
        <SheetSection title={t("Commands")}>
          <dl class={styles.list}>
            <For each={offered(createCommands(client, client.current()))}>
              {(command) => (
                <Line words={command.words}>
                  <code>
                    /{command.name} {command.argument ? `<${command.argument}>` : ""}
                  </code>
                </Line>
              )}
            </For>
          </dl>
        </SheetSection>
      </SheetSections>
    </Sheet>
  );
}

function Line(props: { words: string; children: JSX.Element }) {
  return (
    <div>
      <dt>{props.children}</dt>
      <dd>{props.words}</dd>
    </div>
  );
}
