/** MCP servers of one origin: each keeps its place, its focus and what is open in it while what is known of it changes. */
import { type Accessor, For, type JSX, Show } from "solid-js";
import type { McpEntry } from "../../shared/protocol";
import type { McpPanel } from "../state/mcp-panel";

export interface McpEntryListProps {
  panel: McpPanel;
  origin: McpEntry["origin"];
  fallback?: JSX.Element;
  children: (entry: Accessor<McpEntry>) => JSX.Element;
}

export function McpEntryList(props: McpEntryListProps) {
  const entries = () => props.panel.of(props.origin);
  return (
    <For each={entries().map(({ name }) => name)} fallback={props.fallback}>
      {(name) => (
        <Show when={entries().find((one) => one.name === name)}>
          {(entry) => props.children(entry)}
        </Show>
      )}
    </For>
  );
}
