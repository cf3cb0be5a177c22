/** What is typed in the palette: its first character may say where to look. */

export interface PaletteQuery {
  among: "all" | "commands" | "files" | "messages";
  words: string;
}

const prefixes: Record<string, PaletteQuery["among"]> = {
  ">": "commands",
  "@": "files",
  "#": "messages",
};

export function readQuery(typed: string): PaletteQuery {
  const text = typed.trimStart();
  const among = prefixes[text.charAt(0)];
  return among === undefined
    ? { among: "all", words: text.trim() }
    : { among, words: text.slice(1).trim() };
}

/**
 * How well a name fits the words, which must all be in it, without case and accents: 2 where it begins with them, 1 where
 * each begins a word of it, 0 where they are somewhere; -1 where one is not.
 */
export function fit(words: string, name: string): number {
  const [wanted, text] = [folded(words), folded(name)];
  if (wanted === "") return 0;
  if (text.startsWith(wanted)) return 2;
  const fits = wanted.split(/\s+/).map((word) => fitOfWord(word, text));
  return Math.min(...fits);
}

function fitOfWord(word: string, text: string): number {
  for (let at = text.indexOf(word); at !== -1; at = text.indexOf(word, at + 1))
    if (at === 0 || !/[\p{L}\p{N}]/u.test(text.charAt(at - 1))) return 1;
  return text.includes(word) ? 0 : -1;
}

function folded(text: string): string {
  return text.normalize("NFKD").replaceAll(/\p{M}/gu, "").toLowerCase();
}
