/** Text that is not the page's own: characters that hide or move others are drawn as marks, and named to screen readers. */
import { createMemo, For } from "solid-js";
import { type Segment, visibleLines, visibleSegments } from "../../shared/visible-text";
import styles from "./VisibleText.module.css";

export interface VisibleTextProps {
  text: string;
  /** It has to be approved: characters that look like others are marked too. */
  exact?: boolean;
  /** Of a longer text: white space at its end is not that of a line. */
  isPiece?: boolean;
  /** It is a name on one line: line feeds and tabs are marks too. */
  isName?: boolean;
}

/** Laid out from left to right. Line breaks are drawn where the element around keeps white space. */
export function VisibleText(props: VisibleTextProps) {
  const segments = createMemo(() =>
    visibleSegments(props.text, {
      exact: props.exact ?? false,
      lineEnds: props.isPiece !== true,
      isName: props.isName ?? false,
    }),
  );
  return (
    <span class={styles.text} dir="ltr">
      {/* Text without marks stays one node while it grows, and so a selection in it. */}
      {segments().length === 1 ? drawn(segments()[0]!) : segments().map(drawn)}
    </span>
  );
}

/** Text of several lines that has to be approved: each has its number beside it, so that a wrapped one is not taken for two. */
export function NumberedText(props: { text: string }) {
  const lines = createMemo(() => visibleLines(props.text));
  return (
    <span class={`${styles.text} ${styles.lines}`} dir="ltr" data-digits={digitsOf(lines().length)}>
      <For each={lines()}>
        {({ number, segments }) => <span data-line={number}>{segments.map(drawn)}</span>}
      </For>
    </span>
  );
}

function digitsOf(count: number): number {
  return count < 100 ? 2 : 5;
}

function drawn(segment: Segment) {
  if (segment.kind === "text") return segment.text;
  if (segment.kind === "right-to-left") return <bdi dir="rtl">{segment.text}</bdi>;
  return (
    <span
      class={styles.mark}
      role="img"
      aria-label={`${segment.text}, ${segment.name}`}
      title={segment.name}
      data-mark
    >
      {segment.text}
    </span>
  );
}

/** The same in HTML that a highlighter has made of code. */
export function visibleHtml(html: string): string {
  return visibleSegments(html).map(htmlOf).join("");
}

function htmlOf(segment: Segment): string {
  if (segment.kind === "text") return segment.text;
  if (segment.kind === "right-to-left") return `<bdi dir="rtl">${segment.text}</bdi>`;
  const label = `aria-label="${segment.text}, ${segment.name}" title="${segment.name}"`;
  return `<span class="${styles.mark}" role="img" ${label} data-mark>${segment.text}</span>`;
}
