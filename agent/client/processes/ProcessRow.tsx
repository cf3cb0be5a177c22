/** One background process: its command, state, facts and output, with a pin and a Stop. */
import { createSignal, createUniqueId, Show } from "solid-js";
import type { BackgroundProcess } from "../../shared/protocol";
import { isLiving, isUnknown } from "../../shared/session-lookup";
import { Button } from "../components/Button";
import { Elapsed } from "../components/Elapsed";
import { Icon } from "../components/Icon";
import { SmallStop } from "../components/StopButton";
import card from "../conversation/card.module.css";
import { terminalTailOf } from "../state/output-tail";
import { SurvivorList } from "../conversation/SurvivorList";
import { duration } from "../state/format";
import type { ProcessActions } from "../state/process-actions";
import { ProcessFacts } from "./ProcessFacts";
import type { PolledProcess } from "../state/process-polling";
import { OutputView } from "./OutputView";
import text from "../styles/text-styles.module.css";
import { processStateLabel } from "../state/process-labels";
import styles from "./ProcessRow.module.css";
import { VisibleText } from "../components/VisibleText";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";

export interface ProcessRowProps {
  process: BackgroundProcess;
  seen: PolledProcess | undefined;
  actions: ProcessActions;
}

export function ProcessRow(props: ProcessRowProps) {
  const [isExpanded, setExpanded] = createSignal(false);
  const bodyId = createUniqueId();
  const isRunning = () => props.process.state === "running";
  const survivors = () => props.process.survivors ?? [];
  const isStopping = () =>
    props.process.state === "stopping" || props.actions.isStopping(props.process.id);
  return (
    <section
      class={card.card}
      data-testid="process"
      data-state={props.process.state}
      aria-label={visibleString(props.process.command)}
    >
      <div class={card.head}>
        <button
          type="button"
          class={card.toggle}
          aria-expanded={isExpanded()}
          aria-controls={bodyId}
          title={isExpanded() ? t("Hide output") : t("Show output")}
          onClick={() => setExpanded(!isExpanded())}
        >
          <span class={card.arrow}>
            <Icon name="chevron" />
          </span>
          <code class={text.truncated}>
            <VisibleText text={props.process.command} />
          </code>
        </button>
        <Show when={isRunning() || isStopping()}>
          <Pin {...props} />
          <SmallStop
            label={t("Stop {name}", { name: props.process.id })}
            stopping={isStopping()}
            onStop={() => void props.actions.stop(props.process.id)}
          />
        </Show>
      </div>
      <ProcessFacts
        state={props.process.state}
        label={processStateLabel(props.process)}
        seen={isLiving(props.process) ? props.seen : undefined}
      >
        <Show when={!isUnknown(props.process)}>
          <Age process={props.process} />
        </Show>
        <Show when={props.process.pinned && isLiving(props.process)}>
          <span>{t("pinned")}</span>
        </Show>
      </ProcessFacts>
      <Show when={!isExpanded() && isRunning() && props.seen?.lastLine}>
        {(line) => (
          <p class={`${card.body} ${styles.lastLine} ${text.truncated}`}>
            <VisibleText text={terminalTailOf(line(), 1).text} />
          </p>
        )}
      </Show>
      <Show when={survivors().length > 0}>
        <div class={card.body}>
          <SurvivorList
            survivors={survivors()}
            isTrying={props.actions.isStopping(props.process.id)}
            tryAgain={() => void props.actions.stop(props.process.id)}
            testId="process-survivors"
          />
        </div>
      </Show>
      <div id={bodyId}>
        <Show when={isExpanded()}>
          <OutputView process={props.process} />
        </Show>
      </div>
    </section>
  );
}

function Age(props: { process: BackgroundProcess }) {
  return (
    <Show when={props.process.endedAt} fallback={<Elapsed from={props.process.startedAt} />}>
      {(endedAt) => (
        <span>{t("after {time}", { time: duration(endedAt() - props.process.startedAt) })}</span>
      )}
    </Show>
  );
}

function Pin(props: ProcessRowProps) {
  const title = () =>
    props.process.pinned
      ? t("Pinned: keeps running when its run is stopped")
      : t("Pin: keep it running when its run is stopped");
  return (
    <Button
      look="quiet"
      iconOnly
      class={styles.pin}
      aria-label={t("Pin {name}", { name: props.process.id })}
      aria-pressed={props.process.pinned}
      title={title()}
      onClick={() => props.actions.pin(props.process.id, !props.process.pinned)}
    >
      <Icon name="pin" />
    </Button>
  );
}
