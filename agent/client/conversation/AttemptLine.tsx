/** An attempt that was made again, as one line that opens: people keep it, and the model is told nothing of it. */
import { Show } from "solid-js";
import { textOf } from "../../shared/message-parts";
import type { Message, Run } from "../../shared/protocol";
import { Icon } from "../components/Icon";
import { outcomeWords } from "./outcome-labels";

export interface AttemptLineProps {
  /** Its first message. */
  message: Message;
  run: Run | undefined;
  isOpen: boolean;
  toggle(): void;
}

export function AttemptLine(props: AttemptLineProps) {
  return (
    <button
      type="button"
      class="quiet attempt"
      data-testid="attempt"
      aria-expanded={props.isOpen}
      title="The model is told nothing of this attempt"
      onClick={() => props.toggle()}
    >
      <Icon name="chevron" />
      <span>Tried again</span>
      <span class="attempt-text">{textOf(props.message)}</span>
      <Show when={props.run?.outcome}>
        {(outcome) => <span class="muted">{outcomeWords(outcome())}</span>}
      </Show>
    </button>
  );
}

/** What still stands of it is not folded away: files that it changed, processes that could not be ended. */
export function hasLeftSomething({ changes, receipt }: Run): boolean {
  const hasChanged = (changes?.count ?? 0) > 0 && changes?.undoneAt === undefined;
  return hasChanged || (receipt?.survivors.length ?? 0) > 0;
}
