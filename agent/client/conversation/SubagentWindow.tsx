/** A subagent's whole conversation in a window of its own, with its own Stop. */
import { createMemo, For, Show } from "solid-js";
import { findToolCall } from "../../shared/apply";
import { isOutcome } from "../../shared/protocol";
import { Sheet } from "../components/Sheet";
import { useClient, useOpen } from "../state/client";
import type { OpenSession } from "../state/open-session";
import { MessageView } from "./MessageView";
import { RetryLine } from "./RetryLine";
import { createSticky } from "./sticky";
import { SubagentFoot, type SubagentProps, SubagentStop } from "./SubagentCard";
import { Waiting } from "./Waiting";

export function SubagentWindow(props: { open: OpenSession }) {
  const client = useClient();
  const shown = createMemo(() => {
    const id = client.expanded();
    const part = id === undefined ? undefined : findToolCall(props.open.session, id);
    const message = props.open.session.messages.find((m) => m.parts.some((p) => p.id === id));
    return part?.subagent && message
      ? { part, subagent: part.subagent, runId: message.runId }
      : undefined;
  });
  return (
    <Show when={shown()}>
      {(subagent) => (
        <Sheet
          title={subagent().subagent.title}
          close={() => client.expand(undefined)}
          actions={<SubagentStop {...subagent()} />}
        >
          <Whole {...subagent()} />
        </Sheet>
      )}
    </Show>
  );
}

function Whole(props: SubagentProps) {
  const open = useOpen();
  const sticky = createSticky(() => true);
  return (
    <div class="scroller" ref={sticky.scroller} data-testid="subagent-window">
      <div class="conversation" ref={sticky.content}>
        <For each={props.subagent.messages}>{(message) => <MessageView message={message} />}</For>
        <Show when={props.subagent.retry}>{(retry) => <RetryLine retry={retry()} />}</Show>
        <Show when={!isOutcome(props.part.state)}>
          <Waiting
            messages={props.subagent.messages}
            stopping={false}
            paused={open.control.pauseState() === "paused"}
          />
        </Show>
        <SubagentFoot {...props} />
      </div>
    </div>
  );
}
