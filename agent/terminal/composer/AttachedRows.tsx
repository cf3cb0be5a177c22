/** @jsxImportSource @opentui/solid */
/** The files of the message that is being written, as lines above the input: how far each is, or why it is not attached. */
import { For, Show } from "solid-js";
import { problemOf, progressOf, sizeWords, stateOf } from "../../client/state/attached-words";
import type { OpenSession } from "../../client/state/open-session";
import { visibleString } from "../../shared/visible-text";
import { colors } from "../theme";

const mostShown = 4;

export function AttachedRows(props: { open: OpenSession }) {
  const { attached } = props.open;
  return (
    <Show when={attached.files().length > 0}>
      <box flexDirection="column" paddingX={2} flexShrink={0}>
        <For each={attached.files().slice(0, mostShown)}>
          {(file) => (
            <box flexDirection="row" gap={2} height={1}>
              <text fg={colors.accent} flexShrink={0} wrapMode="none" selectable={false}>
                {stateOf([file]) === "uploading" ? `${progressOf([file])}%` : "▪"}
              </text>
              <text fg={colors.text} wrapMode="none" flexShrink={1} selectable={false}>
                {visibleString(file.name)}
              </text>
              <text
                fg={file.error === undefined ? colors.muted : colors.warning}
                wrapMode="none"
                flexShrink={1}
                flexGrow={1}
                selectable={false}
              >
                {visibleString(problemOf([file]) ?? sizeWords([file]))}
              </text>
              <text
                fg={colors.muted}
                flexShrink={0}
                selectable={false}
                onMouseDown={() => attached.remove([file.id])}
              >
                ✕
              </text>
            </box>
          )}
        </For>
        <Show when={attached.files().length > mostShown}>
          <text fg={colors.muted} selectable={false}>
            and {attached.files().length - mostShown} more
          </text>
        </Show>
      </box>
    </Show>
  );
}
