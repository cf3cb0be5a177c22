/** @jsxImportSource @opentui/solid */
/** A text whole, or when it is very long its beginning, with a card that shows all of it. */
import { createMemo, createSignal, createUniqueId, Show } from "solid-js";
import { amountOf, beginningOf } from "../../client/state/beginning";
import { Card } from "./Card";
import type { Look } from "./pieces";
import { Words } from "./Words";

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
  return (
    <>
      <Words
        pieces={[
          {
            ...props.look,
            prose: props.isProse ?? false,
            text: (isFolded() && !isOpen() ? beginning() : lines()).join("\n"),
          },
        ]}
        wrap={props.isProse ? "word" : "char"}
      />
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
