/** An MCP server in full: all that is started or called, what that does not show, and what has changed since it was allowed. */
import { For, type JSX, Show } from "solid-js";
import type { McpEntry, McpServerView } from "../../shared/protocol";
import { changedRows, type McpRow, mcpRows, mcpStateWords } from "../state/mcp-words";
import styles from "./McpServers.module.css";
import { VisibleText } from "./VisibleText";

export interface McpEntryViewProps {
  entry: McpEntry;
  view: McpServerView | undefined;
  /** Its buttons. */
  children?: JSX.Element;
}

export function McpEntryView(props: McpEntryViewProps) {
  const words = () => mcpStateWords[props.view?.state ?? "not-started"];
  return (
    <section
      class={styles.server}
      aria-label={props.entry.name}
      data-testid={`mcp-${props.entry.name}`}
    >
      <header>
        <h4>
          <VisibleText text={props.entry.name} exact />
        </h4>
        <span>{words()}</span>
      </header>
      <Show when={props.view?.reason}>
        {(reason) => (
          <p class={styles.warning}>
            <VisibleText text={reason()} />
          </p>
        )}
      </Show>
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
      <Show when={props.view?.tools.length}>
        <ul class={styles.tools}>
          <For each={props.view?.tools}>
            {(tool) => (
              <li>
                <code>
                  <VisibleText text={tool.name} exact />
                </code>{" "}
                <VisibleText text={tool.description} />
              </li>
            )}
          </For>
        </ul>
      </Show>
      {props.children}
    </section>
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
