/** The model's reasoning: one line with its duration, which opens into the text. */
import { Show } from "solid-js";
import type { ReasoningPart } from "../../shared/protocol";
import { t } from "../../shared/translation";
import { Elapsed } from "../components/Elapsed";
import { tr } from "../components/tr";
import { Markdown } from "../markdown/Markdown";
import text from "../styles/text-styles.module.css";
import { Disclosure } from "./Disclosure";
import { tailOf } from "../state/output-tail";

export function Reasoning(props: { part: ReasoningPart; streaming: boolean }) {
  const isBeingWritten = () => props.streaming && props.part.endedAt === undefined;
  return (
    <Disclosure
      summary={<Title part={props.part} isBeingWritten={isBeingWritten()} />}
      preview={isBeingWritten() ? tailOf(props.part.text, 1).text : undefined}
    >
      <Markdown text={props.part.text} streaming={isBeingWritten()} />
    </Disclosure>
  );
}

function Title(props: { part: ReasoningPart; isBeingWritten: boolean }) {
  return (
    <Show
      when={props.isBeingWritten}
      fallback={
        <Show when={props.part.endedAt} fallback={t("Thinking interrupted")}>
          {(endedAt) => (
            <span>
              {tr("Thought for {time}", {
                time: <Elapsed from={props.part.startedAt} to={endedAt()} />,
              })}
            </span>
          )}
        </Show>
      }
    >
      <span class={text.breathing}>{t("Thinking")}</span> <Elapsed from={props.part.startedAt} />
    </Show>
  );
}
