/** What can be done with a settled run now. Only the last one can be tried again, and only while nothing runs. */
import type { Accessor } from "solid-js";
import { textOf } from "../../shared/message-parts";
import type { Run } from "../../shared/protocol";
import { useOpen } from "./client";

type Action = Accessor<(() => void) | undefined>;

export interface RunActions {
  /** All that the model said in it, as Markdown; empty when it said nothing. */
  answer: Accessor<string>;
  /** Each is undefined while it cannot be done. */
  goOn: Action;
  retry: Action;
  undoAndRetry: Action;
}

const continueText = "Continue from where you were stopped.";

export function createRunActions(props: { run: Run; isLast: boolean }): RunActions {
  const open = useOpen();
  const canTry = () => props.isLast && (open.stage() === "idle" || open.stage() === "stopped");
  const canUndo = () =>
    (props.run.changes?.count ?? 0) > 0 && props.run.changes?.undoneAt === undefined;

  async function undoAndRetry(): Promise<void> {
    if (await open.undo.start("undo", props.run.id)) open.retry("");
  }

  return {
    answer: () =>
      open.session.messages
        .filter(
          ({ runId, role, summary }) => runId === props.run.id && role === "assistant" && !summary,
        )
        .map((message) => textOf(message, "\n\n").trim())
        .filter((said) => said !== "")
        .join("\n\n"),
    goOn: () =>
      canTry() && props.run.outcome === "stopped" ? () => open.send(continueText) : undefined,
    retry: () => (canTry() ? () => open.retry("") : undefined),
    undoAndRetry: () => (canTry() && canUndo() ? () => void undoAndRetry() : undefined),
  };
}
