/** Says above the composer that the session's project brings MCP servers which wait for an answer. */
import { Show } from "solid-js";
import { useClient } from "../state/client";
import { createAskedCount } from "../state/mcp-asked";
import { askedWords } from "../state/mcp-words";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import styles from "./LimitQuestion.module.css";

export function McpNotice(props: { open: OpenSession }) {
  const client = useClient();
  const count = createAskedCount(client, () => props.open);
  return (
    <Show when={count() > 0}>
      <div class={styles.question} role="status" data-testid="mcp-notice">
        <div>{askedWords(count())}</div>
        <Button size="small" onClick={() => client.setPanel("mcp")}>
          Review
        </Button>
      </div>
    </Show>
  );
}
