/** @jsxImportSource @opentui/solid */
/** A subagent's whole conversation, in the place of the session's, with its own stop. Escape goes back. */
import { For, Show } from "solid-js";
import { isOutcome } from "../../shared/protocol";
import { usageWords } from "../../shared/usage-words";
import { useClient, useOpen } from "../../client/state/client";
import { roleName } from "../../client/state/subagent-words";
import { engineName } from "../../client/state/engine-list";
import { Card } from "./Card";
import { createPlainTexts, PlainTextsProvider } from "./plain-texts";
import { MessageRows } from "./MessageRows";
import { RetryRows } from "./QuestionRows";
import { createSubagentState, createSubagentStop, type SubagentRowsProps } from "./SubagentRows";
import { WaitingRows } from "./WaitingRows";
import { Words } from "./Words";

export function SubagentView(props: SubagentRowsProps) {
  const client = useClient();
  const open = useOpen();
  const state = createSubagentState(props);
  const stop = createSubagentStop(props);
  const facts = () =>
    [
      roleName(props.subagent),
      engineName(client.engines.engines(), props.subagent.engine),
      props.subagent.model,
    ].filter(Boolean);
  const plain = createPlainTexts(() => props.subagent.messages);
  return (
    <box flexDirection="column" flexShrink={0} rowGap={1}>
      <Card
        id={`view:${props.part.id}`}
        head={[
          { text: "Subagent ", bold: true },
          { text: props.subagent.title, prose: true },
        ]}
        state={state()}
        actions={[{ key: "Enter", label: "back", run: () => client.expand(undefined) }, ...stop()]}
        isUrgent
      />
      <Words pieces={[{ text: facts().join(" · "), color: "muted" }]} />
      <Words pieces={[{ text: "Task", color: "muted" }]} />
      <PlainTextsProvider value={plain}>
        <For each={props.subagent.messages}>
          {(message, index) => (
            <MessageRows message={message} next={props.subagent.messages[index() + 1]} />
          )}
        </For>
      </PlainTextsProvider>
      <Show when={props.subagent.retry}>
        {(retry) => <RetryRows id={`retry:${props.part.id}`} retry={retry()} />}
      </Show>
      <Show when={!isOutcome(props.part.state)}>
        <WaitingRows
          messages={props.subagent.messages}
          stopping={false}
          paused={open.control.pauseState() === "paused"}
        />
      </Show>
      <Words pieces={[{ text: usageWords(props.subagent.usage), color: "muted" }]} />
    </box>
  );
}
