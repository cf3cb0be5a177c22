/** What can be done with a settled run now. It can be tried again only while nothing runs; of an engine, which keeps the conversation for itself, only the last one. */
import type { Accessor } from "solid-js";
import { textOf } from "../../shared/message-parts";
import type { Run } from "../../shared/protocol";
import { useOpen } from "./client";
import { usesOwnLogin } from "./engine-list";

type Action = Accessor<(() => void) | undefined>;

export interface RunActions {
  /** All that the model said in it, as Markdown; empty when it said nothing. */
  answer: Accessor<string>;
  /** Each is undefined while it cannot be done. */
  goOn: Action;
  retry: Action;
  /** To another model from now on. */
  retryWith: Accessor<((model: { provider: string; model: string }) => void) | undefined>;
  undoAndRetry: Action;
}

const continueText = "Continue from where you were stopped.";

export function createRunActions(props: { run: Run }): RunActions {
  const open = useOpen();
  const isIdle = () => open.stage() === "idle" || open.stage() === "stopped";
  const canTry = () => isIdle() && open.branch.canSayAnew(props.run.id);
  const canUndo = () =>
    (props.run.changes?.count ?? 0) > 0 && props.run.changes?.undoneAt === undefined;

  async function undoAndRetry(): Promise<void> {
    if (await open.undo.start("undo", props.run.id)) open.askAgain(props.run.id);
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
      canTry() && open.branch.isLast(props.run.id) && props.run.outcome === "stopped"
        ? () => open.send(continueText)
        : undefined,
    retry: () => (canTry() ? () => open.askAgain(props.run.id) : undefined),
    retryWith: () =>
      canTry() && !usesOwnLogin(open.session)
        ? (model) => open.askAgain(props.run.id, model)
        : undefined,
    undoAndRetry: () => (canTry() && canUndo() ? () => void undoAndRetry() : undefined),
  };
}
