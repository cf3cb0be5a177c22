/** Markdown that grows: while the text streams in, only the last block is rendered again. */
import { createMemo, Index, Match, Show, Switch } from "solid-js";
import { t } from "../../shared/translation";
import { FoldedText } from "../conversation/FoldedText";
import { type Block, createBlockReader, readBlocks } from "./blocks";
import { CodeBlock } from "./CodeBlock";
import { drawnMarkdown } from "./drawn-markdown";
import { HtmlBlock } from "./HtmlBlock";
import type { MarkdownProps } from "./Markdown";
import styles from "./Markdown.module.css";

/** The most elements of one text. 10,000 held the page up for 4 seconds. */
const mostOfText = 3000;

export function MarkdownBlocks(props: MarkdownProps) {
  const end = createMemo(() => drawnMarkdown(props.text, mostOfText).end);
  const shown = createMemo(() => props.text.slice(0, end()));
  const rest = () => props.text.slice(end()).replace(/^[\r\n]+/, "");
  const read = createBlockReader();
  // Parsed again from the start once the text is complete: a link may be defined after its use.
  const blocks = createMemo(() => (props.streaming ? read(shown()) : readBlocks(shown())));
  return (
    <div class={styles.prose}>
      <Index each={blocks()}>
        {(block, index) => {
          const isGrowing = createMemo(() => props.streaming && index === blocks().length - 1);
          return (
            <Switch>
              <Match when={asCode(block())}>
                {(code) => (
                  <CodeBlock
                    code={code().code}
                    language={code().language}
                    whole={!isGrowing() || code().closed}
                  />
                )}
              </Match>
              <Match when={asHtml(block())}>
                {(html) => <HtmlBlock unsafeHtml={html().unsafeHtml} isGrowing={isGrowing()} />}
              </Match>
            </Switch>
          );
        }}
      </Index>
      <Show when={rest() !== ""}>
        <FoldedText text={rest()} label={t("As it is written")} />
      </Show>
    </div>
  );
}

function asCode(block: Block) {
  return block.kind === "code" ? block : undefined;
}

function asHtml(block: Block) {
  return block.kind === "html" ? block : undefined;
}
