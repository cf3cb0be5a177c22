/** Lines with their numbers, coloured, inline or side by side; a press on a number opens a comment on the line, with Shift up to it. */
import {
  type Accessor,
  createEffect,
  createMemo,
  createSignal,
  Index,
  onCleanup,
  Show,
} from "solid-js";
import { t } from "../../shared/translation";
import { visibleHtml, VisibleText } from "../components/VisibleText";
import highlighted from "../markdown/highlighted.module.css";
import { highlightLines, languageOf } from "../markdown/highlight-lines";
import { type CodeLine, type LinePair, pairsOf } from "./code-lines";
import styles from "./CodeLines.module.css";
import { CommentForm } from "./CommentForm";
import { createLineComment } from "./line-comment";
import { whenIdle } from "./when-idle";

export interface CodeLinesProps {
  path: string;
  lines: CodeLine[];
  /** As they were, and as they are, beside each other. */
  isSplit?: boolean;
  /** They are a file's, and have one number each. */
  isPlain?: boolean;
  label: string;
}

export function CodeLines(props: CodeLinesProps) {
  const [current, setCurrent] = createSignal(0);
  const html = createColours(props);
  const comment = createLineComment(() => props);
  let block!: HTMLDivElement;
  const rows = createMemo((): LinePair[] =>
    props.isSplit ? pairsOf(props.lines) : props.lines.map((line) => oneSided(line)),
  );
  const isChosen = ({ at }: CodeLine) => comment.lines().some((line) => line.at === at);
  /** The form stands below the last of the chosen lines. */
  const hasForm = (row: LinePair) => {
    const last = comment.lines().at(-1)?.at;
    return last !== undefined && (row.now?.at === last || row.before?.at === last);
  };

  function choose(line: CodeLine, isRange: boolean): void {
    setCurrent(line.at);
    comment.choose(line, isRange);
  }

  function focusCurrent(): void {
    block.querySelector<HTMLElement>("button[tabindex='0']")?.focus();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (!(event.target instanceof HTMLButtonElement) || !event.target.matches("[data-line]"))
      return;
    const to = {
      ArrowDown: current() + 1,
      ArrowUp: current() - 1,
      Home: 0,
      End: props.lines.length - 1,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setCurrent(Math.min(Math.max(to, 0), props.lines.length - 1));
    focusCurrent();
  }

  const side = (line: Accessor<CodeLine | undefined>, isNow: boolean) => (
    <Show when={line()} fallback={<Empty />}>
      {(shown) => (
        <>
          <Show
            when={isNow || shown().kind !== "same"}
            fallback={
              <span class={styles.number} data-kind="same">
                <span>{shown().old}</span>
              </span>
            }
          >
            <button
              type="button"
              class={styles.number}
              data-line={shown().at}
              data-kind={kindOn(shown(), isNow, props.isSplit)}
              data-commented={comment.has(shown()) ? "" : undefined}
              tabindex={current() === shown().at ? 0 : -1}
              aria-label={labelOf(shown(), comment.has(shown()))}
              onClick={(event) => choose(shown(), event.shiftKey)}
            >
              <Show when={!props.isSplit && !props.isPlain}>
                <span>{shown().old}</span>
              </Show>
              <span>{props.isSplit && !isNow ? shown().old : shown().new}</span>
            </button>
          </Show>
          <code
            class={styles.text}
            data-kind={kindOn(shown(), isNow, props.isSplit)}
            data-chosen={isChosen(shown()) ? "" : undefined}
          >
            <Show when={html()?.[shown().at]} fallback={<VisibleText text={shown().text} />}>
              {(line) => <span innerHTML={visibleHtml(line())} />}
            </Show>
            <Show when={shown().isUnended}>
              <span class={styles.unended} title={t("No line end at the end of the file")}>
                {" ⌀"}
              </span>
            </Show>
          </code>
        </>
      )}
    </Show>
  );

  return (
    <div
      ref={block}
      class={`${styles.lines} ${highlighted.code}`}
      data-split={props.isSplit ? "" : undefined}
      data-plain={props.isPlain ? "" : undefined}
      role="group"
      aria-label={props.label}
      onKeyDown={onKeyDown}
    >
      {/* By their place: what is being written in a line's form stays there while the lines get other numbers. */}
      <Index each={rows()}>
        {(row) => (
          <>
            <Show when={props.isSplit}>{side(() => row().before, false)}</Show>
            {side(() => (props.isSplit ? row().now : (row().now ?? row().before)), true)}
            <Show when={hasForm(row())}>
              <CommentForm
                text={comment.text()}
                write={(text) => comment.write(text)}
                add={() => comment.add() && focusCurrent()}
                cancel={() => {
                  comment.cancel();
                  focusCurrent();
                }}
              />
            </Show>
          </>
        )}
      </Index>
    </div>
  );
}

function oneSided(line: CodeLine): LinePair {
  return line.kind === "removed" ? { before: line } : { now: line };
}

/** Beside each other, a line that is the same is so on both sides. */
function kindOn(line: CodeLine, isNow: boolean, isSplit = false): string {
  if (!isSplit || line.kind === "same") return line.kind;
  return isNow ? "added" : "removed";
}

function labelOf({ kind, old, new: now }: CodeLine, isCommented: boolean): string {
  const line = (kind === "removed" ? old : now) ?? 0;
  if (isCommented)
    return kind === "removed"
      ? t("Comment on removed line {line}, which has one", { line })
      : t("Comment on line {line}, which has one", { line });
  return kind === "removed"
    ? t("Comment on removed line {line}", { line })
    : t("Comment on line {line}", { line });
}

function Empty() {
  return (
    <>
      <span class={styles.number} data-kind="none" />
      <span class={styles.text} data-kind="none" />
    </>
  );
}

/** The lines as HTML once they are coloured, by where they stand. What was and what is are read apart. */
function createColours(props: CodeLinesProps) {
  const [html, setHtml] = createSignal<(string | undefined)[]>();
  createEffect(() => {
    const { lines, path } = props;
    setHtml(undefined);
    const aborted = new AbortController();
    onCleanup(() => aborted.abort());
    void whenIdle(aborted.signal).then(async () => {
      if (aborted.signal.aborted) return;
      const of = async (left: "added" | "removed") => {
        const side = lines.filter(({ kind }) => kind !== left);
        const coloured = await highlightLines(
          side.map(({ text }) => text).join("\n"),
          languageOf(path),
        );
        return new Map(side.map(({ at }, index) => [at, coloured?.[index]]));
      };
      const [now, before] = [await of("removed"), await of("added")];
      if (!aborted.signal.aborted) setHtml(lines.map(({ at }) => now.get(at) ?? before.get(at)));
    });
  });
  return html;
}
