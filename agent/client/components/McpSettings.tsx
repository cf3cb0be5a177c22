/** The MCP servers of the settings: added, changed, switched and removed. */
import { createSignal, Show } from "solid-js";
import { createMcpPanel, type McpPanel } from "../state/mcp-panel";
import type { McpEntry } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { mcpStateWords } from "../state/mcp-words";
import { useClient } from "../state/client";
import { settingsTitles } from "../state/settings-sections";
import { Button } from "./Button";
import engineStyles from "./EngineSettings.module.css";
import { McpActions } from "./McpActions";
import { McpEntryList } from "./McpEntryList";
import { McpReason } from "./McpEntryView";
import { McpForm } from "./McpForm";
import styles from "./McpServers.module.css";
import { McpTools } from "./McpTools";
import { Problem } from "./Problem";
import settingsStyles from "./Settings.module.css";
import { SheetSection } from "./SheetSection";
import { tr } from "./tr";
import { VisibleText } from "./VisibleText";

export function McpSettings() {
  const { models } = useClient().models;
  const [isAdding, setAdding] = createSignal(false);
  const panel = createMcpPanel(() => ({ cwd: models()?.cwd ?? "", id: undefined }));
  let add: HTMLButtonElement | undefined;

  function close(): void {
    setAdding(false);
    add?.focus();
    void panel.reload();
  }

  return (
    <SheetSection
      title={settingsTitles.mcp}
      isReady={!panel.isReading()}
      data-testid="mcp-settings"
    >
      <p class={settingsStyles.note}>
        {tr(
          "An MCP server gives models further tools, in every session. Those of a project are in its {file}; you are asked before one of them runs.",
          { file: <code>.mcp.json</code> },
        )}
      </p>
      <Problem words={panel.problemOf("")} />
      <McpEntryList panel={panel} origin="settings">
        {(entry) => <Row entry={entry()} panel={panel} removed={() => add?.focus()} />}
      </McpEntryList>
      <Show
        when={isAdding()}
        fallback={
          <Button ref={add} class={engineStyles.add} onClick={() => setAdding(true)}>
            {t("Add an MCP server")}
          </Button>
        }
      >
        <section class={settingsStyles.provider} aria-labelledby="add-mcp">
          <h4 id="add-mcp" class={engineStyles.title}>
            {t("Add an MCP server")}
          </h4>
          <McpForm close={close} />
        </section>
      </Show>
    </SheetSection>
  );
}

interface RowProps {
  entry: McpEntry;
  panel: McpPanel;
  removed: () => void;
}

function Row(props: RowProps) {
  const view = () => props.panel.viewOf(props.entry);
  const state = () => view()?.state ?? "not-started";
  const [isOpen, setOpen] = createSignal(false);

  async function remove(): Promise<void> {
    await props.panel.remove(props.entry);
    if (props.panel.problemOf(props.entry.name) === "") props.removed();
  }

  return (
    <details
      class={settingsStyles.provider}
      data-testid={`mcp-own-${props.entry.name}`}
      open={isOpen()}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary>
        <span>
          <VisibleText text={props.entry.name} />
        </span>
        {/* Here, without a session, none runs but for a trial. */}
        <span data-state={looks[state()] ?? "no-list"}>
          {state() === "not-started" ? t("on") : mcpStateWords[state()]}
        </span>
      </summary>
      <Show when={isOpen()}>
        <div class={styles.inRow}>
          <McpReason view={view()} />
          <McpTools
            view={view()}
            off={props.entry.offTools}
            change={(name, isOn) => void props.panel.switchTool(props.entry, { name }, isOn)}
          />
          <McpActions entry={props.entry} panel={props.panel} isTrial>
            <Button
              look="destructive"
              aria-label={t("Remove {name}", { name: props.entry.name })}
              onClick={() => void remove()}
            >
              {t("Remove")}
            </Button>
          </McpActions>
        </div>
        <McpForm entry={props.entry} close={() => void props.panel.reload()} />
      </Show>
    </details>
  );
}

/** In amber is what wants a person. */
const looks: Partial<Record<string, string>> = {
  ready: "ready",
  "not-started": "ready",
  failed: "failed",
  "sign-in": "sign-in",
};
