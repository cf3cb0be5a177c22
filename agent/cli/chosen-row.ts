/** Finds what a person names by the beginning of its id, or by its whole name. */
import { terminalLine } from "../shared/terminal-safe";
import { CommandFailed } from "./command";

/** Throws CommandFailed where nothing, or more than one, is meant. `noun`: what it is; `list`: the command that lists them. */
export function chosenRow<Row extends { id: string; name?: string }>(
  rows: readonly Row[],
  named: string,
  { noun, list }: { noun: string; list: string },
): Row {
  const exact = rows.filter(({ id, name }) => id === named || name === named);
  const found = exact.length > 0 ? exact : rows.filter(({ id }) => typable(id).startsWith(named));
  const [row] = found;
  if (row !== undefined && found.length === 1) return row;
  const words = row === undefined ? "There is no" : "There is more than one";
  throw new CommandFailed(`${words} ${noun} “${terminalLine(named)}”. “${list}” lists them.`);
}

/** Enough of it to tell it from others, as it is shown and can be typed. */
export function shortId(id: string): string {
  return typable(id).slice(0, 8);
}

/** At the beginning of a word, a dash would name a flag. */
function typable(id: string): string {
  return id.replace(/^-+/, "");
}
