/** A message, edited in its place: the text is kept in this tab until it has been accepted, or the edit is cancelled. */
import { type Accessor, createEffect, createMemo, createSignal } from "solid-js";
import { type Said, saidTo } from "../../shared/branches";
import { typedCommand } from "../../shared/message-parts";
import { host } from "./host";
import { storeInWindow } from "./window-storage";
import type { SessionCore } from "./session-core";
import type { ShownBranch } from "./shown-branch";

export interface MessageEditing {
  /** The run whose message is edited; undefined while none that is shown is, and while the edited one is on its way. */
  runId: Accessor<string | undefined>;
  text: Accessor<string>;
  /** What is edited, as it was said; undefined when nothing can go out in its place. */
  said: Accessor<Said | undefined>;
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
  /** The run of the edited message, once it was sent. */
  sentAs?: string;
  isOnItsWay?: true;
}

export interface MessageEditingOptions {
  branch: ShownBranch;
  onBegin: () => void;
  /** Sends a text in the place of what was said. Returns the name of its run; undefined when it cannot go out. */
  resend: (before: Said, text: string) => string | undefined;
}

export function createMessageEditing(
  { id, session }: SessionCore,
  { branch, onBegin, resend }: MessageEditingOptions,
): MessageEditing {
  const name = () => `rein.edit.${id() ?? "new"}`;
  const [edit, setEdit] = createSignal(storedEdit(host().windowStorage().getItem(name())));
  const isAccepted = ({ sentAs }: Edit) =>
    sentAs !== undefined && session.messages.some(({ runId }) => runId === sentAs);
  const current = createMemo(() => {
    const shown = edit();
    return shown === undefined || isAccepted(shown) ? undefined : shown;
  });

  function keep(next: Edit | undefined): void {
    setEdit(next);
    if (next === undefined) host().windowStorage().removeItem(name());
    else storeInWindow(name(), JSON.stringify({ ...next, isOnItsWay: undefined }));
  }

  // Later, its run may be in a branch that is not shown.
  createEffect(() => {
    const shown = edit();
    if (shown !== undefined && isAccepted(shown)) keep(undefined);
  });
  const said = createMemo(() => {
    const runId = current()?.runId;
    return runId !== undefined && branch.canSayAnew(runId) ? saidTo(session, runId) : undefined;
  });
  const shownId = createMemo(() => {
    const shown = current();
    const isHere = branch.messages().some(({ runId }) => runId === shown?.runId);
    return isHere && !shown?.isOnItsWay ? shown?.runId : undefined;
  });
  return {
    runId: shownId,
    text: () => current()?.text ?? "",
    said,
    begin(runId) {
      const before = branch.canSayAnew(runId) ? saidTo(session, runId) : undefined;
      if (before === undefined) return;
      onBegin();
      // A command is edited as it was typed, not as what came of it.
      keep({ runId, text: before.command ? typedCommand(before.command) : before.text });
    },
    write: (text) => keep({ ...current()!, text }),
    cancel: () => keep(undefined),
    send() {
      const [shown, before] = [current(), said()];
      if (shown === undefined || before === undefined) return;
      const sentAs = resend(before, shown.text);
      if (sentAs !== undefined) keep({ ...shown, sentAs, isOnItsWay: true });
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
    const { runId, text, sentAs } = { ...(JSON.parse(stored ?? "{}") as Partial<Edit> | null) };
    if (typeof runId !== "string" || typeof text !== "string") return undefined;
    return { runId, text, ...(typeof sentAs === "string" && { sentAs }) };
  } catch (error) {
    console.warn("The edited message could not be restored:", error);
    return undefined;
  }
}
