/** The model's reasoning: one line with its duration, which opens into the text. */
import { createSignal, Show } from "solid-js";
import type { ReasoningPart } from "../../shared/protocol";
import { Elapsed } from "../components/Elapsed";
import { Markdown } from "../markdown/Markdown";
import { tailOf } from "./output-tail";

export function Reasoning(props: { part: ReasoningPart; streaming: boolean }) {
  const [isOpen, setOpen] = createSignal(false);
  const isBeingWritten = () => props.streaming && props.part.endedAt === undefined;
  return (
    <details class="reasoning" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        <Show
          when={isBeingWritten()}
          fallback={
            <Show when={props.part.endedAt} fallback="Thinking interrupted">
              {(endedAt) => (
                <>
                  Thought for <Elapsed from={props.part.startedAt} to={endedAt()} />
                </>
              )}
            </Show>
          }
        >
          <span class="breathing">Thinking</span> <Elapsed from={props.part.startedAt} />
          <Show when={!isOpen()}>
            <span class="reasoning-last">{tailOf(props.part.text, 1).text}</span>
          </Show>
        </Show>
      </summary>
      <Show when={isOpen()}>
        <Markdown text={props.part.text} streaming={isBeingWritten()} />
      </Show>
    </details>
  );
}
