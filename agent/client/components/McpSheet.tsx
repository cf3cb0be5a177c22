/** The MCP servers of a session: their states, and the question about those that its project brings. */
import { For, Show } from "solid-js";
import { t } from "../../shared/translation";
import { useClient } from "../state/client";
import { createMcpPanel } from "../state/mcp-panel";
import { McpEntryList } from "./McpEntryList";
import { McpEntryView, McpViewOnly } from "./McpEntryView";
import styles from "./McpServers.module.css";
import { Problem } from "./Problem";
import settingsStyles from "./Settings.module.css";
import { Sheet } from "./Sheet";
import { SheetSection, SheetSections } from "./SheetSection";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function McpSheet() {
  const client = useClient();
  const place = () => ({
    cwd: client.current().chosen().cwd || client.models.models()?.cwd || "",
    id: client.current().id(),
  });
  const panel = createMcpPanel(place);
  const { shown } = panel;
  const isTrial = () => place().id === undefined;

  return (
    <Sheet title={t("MCP servers")} close={() => client.setPanel("none")}>
      <SheetSections data-testid="mcp">
        <Problem words={panel.problemOf("")} />
        <SheetSection title={t("Of this project")} data-testid="mcp-project">
          <p class={settingsStyles.note}>
            {tr(
              "From {file} in {path}. Nothing of a server runs unless you allow it; its tools are then offered to the model from the next turn on.",
              {
                file: <code>.mcp.json</code>,
                path: (
                  <code>
                    <VisibleText text={shown()?.cwd ?? place().cwd} />
                  </code>
                ),
              },
            )}
          </p>
          <For each={shown()?.problems}>
            {(words) => (
              <p class={styles.warning}>
                <VisibleText text={words} exact />
              </p>
            )}
          </For>
          <McpEntryList panel={panel} origin="project">
            {(entry) => <McpEntryView entry={entry()} panel={panel} isTrial={isTrial()} />}
          </McpEntryList>
        </SheetSection>
        <SheetSection title={t("Of the settings")} data-testid="mcp-own">
          <McpEntryList
            panel={panel}
            origin="settings"
            fallback={<p class={settingsStyles.note}>{t("None. Add them in the settings.")}</p>}
          >
            {(entry) => <McpEntryView entry={entry()} panel={panel} isTrial={isTrial()} />}
          </McpEntryList>
        </SheetSection>
        <Show when={panel.ofSession().length > 0}>
          <SheetSection title={t("Of this session")} data-testid="mcp-session">
            <p class={settingsStyles.note}>{t("Given by the program that began the session.")}</p>
            <For each={panel.ofSession()}>{(view) => <McpViewOnly view={view} />}</For>
          </SheetSection>
        </Show>
      </SheetSections>
    </Sheet>
  );
}
