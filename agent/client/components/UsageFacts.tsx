/** What something has used: tokens, the cache's share, the cost; a title has each kind with its cost. */
import { Show } from "solid-js";
import type { Usage } from "../../shared/protocol";
import { cacheWords, costWords, usageDetails } from "../../shared/usage-words";
import { tokens } from "../state/format";

/** Nothing when nothing was used. For a parent that sets its children in a row. */
export function UsageFacts(props: { usage: Usage; class?: string }) {
  const about = () => (props.usage.estimated ? "~" : "");
  const details = () => usageDetails(props.usage);
  return (
    <Show when={props.usage.inputTokens + props.usage.outputTokens > 0}>
      <span class={props.class} title={details()}>
        {about()}
        {tokens(props.usage.inputTokens)} in, {about()}
        {tokens(props.usage.outputTokens)} out
      </span>
      <Show when={cacheWords(props.usage)}>
        {(words) => (
          <span class={props.class} title={details()}>
            {words()}
          </span>
        )}
      </Show>
      <Show when={costWords(props.usage)}>
        {(words) => <span title={details()}>{words()}</span>}
      </Show>
    </Show>
  );
}
