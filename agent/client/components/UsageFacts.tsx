/** What something has used: tokens, the cache's share, the cost; a title has each kind with its cost. */
import { Show } from "solid-js";
import type { Usage } from "../../shared/protocol";
import { cacheWords, costWords, usageDetails } from "../../shared/usage-words";
import { t } from "../../shared/translation";
import { tokens } from "../state/format";

interface Props {
  usage: Usage;
  /** With these classes, where room is short. */
  brief?: { counts: string | undefined; cache: string | undefined };
}

/** Nothing when nothing was used. For a parent that sets its children in a row. */
export function UsageFacts(props: Props) {
  const about = () => (props.usage.estimated ? "~" : "");
  const details = () => usageDetails(props.usage);
  return (
    <Show when={props.usage.inputTokens + props.usage.outputTokens > 0}>
      <span class={props.brief?.counts} title={details()}>
        {t("{input} in, {output} out", {
          input: about() + tokens(props.usage.inputTokens),
          output: about() + tokens(props.usage.outputTokens),
        })}
      </span>
      <Show when={cacheWords(props.usage)}>
        {(words) => (
          <span class={props.brief?.cache} title={details()}>
            {words()}
          </span>
        )}
      </Show>
      <Show when={costWords(props.usage, props.brief && tokens)}>
        {(words) => <span title={details()}>{words()}</span>}
      </Show>
    </Show>
  );
}
