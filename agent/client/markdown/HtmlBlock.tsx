/** A block of Markdown as sanitised HTML, and what is more than HTML in it: code blocks, formulas, footnotes, wide tables. */
import { createEffect, createMemo, onCleanup } from "solid-js";
import { render } from "solid-js/web";
import { t } from "../../shared/translation";
import { visibleHtml } from "../components/VisibleText";
import { CodeBlock } from "./CodeBlock";
import { connectFootnotes } from "./footnotes";
import { displayFormulas, drawFormulas, drawnFormulas } from "./formulas";
import styles from "./Markdown.module.css";
import { sanitize } from "./sanitize";
import { watchWidths } from "./scroll-reach";
import { escapeHtml } from "./syntax";

/** `isGrowing`: more of it is expected. */
export function HtmlBlock(props: { unsafeHtml: string; isGrowing: boolean }) {
  let element!: HTMLDivElement;
  // Most blocks of a text that has ended are what they were.
  const unsafeHtml = createMemo(() => props.unsafeHtml);
  const html = createMemo(() => sanitize(unsafeHtml()));
  createEffect(() => {
    const drawn = drawnFormulas(element);
    const opened = [...element.querySelectorAll("details")].map(({ open }) => open);
    element.innerHTML = html();
    // As the reader has left them.
    for (const [index, details] of element.querySelectorAll("details").entries())
      details.open = opened[index] ?? details.open;
    connectFootnotes(element);
    const tables = element.querySelectorAll<HTMLElement>(".table");
    const watches = [watchWidths(tables, () => t("Table"))];
    let isShown = true;
    const draw = () => {
      if (!isShown) return;
      drawFormulas(element, drawn, draw);
      watches.push(watchWidths(displayFormulas(element), () => t("Formula")));
    };
    draw();
    const dispose = drawCode(element, () => !props.isGrowing);
    onCleanup(() => {
      isShown = false;
      for (const unwatch of watches) unwatch();
      dispose();
    });
  });
  return <div class={styles.block} ref={element} />;
}

/** Code blocks inside it (in a list, in a quotation) become `CodeBlock`s too. Returns what takes them away. */
function drawCode(within: Element, isWhole: () => boolean): () => void {
  for (const code of within.querySelectorAll(":not(pre) > code:not([class])"))
    code.innerHTML = visibleHtml(escapeHtml(code.textContent ?? ""));
  const dispose = [...within.querySelectorAll("pre")].map((pre) => {
    const language = /language-(\S+)/.exec(pre.querySelector("code")?.className ?? "")?.[1] ?? "";
    const place = document.createElement("div");
    pre.replaceWith(place);
    return render(
      () => <CodeBlock code={pre.textContent ?? ""} language={language} whole={isWhole()} />,
      place,
    );
  });
  return () => dispose.forEach((undraw) => undraw());
}
