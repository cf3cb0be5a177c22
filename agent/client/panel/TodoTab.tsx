/** The agent's to-do list, whole. */
import { Show } from "solid-js";
import { t } from "../../shared/translation";
import { Button } from "../components/Button";
import { PlanEntries } from "../conversation/PlanEntries";
import type { OpenSession } from "../state/open-session";
import { todoLine } from "../state/todo-words";
import { VisibleText } from "../components/VisibleText";
import text from "../styles/text-styles.module.css";
import styles from "./TodoTab.module.css";

export function TodoTab(props: { open: OpenSession }) {
  const isAtWork = () => ["running", "stopping"].includes(props.open.stage());
  return (
    <div class={styles.todo} data-testid="todo-tab">
      <Show
        when={props.open.session.todo}
        fallback={
          <p class={text.muted}>
            {t(
              "No to-do list. For work of several steps the agent keeps one, and it appears here.",
            )}
          </p>
        }
      >
        {(todo) => (
          <>
            <div class={styles.head}>
              <p class={text.muted}>
                <VisibleText text={todoLine(todo())} />
              </p>
              <Show when={!isAtWork()}>
                <Button size="small" onClick={() => props.open.clearTodo()}>
                  {t("Remove the to-do list")}
                </Button>
              </Show>
            </div>
            <PlanEntries entries={todo().entries} />
          </>
        )}
      </Show>
    </div>
  );
}
