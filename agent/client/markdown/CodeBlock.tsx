/** A code block with its language and a copy button, highlighted once it is complete. */
import { createEffect, createSignal, onCleanup, Show } from "solid-js";
import { CopyButton } from "../components/CopyButton";
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
        <span>{props.language}</span>
        <CopyButton text={props.code} what="code" />
      </figcaption>
      <pre tabindex="0">
        <Show when={html()} fallback={<code>{props.code}</code>}>
          {(coloured) => <code innerHTML={coloured()} />}
        </Show>
      </pre>
    </figure>
  );
}
