/** @jsxImportSource @opentui/solid */
/** How far the to-do list of the session is, in one line above the input. */
import { Show } from "solid-js";
import { useTerminalDimensions } from "@opentui/solid";
import { useClient } from "../../client/state/client";
import type { OpenSession } from "../../client/state/open-session";
import { todoLine } from "../../client/state/todo-words";
import { visibleString } from "../../shared/visible-text";
import { cutAtEnd } from "../fitting-words";
import { colors } from "../theme";

const hint = " · /todo shows all of it";

export function TodoLine(props: { open: OpenSession }) {
  const client = useClient();
  const size = useTerminalDimensions();
  const room = () => size().width - 4 - "To do: ".length - hint.length;
  return (
    <Show when={props.open.session.todo}>
      {(todo) => (
        <box flexShrink={0} paddingX={2} onMouseDown={() => client.setPanel("todo")}>
          <text fg={colors.muted} wrapMode="none" height={1}>
            To do: {cutAtEnd(visibleString(todoLine(todo())).replaceAll(/\s+/g, " "), room())}
            {hint}
          </text>
        </box>
      )}
    </Show>
  );
}
