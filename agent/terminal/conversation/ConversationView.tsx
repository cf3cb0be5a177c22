/** @jsxImportSource @opentui/solid */
/** The open session: its messages, from top to bottom. */
import { For, Show } from "solid-js";
import type { Message } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import type { OpenSession } from "../../client/state/open-session";
import { colors } from "../theme";

export function ConversationView(props: { open: OpenSession }) {
  return (
    <scrollbox stickyScroll stickyStart="bottom" flexGrow={1} paddingX={1}>
      <For each={props.open.session.messages}>{(message) => <MessageText message={message} />}</For>
      <Show when={props.open.outgoing()}>
        {(outgoing) => <text fg={colors.accent}>{visibleString(outgoing().text)}</text>}
      </Show>
    </scrollbox>
  );
}

function MessageText(props: { message: Message }) {
  return (
    <box flexDirection="column" marginBottom={1}>
      <For each={props.message.parts}>
        {(part) => (
          <text fg={props.message.role === "user" ? colors.accent : colors.text}>
            {visibleString("text" in part ? part.text : `[${part.type}]`)}
          </text>
        )}
      </For>
    </box>
  );
}
