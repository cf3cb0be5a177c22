/** What follows the name of a prompt: `key=value`, or values in the order of its arguments; quotes hold white space together. */

const token = /(?:[^\s"]|"(?:[^"\\]|\\[\s\S])*"|")+/g;

/** By the names of its arguments. Values beyond the last argument belong to that, as they were typed but for white space between them. */
export function promptArguments(typed: string, names: readonly string[]): Record<string, string> {
  const values = new Map<string, string>();
  const others: string[] = [];
  for (const [word] of typed.matchAll(token)) {
    const name = names.find((one) => word.startsWith(`${one}=`));
    if (name === undefined || values.has(name)) others.push(unquoted(word));
    else values.set(name, unquoted(word.slice(name.length + 1)));
  }
  const open = names.filter((name) => !values.has(name));
  for (const [index, name] of open.entries()) {
    const isLast = index === open.length - 1;
    const value = isLast ? others.slice(index).join(" ") : (others[index] ?? "");
    if (value !== "") values.set(name, value);
  }
  return Object.fromEntries(values);
}

function unquoted(word: string): string {
  return word.replaceAll(/"((?:[^"\\]|\\[\s\S])*)"/g, (_, inner: string) =>
    inner.replaceAll(/\\([\s\S])/g, "$1"),
  );
}
