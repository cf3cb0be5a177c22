/** What a person types about an agent, read and written: its command line, its variables, its id. */
import type { EngineInfo } from "../../shared/protocol";
import { t } from "../../shared/translation";

/** As a shell splits words, with quotation marks and backslashes but nothing else. Undefined: one is not closed. */
export function splitCommandLine(text: string): string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (character === "\\" && quote !== "'" && i + 1 < text.length) word = (word ?? "") + text[++i];
    else if (character === quote) quote = undefined;
    else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      word ??= "";
    } else if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== undefined) return undefined;
  return word === undefined ? words : [...words, word];
}

/** Split again, it is the same command. */
export function joinedCommand(words: string[]): string {
  return words
    .map((word) => (/^[^\s'"\\]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}

/** A line each: NAME=value, or the name alone of one that is kept. What is wrong with it, as a sentence; else the changes. */
export function variableChanges(
  text: string,
  before: string[],
): Record<string, string | null> | string {
  const changes: Record<string, string | null> = Object.fromEntries(
    before.map((name) => [name, null]),
  );
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const at = line.indexOf("=");
    const name = (at < 0 ? line : line.slice(0, at)).trim();
    if (at >= 0) changes[name] = line.slice(at + 1);
    else if (before.includes(name)) delete changes[name];
    else return t("“{name}” has no value: write {name}=value.", { name });
  }
  return changes;
}

/** Made of the name; one that is taken gets a number. */
export function newOwnId(name: string, engines: EngineInfo[]): string {
  const words = name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const base = `own-${words.replaceAll(/^-|-$/g, "").slice(0, 30) || "agent"}`;
  const taken = new Set(engines.map(({ id }) => id));
  if (!taken.has(base)) return base;
  for (let n = 2; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`;
}
