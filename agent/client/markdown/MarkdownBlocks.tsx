/** Markdown that grows: while the text streams in, only the last block is rendered again. */
import { createMemo, createSignal, Index, Match, Show, Switch } from "solid-js";
import { truncate } from "../../shared/truncate";
import { Button } from "../components/Button";
import { mostMarkdown } from "../state/beginning";
import { type Block, createBlockReader, readBlocks } from "./blocks";
import { CodeBlock } from "./CodeBlock";
import { HtmlBlock } from "./HtmlBlock";
import type { MarkdownProps } from "./Markdown";
import styles from "./Markdown.module.css";

export function MarkdownBlocks(props: MarkdownProps) {
  const [isOpened, setOpened] = createSignal(false);
  const shown = createMemo(() => (isOpened() ? props.text : truncate(props.text, mostMarkdown)));
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
      <Show when={shown().length < props.text.length}>
        <p>
          <Button size="small" data-testid="show-all" onClick={() => setOpened(true)}>
            Show all {props.text.length.toLocaleString("en")} characters
          </Button>
        </p>
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
