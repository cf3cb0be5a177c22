/** A line of words as lines of a width: broken at spaces, and within a word only where that is longer than a line. */

export function wrapped(text: string, width: number): string[] {
  const most = Math.max(width, 20);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const joined = line === "" ? word : `${line} ${word}`;
    if (Bun.stringWidth(joined) <= most) {
      line = joined;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (Bun.stringWidth(line) > most) {
      lines.push(line.slice(0, most));
      line = line.slice(most);
    }
  }
  return [...lines, line];
}
