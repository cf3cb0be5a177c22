/** @jsxImportSource @opentui/solid */
/** A text whole, or when it is very long its beginning, with a card that shows all of it. */
import { createMemo, createSignal, createUniqueId, Show } from "solid-js";
import { amountOf, beginningOf } from "../../client/state/beginning";
import { Card } from "./Card";
import type { Look } from "./pieces";
import { Words } from "./Words";

/** The most lines that are drawn of an opened one: the time that they take grows with them. */
const mostLines = 3000;

export interface FoldedRowsProps {
  text: string;
  look?: Look;
  /** How many lines are shown at first. */
  lines?: number;
  isProse?: boolean;
}

export function FoldedRows(props: FoldedRowsProps) {
  const id = createUniqueId();
  const [isOpen, setOpen] = createSignal(false);
  const lines = createMemo(() => props.text.replace(/\n$/, "").split("\n"));
  const beginning = createMemo(() => beginningOf(lines(), props.lines));
  const isFolded = () => beginning() !== lines();
  const shown = () => (isFolded() && !isOpen() ? beginning() : lines().slice(0, mostLines));
  const more = () => (isOpen() ? lines().length - shown().length : 0);
  return (
    <>
      <Words
        pieces={[
          {
            ...props.look,
            prose: props.isProse ?? false,
            text: shown().join("\n"),
          },
        ]}
        wrap={props.isProse ? "word" : "char"}
      />
      <Show when={more() > 0}>
        <Words pieces={[{ text: `${more().toLocaleString("en")} more lines`, color: "muted" }]} />
      </Show>
      <Show when={isFolded()}>
        <Card
          id={id}
          head={[
            {
              text: isOpen() ? "Show less" : `Show all ${amountOf(lines(), props.lines)}`,
              color: "muted",
            },
          ]}
          actions={[
            { key: "Enter", label: isOpen() ? "fold" : "open", run: () => setOpen(!isOpen()) },
          ]}
        />
      </Show>
    </>
  );
}
