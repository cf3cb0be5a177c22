/** The comment on some of these lines: begun at a line, taken up to another, written, and added to the next message. */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import { t } from "../../shared/translation";
import { useClient, useOpen } from "../state/client";
import { type LineComment, mostComments } from "../state/line-comments";
import { newId } from "../state/random-id";
import { type CodeLine, quoteOf, rangeOf } from "./code-lines";

export interface LineCommentState {
  /** The lines that it is on; none: no comment is being written. */
  lines: Accessor<readonly CodeLine[]>;
  text: Accessor<string>;
  /** `isRange`: from the line where it was begun. */
  choose(line: CodeLine, isRange: boolean): void;
  write(text: string): void;
  /** Returns whether there was room for it. */
  add(): boolean;
  cancel(): void;
  /** Whether the next message has a comment on this line, as it is now. */
  has(line: CodeLine): boolean;
}

/** Until the owner is disposed: what has been written by then is kept for the next message. */
export function createLineComment(
  shown: Accessor<{ path: string; lines: readonly CodeLine[] }>,
): LineCommentState {
  const { notices } = useClient();
  const { comments } = useOpen();
  const [chosen, setChosen] = createSignal<{ from: number; to: number }>();
  const [text, setText] = createSignal("");
  let id = newId();
  onCleanup(() => comments.keep(id));

  function lines(): readonly CodeLine[] {
    const range = chosen();
    if (range === undefined) return [];
    const { from, to } = range;
    return shown().lines.slice(Math.min(from, to), Math.max(from, to) + 1);
  }

  const comment = (): LineComment => ({
    id,
    path: shown().path,
    ...rangeOf(lines()),
    quote: quoteOf(lines()),
    text: text(),
  });

  function end(): void {
    setChosen(undefined);
    setText("");
    id = newId();
  }

  function write(written: string): void {
    setText(written);
    if (written.trim() === "") comments.remove(id);
    else comments.put({ ...comment(), isBegun: true });
  }

  return {
    lines,
    text,
    choose({ at }, isRange) {
      setChosen({ from: isRange ? (chosen()?.from ?? at) : at, to: at });
      write(text());
    },
    write,
    add() {
      const isAdded = comments.put({ ...comment(), text: text().trim() });
      if (isAdded) end();
      else notices.toast(t("A message takes at most {count} comments.", { count: mostComments }));
      return isAdded;
    },
    cancel() {
      comments.remove(id);
      end();
    },
    has: (line) =>
      comments.all().some(({ path, from, to, isOld, quote }) => {
        const number = isOld ? line.old : line.new;
        const isThere = path === shown().path && (!isOld || line.kind === "removed");
        return isThere && number !== undefined && from <= number && number <= to
          ? quote.includes(line.text)
          : false;
      }),
  };
}
