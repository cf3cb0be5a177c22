/** An MCP server in full: all that is started or called, what that does not show, and what has changed since it was allowed. */
import { For, type JSX, Show } from "solid-js";
import type { McpEntry, McpServerView } from "../../shared/protocol";
import type { McpPanel } from "../state/mcp-panel";
import { changedRows, type McpRow, mcpRows, mcpStateWords } from "../state/mcp-words";
import styles from "./McpServers.module.css";
import { VisibleText } from "./VisibleText";

export interface McpEntryViewProps {
  entry: McpEntry;
  panel: McpPanel;
  /** Its buttons. */
  children?: JSX.Element;
}

export function McpEntryView(props: McpEntryViewProps) {
  const view = () => props.panel.viewOf(props.entry);
  return (
    <Frame name={props.entry.name} view={view()}>
      <Rows rows={mcpRows(props.entry.server)} />
      <For each={props.entry.warnings}>
        {(warning) => (
          <p class={styles.warning}>
            <VisibleText text={warning} exact />
          </p>
        )}
      </For>
      <Show when={props.entry.before}>
        <p class={styles.warning}>It has changed since you allowed it. Before, it had:</p>
        <Rows rows={changedRows(props.entry)} />
      </Show>
      <Tools
        view={view()}
        isOn={(tool) => !props.entry.offTools.includes(tool)}
        change={(tool, isOn) => void props.panel.switchTool(props.entry, { name: tool }, isOn)}
      />
      {props.children}
    </Frame>
  );
}

/** One that the program which began the session has given: it is that program's to change. */
export function McpViewOnly(props: { view: McpServerView }) {
  return (
    <Frame name={props.view.name} view={props.view}>
      <Tools view={props.view} isOn={() => true} />
    </Frame>
  );
}

function Frame(props: { name: string; view: McpServerView | undefined; children: JSX.Element }) {
  return (
    <section class={styles.server} aria-label={props.name} data-testid={`mcp-${props.name}`}>
      <header>
        <h4>
          <VisibleText text={props.name} exact />
        </h4>
        <span>{mcpStateWords[props.view?.state ?? "not-started"]}</span>
      </header>
      <Show when={props.view?.reason}>
        {(reason) => (
          <p class={styles.warning}>
            <VisibleText text={reason()} />
          </p>
        )}
      </Show>
      {props.children}
    </section>
  );
}

interface ToolsProps {
  view: McpServerView | undefined;
  isOn: (tool: string) => boolean;
  /** Absent: they cannot be switched. */
  change?: (tool: string, isOn: boolean) => void;
}

export function Tools(props: ToolsProps) {
  return (
    <Show when={props.view?.tools.length}>
      <ul class={styles.tools}>
        <For each={props.view?.tools}>
          {(tool) => (
            <li>
              <label>
                <Show when={props.change}>
                  {(change) => (
                    <input
                      type="checkbox"
                      checked={props.isOn(tool.name)}
                      onChange={(event) => change()(tool.name, event.currentTarget.checked)}
                    />
                  )}
                </Show>
                <span>
                  <code>
                    <VisibleText text={tool.name} exact />
                  </code>{" "}
                  <VisibleText text={tool.description} />
                </span>
              </label>
            </li>
          )}
        </For>
      </ul>
    </Show>
  );
}

function Rows(props: { rows: McpRow[] }) {
  return (
    <dl class={styles.rows}>
      <For each={props.rows}>
        {({ label, text }) => (
          <>
            <dt>
              <VisibleText text={label} exact />
            </dt>
            <dd>{text === null ? "set" : <VisibleText text={text} exact />}</dd>
          </>
        )}
      </For>
    </dl>
  );
}
