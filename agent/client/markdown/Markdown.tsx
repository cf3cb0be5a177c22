/** Markdown that grows: while the text streams in, only the last block is rendered again. */
import { createEffect, createMemo, Index, Match, onCleanup, Switch } from "solid-js";
import { render } from "solid-js/web";
import { visibleHtml } from "../components/VisibleText";
import { type Block, createBlockReader, escapeHtml } from "./blocks";
import { CodeBlock } from "./CodeBlock";
import styles from "./Markdown.module.css";

export function Markdown(props: { text: string; streaming: boolean }) {
  const read = createBlockReader();
  // Parsed again from the start once the text is complete: a link may be defined after its use.
  const blocks = createMemo(() =>
    props.streaming ? read(props.text) : createBlockReader()(props.text),
  );
  return (
    <div class={styles.prose}>
      <Index each={blocks()}>
        {(block, index) => (
          <Switch>
            <Match when={asCode(block())}>
              {(code) => (
                <CodeBlock
                  code={code().code}
                  language={code().language}
                  whole={!props.streaming || code().closed || index < blocks().length - 1}
                />
              )}
            </Match>
            <Match when={asHtml(block())}>{(html) => <HtmlBlock html={html().html} />}</Match>
          </Switch>
        )}
      </Index>
    </div>
  );
}

/** Sanitised HTML. Code blocks inside it (in a list, in a quotation) become `CodeBlock`s too. */
function HtmlBlock(props: { html: string }) {
  let element!: HTMLDivElement;
  const html = createMemo(() => props.html);
  createEffect(() => {
    element.innerHTML = html();
    for (const code of element.querySelectorAll(":not(pre) > code"))
      code.innerHTML = visibleHtml(escapeHtml(code.textContent ?? ""));
    const dispose = [...element.querySelectorAll("pre")].map((pre) => {
      const code = pre.querySelector("code");
      const language = /language-(\S+)/.exec(code?.className ?? "")?.[1] ?? "";
      const place = document.createElement("div");
      pre.replaceWith(place);
      return render(
        () => <CodeBlock code={pre.textContent ?? ""} language={language} whole />,
        place,
      );
    });
    onCleanup(() => dispose.forEach((undraw) => undraw()));
  });
  return <div class={styles.block} ref={element} />;
}

function asCode(block: Block) {
  return block.kind === "code" ? block : undefined;
}

function asHtml(block: Block) {
  return block.kind === "html" ? block : undefined;
}
