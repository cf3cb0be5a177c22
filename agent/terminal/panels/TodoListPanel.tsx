/** @jsxImportSource @opentui/solid */
/** The to-do list of the session. */
import type { ScrollBoxRenderable } from "@opentui/core";
import { Show } from "solid-js";
import { todoLine } from "../../client/state/todo-words";
import { PlanSteps } from "../conversation/PlanSteps";
import { Words } from "../conversation/Words";
import { bindKey } from "../terminal-keys";
import { PanelFrame } from "./PanelFrame";
import type { PanelProps } from "./PanelLayer";

export function TodoListPanel(props: PanelProps) {
  let view: ScrollBoxRenderable | undefined;
  const todo = () => props.open.session.todo;
  const canClear = () =>
    todo() !== undefined && !["running", "stopping"].includes(props.open.stage());
  for (const [key, by] of [
    ["ArrowDown", 1],
    ["ArrowUp", -1],
  ] as const)
    bindKey({ key, repeats: true, when: () => true, run: () => view?.scrollBy(by) });
  for (const key of ["Delete", "Backspace"])
    bindKey({ key, when: canClear, run: () => props.open.clearTodo() });
  return (
    <PanelFrame
      title="To do"
      hints={[...(canClear() ? ["Delete removes the list"] : []), "Escape closes"]}
      close={props.close}
    >
      <scrollbox ref={(one: ScrollBoxRenderable) => (view = one)} flexGrow={1} flexShrink={1}>
        <Show
          when={todo()}
          fallback={
            <Words pieces={[{ text: "This session has no to-do list.", color: "muted" }]} />
          }
        >
          {(list) => (
            <box flexDirection="column" flexShrink={0}>
              <Words pieces={[{ text: todoLine(list()), color: "muted", prose: true }]} />
              <PlanSteps entries={list().entries} />
            </box>
          )}
        </Show>
      </scrollbox>
    </PanelFrame>
  );
}
