/** A run that others have settled while this node was away: whether what this node has on its disk of it stays instead. */
import { isOutcome, type Message, type Part, type Run } from "../../shared/protocol";

/** A run and its messages. */
export interface RunRecord {
  run: Run;
  messages: Message[];
}

/**
 * Others have settled only what the shared database had. Its end on this disk stays, when it had come before: an answer that
 * was shown as complete, a stop that was acknowledged. So does what was written of it until this node died. No run can have
 * continued from what others wrote: only its own node continues a session. But what a node that was frozen does after it has woken up,
 * and a run that it still works on, is not believed: those have ended as others say.
 */
export function staysOwn(own: RunRecord, theirs: RunRecord, isActive: boolean): boolean {
  if (isActive) return false;
  const isOver = own.run.state === "settled" && own.run.stop?.by !== "crash";
  return isOver ? isBefore(own.run, theirs.run) : hasMore(own.messages, theirs.messages);
}

function isBefore({ endedAt = 0 }: Run, { endedAt: theirs = 0 }: Run): boolean {
  // Of an earlier process: it had died before others settled it, whatever the clocks say.
  return endedAt < performance.timeOrigin || endedAt <= theirs;
}

function hasMore(own: readonly Message[], theirs: readonly Message[]): boolean {
  const known = new Map(theirs.map((message) => [message.id, message]));
  return own.some(({ id, parts }) => {
    const there = new Map(known.get(id)?.parts.map((part) => [part.id, part]));
    return parts.some((part) => part.type !== "interruption" && isMore(part, there.get(part.id)));
  });
}

function isMore(own: Part, theirs: Part | undefined): boolean {
  if (own.type !== theirs?.type) return true;
  if (own.type === "tool-call" && theirs.type === "tool-call")
    return (
      (isOutcome(own.state) && own.state !== theirs.state && own.state !== "stopped") ||
      own.inputText.length + own.output.length > theirs.inputText.length + theirs.output.length ||
      hasMore(own.subagent?.messages ?? [], theirs.subagent?.messages ?? [])
    );
  return "text" in own && "text" in theirs && own.text.length > theirs.text.length;
}
