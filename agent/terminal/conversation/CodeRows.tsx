/** @jsxImportSource @opentui/solid */
/** A block of code: its lines as they are, highlighted once the highlighter has read them. */
import { createMemo, createResource, createSignal, createUniqueId, Show } from "solid-js";
import { highlight } from "../../client/markdown/highlight";
import { amountOf, beginningOf } from "../../client/state/beginning";
import { colors } from "../theme";
import { BarredRows } from "./BarredRows";
import { Card } from "./Card";
import { codePieces } from "./code-pieces";
import type { Piece } from "./pieces";
import { Words } from "./Words";

export interface CodeRowsProps {
  code: string;
  language: string;
  /** It is highlighted when it is complete. */
  isGrowing: boolean;
}

export function CodeRows(props: CodeRowsProps) {
  const id = createUniqueId();
  const [isOpen, setOpen] = createSignal(false);
  const code = createMemo(() => props.code);
  const lines = createMemo(() => code().split("\n"));
  const beginning = createMemo(() => beginningOf(lines()));
  const isFolded = () => beginning() !== lines();
  const shown = () => (isFolded() && !isOpen() ? beginning().join("\n") : code());
  const language = createMemo(() => props.language);
  const [highlighted] = createResource(
    () => !props.isGrowing && { code: shown(), language: language() },
    async ({ code, language }) => {
      const html = await highlight(code, language);
      return html === undefined ? undefined : { code, pieces: codePieces(html) };
    },
  );
  /** Of a code that has grown since, the one that was highlighted is old. */
  const pieces = (): Piece[] => {
    const latest = highlighted.latest;
    return latest?.code === shown() ? latest.pieces : [{ text: shown() }];
  };
  return (
    <BarredRows color={colors.border}>
      <Show when={props.language}>
        {(language) => <Words pieces={[{ text: language(), color: "muted" }]} wrap="none" />}
      </Show>
      <Words pieces={pieces()} wrap="char" />
      <Show when={isFolded()}>
        <Card
          id={id}
          head={[
            { text: isOpen() ? "Show less" : `Show all ${amountOf(lines())}`, color: "muted" },
          ]}
          actions={[
            { key: "Enter", label: isOpen() ? "fold" : "open", run: () => setOpen(!isOpen()) },
          ]}
        />
      </Show>
    </BarredRows>
  );
}
