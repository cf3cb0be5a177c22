/** What follows the name of a prompt: `key=value`, or values in the order of its arguments; quotes hold white space together. */

/** By the names of its arguments. Values beyond the last argument belong to that, as they were typed but for white space between them. */
export function promptArguments(typed: string, names: readonly string[]): Record<string, string> {
  const values = new Map<string, string>();
  const others: string[] = [];
  for (const word of argumentWords(typed)) {
    const name = names.find((one) => word.startsWith(`${one}=`));
    if (name === undefined || values.has(name)) others.push(word);
    else values.set(name, word.slice(name.length + 1));
  }
  const open = names.filter((name) => !values.has(name));
  for (const [index, name] of open.entries()) {
    const isLast = index === open.length - 1;
    const value = isLast ? others.slice(index).join(" ") : (others[index] ?? "");
    if (value !== "") values.set(name, value);
  }
  return Object.fromEntries(values);
}

/** Without their quotes; one that is not closed is a character like others. */
export function argumentWords(typed: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let hasOpenQuote = false;
  for (let at = 0; at < typed.length; at++) {
    const character = typed.charAt(at);
    if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    const end = character === '"' && !hasOpenQuote ? endOfQuote(typed, at + 1) : -1;
    if (character === '"' && end === -1) hasOpenQuote = true;
    const written = end === -1 ? character : unescaped(typed.slice(at + 1, end));
    word = (word ?? "") + written;
    if (end !== -1) at = end;
  }
  return word === undefined ? words : [...words, word];
}

function endOfQuote(typed: string, start: number): number {
  for (let at = start; at < typed.length; at++) {
    if (typed.charAt(at) === '"') return at;
    if (typed.charAt(at) === "\\") at++;
  }
  return -1;
}

function unescaped(quoted: string): string {
  return quoted.replaceAll(/\\([\s\S])/g, "$1");
}
