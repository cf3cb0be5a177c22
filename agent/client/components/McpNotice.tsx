/** Says above the composer that the session's project brings MCP servers which wait for an answer. */
import { createResource, Show } from "solid-js";
import { activeRun } from "../../shared/session-lookup";
import { api, logFailure, requestTimeout } from "../state/api-client";
import { useClient } from "../state/client";
import { askedEntries, askedWords } from "../state/mcp-words";
import type { OpenSession } from "../state/open-session";
import { Button } from "./Button";
import styles from "./LimitQuestion.module.css";

export function McpNotice(props: { open: OpenSession }) {
  const client = useClient();
  // Asked for anew after a panel was open, and when a run begins or ends: its commands can change the file.
  const source = () => {
    const cwd = props.open.chosen().cwd || client.models.models()?.cwd;
    if (!cwd || client.panel() !== "none") return undefined;
    return `${activeRun(props.open.session)?.id ?? ""}\0${cwd}`;
  };
  const [answer] = createResource(source, (key) =>
    api
      .mcp(key.slice(key.indexOf("\0") + 1), undefined, requestTimeout())
      .catch((error: unknown) => logFailure("The MCP servers could not be loaded", error)),
  );
  const count = () => askedEntries(answer.latest ?? undefined).length;
  return (
    <Show when={client.panel() === "none" && count() > 0}>
      <div class={styles.question} role="status" data-testid="mcp-notice">
        <div>{askedWords(count())}</div>
        <Button size="small" onClick={() => client.setPanel("mcp")}>
          Review
        </Button>
      </div>
    </Show>
  );
}
