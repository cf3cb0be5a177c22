/** @jsxImportSource @opentui/solid */
/** The queued messages as lines above the input: each says what it waits for. The panel of the queue changes them. */
import { For, Show } from "solid-js";
import { visibleString } from "../../shared/visible-text";
import { useClient } from "../../client/state/client";
import type { OpenSession } from "../../client/state/open-session";
import { queuedText, queuedWords } from "../../client/state/queue-words";
import { colors } from "../theme";

const mostShown = 3;

export function QueueChips(props: { open: OpenSession }) {
  const client = useClient();
  const { session, stage, control } = props.open;
  const isBusy = () => stage() === "running" || stage() === "stopping";
  return (
    <Show when={session.queue.length > 0}>
      <box flexDirection="column" paddingX={2} flexShrink={0}>
        <For each={session.queue.slice(0, mostShown)}>
          {(message) => (
            <box
              flexDirection="row"
              gap={2}
              height={1}
              onMouseDown={() => client.setPanel("queue")}
            >
              <text fg={colors.accent} flexShrink={0} selectable={false}>
                {queuedWords(message, isBusy())}
              </text>
              <text fg={colors.text} wrapMode="none" flexShrink={1} flexGrow={1} selectable={false}>
                {visibleString(queuedText(message).slice(0, 400).replaceAll(/\s+/g, " "))}
              </text>
              <text
                fg={colors.muted}
                flexShrink={0}
                selectable={false}
                onMouseDown={(event) => {
                  event.stopPropagation();
                  control.unqueue(message.id);
                }}
              >
                ✕
              </text>
            </box>
          )}
        </For>
        <text fg={colors.muted} selectable={false}>
          {session.queue.length > mostShown
            ? `and ${session.queue.length - mostShown} more · `
            : ""}
          Ctrl+Q changes the queue
        </text>
      </box>
    </Show>
  );
}
