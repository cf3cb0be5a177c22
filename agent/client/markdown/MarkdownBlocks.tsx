/** Markdown that grows: while the text streams in, only the last block is rendered again. */
import { createMemo, Index, Match, Switch } from "solid-js";
import { type Block, createBlockReader, readBlocks } from "./blocks";
import { CodeBlock } from "./CodeBlock";
import { HtmlBlock } from "./HtmlBlock";
import type { MarkdownProps } from "./Markdown";
import styles from "./Markdown.module.css";

export function MarkdownBlocks(props: MarkdownProps) {
  const read = createBlockReader();
  // Parsed again from the start once the text is complete: a link may be defined after its use.
  const blocks = createMemo(() => (props.streaming ? read(props.text) : readBlocks(props.text)));
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
    </div>
  );
}

function asCode(block: Block) {
  return block.kind === "code" ? block : undefined;
}

function asHtml(block: Block) {
  return block.kind === "html" ? block : undefined;
}
