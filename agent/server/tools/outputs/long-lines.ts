/** The lines of an output as they are read on: a long one is several. */

export const maxLineCharacters = 2000;

export function outputLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.flatMap((line) => (line.length <= maxLineCharacters ? [line] : pieces(line)));
}

function pieces(line: string): string[] {
  const count = Math.ceil(line.length / maxLineCharacters);
  return Array.from({ length: count }, (_, nth) =>
    line.slice(nth * maxLineCharacters, (nth + 1) * maxLineCharacters),
  );
}
