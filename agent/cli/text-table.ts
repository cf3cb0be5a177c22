/** A table of text for a terminal. */

/** Every column but the last is as wide as its longest cell. On a terminal no line is wider than that. */
export function textTable(head: string[], rows: string[][]): string {
  // A terminal that has not been told its size says 0.
  const width = (process.stdout.isTTY && process.stdout.columns) || Infinity;
  const all = [head, ...rows];
  const widths = head.map((_, column) =>
    Math.max(...all.map((row) => Bun.stringWidth(row[column] ?? ""))),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) => cell + " ".repeat(widths[column]! - Bun.stringWidth(cell)))
        .join("  ")
        .trimEnd(),
    )
    .map((line) => (Bun.stringWidth(line) > width ? cut(line, width) : line))
    .join("\n");
}

function cut(line: string, width: number): string {
  let end = Math.min(line.length, width);
  while (Bun.stringWidth(line.slice(0, end)) > width - 1) end--;
  return `${line.slice(0, end)}…`;
}
