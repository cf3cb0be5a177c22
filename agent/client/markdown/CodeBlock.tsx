/** A code block with its language and a copy button, highlighted once it is complete. */
import { createEffect, createSignal, onCleanup, Show } from "solid-js";
import { CopyButton } from "../components/CopyButton";
import { visibleHtml, VisibleText } from "../components/VisibleText";
import styles from "./CodeBlock.module.css";
import { highlight } from "./highlight";

export function CodeBlock(props: { code: string; language: string; whole: boolean }) {
  const [html, setHtml] = createSignal<string>();
  createEffect(() => {
    setHtml(undefined);
    if (!props.whole) return;
    let wanted = true;
    onCleanup(() => (wanted = false));
    void highlight(props.code, props.language).then((result) => {
      if (wanted) setHtml(result);
    });
  });
  return (
    <figure class={styles.code}>
      <figcaption>
        <VisibleText text={props.language} />
        <CopyButton text={props.code} what="code" />
      </figcaption>
      <pre tabindex="0">
        <Show
          when={html()}
          fallback={
            <code>
              <VisibleText text={props.code} />
            </code>
          }
        >
          {(coloured) => <code innerHTML={visibleHtml(coloured())} />}
        </Show>
      </pre>
    </figure>
  );
}
