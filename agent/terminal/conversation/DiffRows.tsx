/** @jsxImportSource @opentui/solid */
/** The lines of a change, coloured: the first ones, and the rest on demand. */
import { createMemo, createSignal, createUniqueId, Show } from "solid-js";
import { amountOf, beginningOf } from "../../client/state/beginning";
import { type DiffLine, signs } from "../../client/state/diff-lines";
import { Card } from "./Card";
import type { Piece } from "./pieces";
import { Words } from "./Words";

/** The most lines that are drawn of a change that has been made. */
const maxLines = 600;

export function DiffRows(props: { lines: DiffLine[]; first?: number }) {
  const id = createUniqueId();
  const [isOpen, setOpen] = createSignal(false);
  const texts = createMemo(() => props.lines.map(({ text }) => text));
  const first = () => props.first ?? 14;
  const beginning = createMemo(() => beginningOf(texts(), first()));
  const isFolded = () => beginning() !== texts();
  const shown = createMemo(() => {
    if (!isFolded()) return props.lines;
    if (isOpen()) return props.lines.slice(0, maxLines);
    return beginning().map((text, index) => ({ ...props.lines[index]!, text }));
  });
  const more = () => (isOpen() ? props.lines.length - shown().length : 0);
  return (
    <>
      <Words pieces={diffPieces(shown(), false)} wrap="char" />
      <Show when={isFolded()}>
        <Card
          id={id}
          head={[
            {
              text: isOpen() ? "Show less" : `Show all ${amountOf(texts(), first())}`,
              color: "muted",
            },
          ]}
          actions={[
            { key: "Enter", label: isOpen() ? "fold" : "open", run: () => setOpen(!isOpen()) },
          ]}
        />
      </Show>
      <Show when={more() > 0}>
        <Words pieces={[{ text: `${more().toLocaleString("en")} more lines`, color: "muted" }]} />
      </Show>
    </>
  );
}

export function diffPieces(lines: readonly DiffLine[], exact: boolean): Piece[] {
  return lines.flatMap(({ kind, text }, index) => [
    { text: signs[kind], ...looks[kind], ...signLooks[kind] },
    { text: `${text}${index < lines.length - 1 ? "\n" : ""}`, exact, ...looks[kind] },
  ]);
}

const signLooks = {
  added: { color: "good", bold: true },
  removed: { color: "bad", bold: true },
  same: {},
  note: {},
} as const;

const looks = {
  added: { background: "added" },
  removed: { background: "removed" },
  same: {},
  note: { color: "muted" },
} as const;
