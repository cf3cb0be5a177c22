/** A process of a running tool call: it ends with the call. */
import { Show } from "solid-js";
import { Elapsed } from "../components/Elapsed";
import { Icon } from "../components/Icon";
import { SmallStop } from "../components/StopButton";
import card from "../conversation/card.module.css";
import { useOpen } from "../state/client";
import { ProcessFacts } from "./ProcessFacts";
import text from "../styles/text-styles.module.css";
import type { PolledProcess } from "./process-polling";
import { VisibleText } from "../components/VisibleText";
import { visibleString } from "../../shared/visible-text";

/** Has no Stop without a run. */
export function ForegroundRow(props: { seen: PolledProcess; runId: string | undefined }) {
  const open = useOpen();
  const target = () =>
    props.runId === undefined || props.seen.toolCallId === undefined
      ? undefined
      : { runId: props.runId, toolCallId: props.seen.toolCallId };
  return (
    <section
      class={card.card}
      data-testid="foreground-process"
      aria-label={visibleString(props.seen.command)}
    >
      <div class={card.head}>
        <span class={card.toggle}>
          <Icon name="terminal" />
          <code class={text.truncated}>
            <VisibleText text={props.seen.command} />
          </code>
        </span>
        <Show when={target()}>
          {(known) => (
            <SmallStop
              label="Stop this call"
              stopping={open.isStopping(known().toolCallId)}
              onStop={() => open.stopPart(known())}
            />
          )}
        </Show>
      </div>
      <ProcessFacts state="running" label="running" seen={props.seen}>
        <Elapsed from={props.seen.startedAt} />
      </ProcessFacts>
    </section>
  );
}
