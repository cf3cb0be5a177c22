/** How much of a long text is shown before a person asks for the rest. */
import { truncate } from "../../shared/truncate";
import { t, tn } from "../../shared/translation";

export const maxLines = 200;
export const maxCharacters = 20_000;

/** The first lines, at most `lines` of them and `maxCharacters` in all; the same array when that is everything. */
export function beginningOf(all: string[], lines = maxLines): string[] {
  let characters = 0;
  for (const [index, line] of all.entries()) {
    if (index === lines) return all.slice(0, lines);
    const room = maxCharacters - characters;
    if (line.length > room) return [...all.slice(0, index), truncate(line, room)];
    characters += line.length + 1;
  }
  return all;
}

/** "1,234 lines"; of a few very long lines, their characters. `lines` as above. */
export function amountOf(all: string[], lines = maxLines): string {
  if (all.length > lines) return tn(all.length, "{count} line", "{count} lines");
  const characters = all.reduce((sum, line) => sum + line.length + 1, -1);
  return tn(characters, "{count} character", "{count} characters");
}

/** Said of a question in any face. */
export function notShownWords(): string {
  return t("It can be allowed once all of it was on the screen");
}
