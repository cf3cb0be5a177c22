/** A subagent's conversation in a sheet, with its own Stop. */
import { createMemo, For, Show } from "solid-js";
import { isOutcome } from "../../shared/protocol";
import { findToolCall } from "../../shared/session-lookup";
import { t } from "../../shared/translation";
import { Sheet } from "../components/Sheet";
import { UsageFacts } from "../components/UsageFacts";
import { VisibleText } from "../components/VisibleText";
import { useClient, useOpen } from "../state/client";
import type { OpenSession } from "../state/open-session";
import text from "../styles/text-styles.module.css";
import { MessageColumn } from "./MessageColumn";
import styles from "./MessageList.module.css";
import { MessageView } from "./MessageView";
import { RetryLine } from "./RetryLine";
import { SubagentEngine, SubagentOutcome, type SubagentProps, SubagentStop } from "./SubagentCard";
import { roleName, stopsWithRun } from "../state/subagent-words";
import { WaitingLine } from "./WaitingLine";

export function SubagentWindow(props: { open: OpenSession }) {
  const client = useClient();
  const shown = createMemo(() => {
    const id = client.expanded();
    const part = id === undefined ? undefined : findToolCall(props.open.session, id);
    const message = props.open.session.messages.find((m) => m.parts.some((p) => p.id === id));
    // It opens when there is something in it.
    return part?.subagent && part.subagent.messages.length > 0 && message
      ? { part, subagent: part.subagent, runId: message.runId }
      : undefined;
  });
  return (
    <Show when={shown()}>
      {(subagent) => (
        <Sheet
          title={subagent().subagent.title}
          close={() => client.expand(undefined)}
          actions={<SubagentStop {...subagent()} isInWindow />}
          hasStop={!isOutcome(subagent().part.state)}
        >
          <SubagentConversation {...subagent()} />
        </Sheet>
      )}
    </Show>
  );
}

function SubagentConversation(props: SubagentProps) {
  const open = useOpen();
  return (
    <MessageColumn sticks testId="subagent-window">
      <div class={styles.messages}>
        <p class={text.facts}>
          <VisibleText text={roleName(props.subagent)} />
          <SubagentEngine {...props} />
          <VisibleText text={props.subagent.model} />
          <Show when={props.subagent.notStoppable && !isOutcome(props.part.state)}>
            <span>{stopsWithRun()}</span>
          </Show>
        </p>
        <p class={text.note}>{t("Task")}</p>
        <For each={props.subagent.messages}>
          {(message, index) => (
            <MessageView message={message} next={props.subagent.messages[index() + 1]} />
          )}
        </For>
        <Show when={props.subagent.retry}>{(retry) => <RetryLine retry={retry()} />}</Show>
        <Show when={!isOutcome(props.part.state)}>
          <WaitingLine
            messages={props.subagent.messages}
            stopping={false}
            paused={open.control.pauseState() === "paused"}
          />
        </Show>
        <p class={text.facts}>
          <SubagentOutcome {...props} />
          <UsageFacts usage={props.subagent.usage} />
        </p>
      </div>
    </MessageColumn>
  );
}
