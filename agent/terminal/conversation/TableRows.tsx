/** @jsxImportSource @opentui/solid */
/** A table of Markdown: columns as wide as their cells, or narrower where they do not fit, whose cells wrap. */
import type { Tokens } from "marked";
import { createMemo, Index } from "solid-js";
import { colors } from "../theme";
import { useColumnWidth } from "./column-width";
import { inlinePieces } from "./inline-pieces";
import { type Piece, plainText } from "./pieces";
import { Words } from "./Words";

/** What the conversation needs beside a table. */
const besideColumns = 8;
/** Between two columns. */
const gap = 2;
const minWidth = 3;
/** The rest of a longer one is counted. */
const maxRows = 200;

export function TableRows(props: { table: Tokens.Table }) {
  const available = useColumnWidth();
  const columns = createMemo(() => mostColumns(available() - besideColumns));
  const head = createMemo(() =>
    props.table.header.slice(0, columns()).map((cell) => cellPieces(cell, true)),
  );
  const rows = createMemo(() =>
    props.table.rows
      .slice(0, maxRows)
      .map((row) => row.slice(0, columns()).map((cell) => cellPieces(cell, false))),
  );
  const widths = createMemo(() =>
    fitted(naturalWidths([head(), ...rows()]), available() - besideColumns),
  );
  const more = () =>
    [
      count(props.table.rows.length - rows().length, "rows"),
      count(props.table.header.length - head().length, "columns"),
    ].filter((words) => words !== "");
  return (
    <box flexDirection="column" flexShrink={0}>
      <Row cells={head()} widths={widths()} />
      <box
        border={["top"]}
        borderColor={colors.border}
        height={1}
        width={widths().reduce((sum, width) => sum + width + gap, -gap)}
      />
      <Index each={rows()}>{(row) => <Row cells={row()} widths={widths()} />}</Index>
      {more().length > 0 && (
        <Words pieces={[{ text: `and ${more().join(" and ")}`, color: "muted" }]} />
      )}
    </box>
  );
}

function count(left: number, kind: string): string {
  return left > 0 ? `${left.toLocaleString("en")} more ${kind}` : "";
}

/** As many as fit, each at its narrowest. */
function mostColumns(available: number): number {
  return Math.max(1, Math.floor((available + gap) / (minWidth + gap)));
}

function Row(props: { cells: Piece[][]; widths: number[] }) {
  return (
    <box flexDirection="row" columnGap={gap} flexShrink={0}>
      <Index each={props.cells}>
        {(cell, index) => <Words pieces={cell()} width={props.widths[index] ?? minWidth} />}
      </Index>
    </box>
  );
}

function cellPieces(cell: Tokens.TableCell, bold: boolean): Piece[] {
  return inlinePieces(cell.tokens, { bold });
}

function naturalWidths(rows: Piece[][][]): number[] {
  const columns = rows[0]?.length ?? 0;
  return Array.from({ length: columns }, (_, column) =>
    Math.max(minWidth, ...rows.map((row) => Bun.stringWidth(plainText(row[column] ?? [])))),
  );
}

/** The widest columns give way first, until all of them fit into `available`. */
export function fitted(widths: number[], available: number): number[] {
  const room = Math.max(widths.length * minWidth, available - gap * (widths.length - 1));
  const result = [...widths];
  let over = result.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = Math.max(...result);
    const second = Math.max(minWidth, ...result.filter((width) => width < widest));
    const at = result.flatMap((width, index) => (width === widest ? [index] : []));
    const step = Math.min(widest - second, Math.ceil(over / at.length)) || 1;
    if (widest <= minWidth) break;
    for (const index of at) result[index] = Math.max(minWidth, widest - step);
    over = result.reduce((sum, width) => sum + width, 0) - room;
  }
  return result;
}
