/** A subagent as a card: its title, its latest output and its own Stop; a click opens its window. */
import { createMemo, For, Show } from "solid-js";
import { isOutcome, type Subagent, type ToolCallPart } from "../../shared/protocol";
import { Elapsed } from "../components/Elapsed";
import { Icon } from "../components/Icon";
import { StateDot } from "../components/StateDot";
import { SmallStop } from "../components/StopButton";
import { useClient, useOpen } from "../state/client";
import { engineName } from "../state/engine-list";
import { tokens } from "../state/format";
import text from "../styles/text-styles.module.css";
import { ApprovalBox } from "./ApprovalBox";
import card from "./card.module.css";
import { RetryLine } from "./RetryLine";
import styles from "./SubagentCard.module.css";
import {
  lastLines,
  roleName,
  stopsWithRun,
  subagentOutcome,
  workingWords,
} from "../state/subagent-words";
import { waitingCalls } from "../state/waiting-approvals";
import { VisibleText } from "../components/VisibleText";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";

export interface SubagentProps {
  part: ToolCallPart;
  subagent: Subagent;
  runId: string;
}

export function SubagentCard(props: SubagentProps) {
  const client = useClient();
  const asked = createMemo(() => waitingCalls(props.subagent.messages));
  return (
    <section
      class={`${card.card} ${styles.subagent}`}
      data-asking={asked().length > 0 ? "" : undefined}
      data-testid="subagent-card"
      data-state={props.part.state}
    >
      <div class={styles.face} onClick={() => client.expand(props.part.id)}>
        <div class={styles.head}>
          <StateDot state={props.part.state} />
          <button
            type="button"
            class={`${styles.title} ${text.truncated}`}
            aria-label={t("Open subagent {title}", { title: visibleString(props.subagent.title) })}
          >
            <VisibleText text={props.subagent.title} />
          </button>
          <SubagentStop {...props} />
        </div>
        <p class={styles.lastLines} data-testid="last-lines">
          <VisibleText text={lastLines(props.subagent.messages) || workingWords(props.part)} />
        </p>
        <CardFooter {...props} />
      </div>
      <For each={asked()}>{(part) => <ApprovalBox part={part} />}</For>
      <Show when={props.subagent.retry}>
        {(retry) => (
          <div class={card.body}>
            <RetryLine retry={retry()} />
          </div>
        )}
      </Show>
    </section>
  );
}

/** In a window, which may show no other Stop, it says in words what it stops. */
export function SubagentStop(props: SubagentProps & { isInWindow?: boolean }) {
  const open = useOpen();
  const isAtWork = () => props.part.state === "running" || props.part.state === "pending";
  return (
    <Show when={isAtWork() && !props.subagent.notStoppable}>
      <SmallStop
        label={t("Stop subagent {title}", { title: visibleString(props.subagent.title) })}
        words={props.isInWindow ? t("Stop subagent") : undefined}
        stopping={open.isStopping(props.part.id) || open.stage() === "stopping"}
        onStop={() => open.stopPart({ runId: props.runId, subagentId: props.part.id })}
      />
    </Show>
  );
}

/** How it ended, its time and its tokens; what they are in detail is said in its window. */
function CardFooter(props: SubagentProps) {
  const usage = () => props.subagent.usage;
  const count = () => usage().inputTokens + usage().outputTokens;
  return (
    <p class={`${styles.footer} ${text.facts}`}>
      <SubagentOutcome {...props} />
      <span>
        <VisibleText text={roleName(props.subagent)} />
      </span>
      <SubagentEngine {...props} />
      <Show when={props.subagent.notStoppable && !isOutcome(props.part.state)}>
        <span>{stopsWithRun()}</span>
      </Show>
      <Show when={count() > 0}>
        <span>
          {t("{count} tokens", { count: `${usage().estimated ? "~" : ""}${tokens(count())}` })}
        </span>
      </Show>
    </p>
  );
}

/** What answers in the place of Rein's own loop. */
export function SubagentEngine(props: Pick<SubagentProps, "subagent">) {
  const { engines } = useClient().engines;
  return (
    <Show when={engineName(engines(), props.subagent.engine)}>
      {(name) => (
        <span data-testid="subagent-engine">
          <VisibleText text={name()} />
        </span>
      )}
    </Show>
  );
}

export function SubagentOutcome(props: SubagentProps) {
  const words = createMemo(() => subagentOutcome(props.part));
  return (
    <>
      <Show when={words()}>
        <span class={`${styles.outcome} ${text.state}`} data-state={props.part.state}>
          <Show when={props.part.state === "done"}>
            <Icon name="check" />
          </Show>
          <VisibleText text={words()} />
        </span>
      </Show>
      <Show when={props.part.startedAt}>
        {(startedAt) => <Elapsed from={startedAt()} to={props.part.endedAt} />}
      </Show>
    </>
  );
}
