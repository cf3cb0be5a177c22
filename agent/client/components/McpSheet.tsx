/** The MCP servers of a session: their states, and the question about those that its project brings. */
import { For, Show } from "solid-js";
import { wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { createMcpPanel } from "../state/mcp-panel";
import textStyles from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { McpActions } from "./McpActions";
import { McpEntryList } from "./McpEntryList";
import { McpEntryView, McpViewOnly } from "./McpEntryView";
import styles from "./McpServers.module.css";
import settingsStyles from "./Settings.module.css";
import { Sheet } from "./Sheet";
import { SheetSection, SheetSections } from "./SheetSection";
import { VisibleText } from "./VisibleText";

export function McpSheet() {
  const client = useClient();
  const place = () => ({
    cwd: client.current().chosen().cwd || client.models.models()?.cwd || "",
    id: client.current().id(),
  });
  const panel = createMcpPanel(place);
  const { answer, shown, problem } = panel;

  return (
    <Sheet title="MCP servers" close={() => client.setPanel("none")}>
      <SheetSections data-testid="mcp">
        <Show when={answer.error}>
          {(error) => <p class={textStyles.problem}>{wordsFor(error())}</p>}
        </Show>
        <SheetSection title="Of this project" data-testid="mcp-project">
          <p class={settingsStyles.note}>
            From <code>.mcp.json</code> in{" "}
            <code>
              <VisibleText text={shown()?.cwd ?? place().cwd} />
            </code>
            . Nothing of a server runs unless you allow it; its tools are then offered to the model
            from the next turn on.
          </p>
          <For each={shown()?.problems}>
            {(words) => (
              <p class={styles.warning}>
                <VisibleText text={words} exact />
              </p>
            )}
          </For>
          <McpEntryList panel={panel} origin="project">
            {(entry) => (
              <McpEntryView entry={entry()} panel={panel}>
                <McpActions entry={entry()} panel={panel} isTrial={place().id === undefined}>
                  <Show when={entry().standing !== "refused"}>
                    <Button onClick={() => void panel.reply(entry(), "refuse")}>
                      {entry().standing === "on" ? "No longer allow" : "Refuse"}
                    </Button>
                  </Show>
                  <Show when={entry().standing !== "on"}>
                    <Button onClick={() => void panel.reply(entry(), "allow")}>Allow</Button>
                  </Show>
                </McpActions>
              </McpEntryView>
            )}
          </McpEntryList>
          <Show when={problem()}>
            {(words) => (
              <p class={textStyles.problem} role="alert">
                <VisibleText text={words()} />
              </p>
            )}
          </Show>
        </SheetSection>
        <SheetSection title="Of the settings" data-testid="mcp-own">
          <McpEntryList
            panel={panel}
            origin="settings"
            fallback={<p class={settingsStyles.note}>None. Add them in the settings.</p>}
          >
            {(entry) => (
              <McpEntryView entry={entry()} panel={panel}>
                <McpActions entry={entry()} panel={panel} isTrial={place().id === undefined} />
              </McpEntryView>
            )}
          </McpEntryList>
        </SheetSection>
        <Show when={panel.ofSession().length > 0}>
          <SheetSection title="Of this session" data-testid="mcp-session">
            <p class={settingsStyles.note}>Given by the program that began the session.</p>
            <For each={panel.ofSession()}>{(view) => <McpViewOnly view={view} />}</For>
          </SheetSection>
        </Show>
      </SheetSections>
    </Sheet>
  );
}
