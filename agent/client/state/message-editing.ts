/** The last message, edited in its place: the text is kept in this tab until it has been accepted, or the edit is cancelled. */
import { type Accessor, createMemo, createSignal } from "solid-js";
import { type Said, lastSaid } from "../../shared/branches";
import { typedCommand } from "../../shared/message-parts";
import { host } from "./host";
import { storeInWindow } from "./window-storage";
import type { SessionCore } from "./session-core";

export interface MessageEditing {
  /** The run whose message is edited; undefined while none is, and while the edited one is on its way. */
  runId: Accessor<string | undefined>;
  text: Accessor<string>;
  /** Whether it can still go out in the place of the other: nothing has been said since. */
  isLast: Accessor<boolean>;
  begin: (runId: string) => void;
  write: (text: string) => void;
  cancel: () => void;
  /** Sends the text in the place of the message. When it is refused, the edit is there again. */
  send: () => void;
  /** The message of this run was refused. Returns whether it was the edited one. */
  takeBack: (runId: string) => boolean;
}

interface Edit {
  runId: string;
  text: string;
  /** The run of the edited message, while that is on its way. */
  sentAs?: string;
}

export interface MessageEditingOptions {
  onBegin: () => void;
  /** Sends a text in the place of the last message. Returns the name of its run; undefined when it cannot go out. */
  resend: (last: Said, text: string) => string | undefined;
}

export function createMessageEditing(
  { id, session }: SessionCore,
  { onBegin, resend }: MessageEditingOptions,
): MessageEditing {
  const name = () => `rein.edit.${id() ?? "new"}`;
  const [edit, setEdit] = createSignal(storedEdit(host().windowStorage().getItem(name())));
  const isAccepted = ({ runId }: Edit) => session.messages.some(({ retryOf }) => retryOf === runId);
  const current = createMemo(() => {
    const shown = edit();
    return shown === undefined || isAccepted(shown) ? undefined : shown;
  });

  function keep(next: Edit | undefined): void {
    setEdit(next);
    if (next === undefined) host().windowStorage().removeItem(name());
    else storeInWindow(name(), JSON.stringify({ runId: next.runId, text: next.text }));
  }

  const isLast = () => lastSaid(session)?.runId === current()?.runId;
  return {
    runId: () => (current()?.sentAs === undefined ? current()?.runId : undefined),
    text: () => current()?.text ?? "",
    isLast,
    begin(runId) {
      const last = lastSaid(session);
      if (last?.runId !== runId) return;
      onBegin();
      // A command is edited as it was typed, not as what came of it.
      keep({ runId, text: last.command ? typedCommand(last.command) : last.text });
    },
    write: (text) => keep({ ...current()!, text }),
    cancel: () => keep(undefined),
    send() {
      const [shown, last] = [current(), lastSaid(session)];
      if (shown === undefined || last === undefined || !isLast()) return;
      const sentAs = resend(last, shown.text);
      if (sentAs !== undefined) keep({ ...shown, sentAs });
    },
    takeBack(runId) {
      const sent = current();
      if (sent?.sentAs !== runId) return false;
      keep({ runId: sent.runId, text: sent.text });
      return true;
    },
  };
}

/** What is damaged is dropped. */
function storedEdit(stored: string | null): Edit | undefined {
  try {
    const { runId, text } = { ...(JSON.parse(stored ?? "{}") as Partial<Edit> | null) };
    return typeof runId === "string" && typeof text === "string" ? { runId, text } : undefined;
  } catch (error) {
    console.warn("The edited message could not be restored:", error);
    return undefined;
  }
}
