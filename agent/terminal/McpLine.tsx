/** @jsxImportSource @opentui/solid */
/** Says above the input that the session's project brings MCP servers which wait for an answer. */
import { Show } from "solid-js";
import { useClient } from "../client/state/client";
import { createAskedCount } from "../client/state/mcp-asked";
import { askedWords } from "../client/state/mcp-words";
import type { OpenSession } from "../client/state/open-session";
import { colors } from "./theme";

export function McpLine(props: { open: OpenSession }) {
  const client = useClient();
  const count = createAskedCount(client, () => props.open);
  return (
    <Show when={count() > 0}>
      <box flexShrink={0} paddingX={1} onMouseDown={() => client.setPanel("mcp")}>
        <text fg={colors.warning} wrapMode="none" height={1}>
          {askedWords(count())} /mcp shows all of it.
        </text>
      </box>
    </Show>
  );
}
