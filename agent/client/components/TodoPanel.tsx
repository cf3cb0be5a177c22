/** The to-do list of the session above the input: in one line how far it is, and opened, all of its steps. */
import { createSignal, createUniqueId, Show } from "solid-js";
import type { TodoList } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { t } from "../../shared/translation";
import { PlanEntries } from "../conversation/PlanEntries";
import type { OpenSession } from "../state/open-session";
import { todoLine } from "../state/todo-words";
import text from "../styles/text-styles.module.css";
import { Button } from "./Button";
import { Icon } from "./Icon";
import styles from "./TodoPanel.module.css";
import { VisibleText } from "./VisibleText";

export function TodoPanel(props: { open: OpenSession; todo: TodoList }) {
  const [isOpen, setOpen] = createSignal(false);
  const id = createUniqueId();
  const line = () => todoLine(props.todo);
  const isAtWork = () => ["running", "stopping"].includes(props.open.stage());
  return (
    <section class={styles.todo} aria-label={t("To-do list")} data-testid="todo">
      <div class={styles.head}>
        <button
          type="button"
          class={styles.toggle}
          aria-expanded={isOpen()}
          aria-controls={id}
          aria-label={t("To-do list: {line}", { line: visibleString(line()) })}
          onClick={() => setOpen(!isOpen())}
        >
          <span class={styles.arrow}>
            <Icon name="chevron" />
          </span>
          <span class={text.truncated}>
            <VisibleText text={line()} />
          </span>
        </button>
        <Show when={!isAtWork()}>
          <Button
            look="quiet"
            size="small"
            iconOnly
            aria-label={t("Remove the to-do list")}
            title={t("Remove the to-do list")}
            onClick={() => props.open.clearTodo()}
          >
            <Icon name="close" />
          </Button>
        </Show>
      </div>
      <div id={id} class={styles.entries} hidden={!isOpen()} data-scroller>
        <Show when={isOpen()}>
          <PlanEntries entries={props.todo.entries} />
        </Show>
      </div>
    </section>
  );
}
