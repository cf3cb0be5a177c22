/** A process that ends with what it is part of: a tool call, the session, or its engine. */
import { Show } from "solid-js";
import { Elapsed } from "../components/Elapsed";
import { Icon } from "../components/Icon";
import { SmallStop } from "../components/StopButton";
import card from "../conversation/card.module.css";
import { ProcessFacts } from "./ProcessFacts";
import text from "../styles/text-styles.module.css";
import type { PolledProcess } from "../state/process-polling";
import { VisibleText } from "../components/VisibleText";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";

export interface ForegroundRowProps {
  seen: PolledProcess;
  /** In the place of its command. */
  name?: string | undefined;
  /** Absent: it is not stopped alone. */
  stop?: { label: string; isStopping: boolean; stop: () => void } | undefined;
}

export function ForegroundRow(props: ForegroundRowProps) {
  return (
    <section
      class={card.card}
      data-testid={props.seen.engine === undefined ? "foreground-process" : "engine-process"}
      aria-label={visibleString(props.name ?? props.seen.command)}
    >
      <div class={card.head}>
        <span class={card.toggle}>
          <Icon name="terminal" />
          <Show
            when={props.name}
            fallback={
              <code class={text.truncated}>
                <VisibleText text={props.seen.command} />
              </code>
            }
          >
            {(name) => (
              <span class={text.truncated}>
                <VisibleText text={name()} />
              </span>
            )}
          </Show>
        </span>
        <Show when={props.stop}>
          {(stop) => (
            <SmallStop
              label={stop().label}
              stopping={stop().isStopping}
              onStop={() => stop().stop()}
            />
          )}
        </Show>
      </div>
      <ProcessFacts state="running" label={t("running")} seen={props.seen}>
        <Elapsed from={props.seen.startedAt} />
      </ProcessFacts>
    </section>
  );
}
