/** @jsxImportSource @opentui/solid */
/** The model's reasoning: one line with its duration, which opens into the text. */
import type { ReasoningPart } from "../../shared/protocol";
import { tailOf } from "../../client/state/output-tail";
import { createElapsed } from "./elapsed-words";
import { MarkdownRows } from "./MarkdownRows";
import { OpenCard } from "./OpenCard";

export function ReasoningRows(props: { part: ReasoningPart; streaming: boolean }) {
  const isBeingWritten = () => props.streaming && props.part.endedAt === undefined;
  const took = createElapsed(
    () => (isBeingWritten() || props.part.endedAt !== undefined ? props.part.startedAt : undefined),
    () => props.part.endedAt,
  );
  const title = () => {
    if (isBeingWritten()) return `Thinking ${took()}`;
    return props.part.endedAt === undefined ? "Thinking interrupted" : `Thought for ${took()}`;
  };
  const preview = () => {
    const text = tailOf(props.part.text.trimEnd(), 1).text;
    return isBeingWritten() && text !== ""
      ? [{ text, color: "muted", italic: true, prose: true } as const]
      : undefined;
  };
  return (
    <OpenCard
      id={props.part.id}
      head={[{ text: title(), color: "muted", italic: true }]}
      preview={preview()}
    >
      <MarkdownRows text={props.part.text} streaming={isBeingWritten()} />
    </OpenCard>
  );
}
