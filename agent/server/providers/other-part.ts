/** A part of an answer that Rein does not handle: a name and a line for people, and the part as it came where it fits. */
import type { PartMeta } from "../../shared/protocol";
import { bounds } from "./bounds";
import { isUsable } from "./call-input";
import type { ModelEvent } from "./provider";

/**
 * The events of such a part, which has ended. `raw` is kept for the service that sent it, unless it is too large or cannot be
 * stored; absent where the service does not need it. `text` is read from it unless it is given.
 */
export function* otherPart(
  provider: string,
  key: string,
  name: string,
  raw: object | undefined,
  text = describe(raw),
): Generator<ModelEvent> {
  const shown = name.replaceAll(/\p{C}/gu, "").slice(0, bounds.nameCharacters) || "other";
  yield { type: "part-start", key, part: "other", name: shown, text: lineOf(text) };
  const end = { type: "part-end" as const, key };
  yield raw === undefined ? end : { ...end, meta: metaOf(provider, raw) };
}

/** What an answer cites, as far as a line of text holds it. Services do not need it back. */
export class Citations {
  readonly #sources = new Set<string>();
  #characters = 0;

  add(cited: object[]): void {
    for (const one of cited) {
      if (this.#characters > bounds.lineCharacters) return;
      const source = sourceOf(one).slice(0, bounds.lineCharacters);
      if (source === "" || this.#sources.has(source)) continue;
      this.#sources.add(source);
      this.#characters += source.length;
    }
  }

  get sources(): string[] {
    return [...this.#sources];
  }

  /** All in one part; nothing when nothing was cited. */
  *part(provider: string): Generator<ModelEvent> {
    if (this.#sources.size === 0) return;
    yield* otherPart(provider, "citations", "citations", undefined, this.sources.join(" · "));
  }
}

function metaOf(provider: string, raw: object): PartMeta {
  const fits = isUsable(raw) && JSON.stringify(raw).length <= bounds.otherCharacters;
  return fits ? { provider, raw } : { provider };
}

/** Its title and its place; empty when it names neither. */
export function sourceOf(citation: object): string {
  const title = find(citation, ["title", "document_title", "filename"]);
  const place = find(citation, ["url", "uri", "file_id"]);
  return [title, place].filter((text) => text !== undefined).join(" ");
}

/** The first of these that is text: what was looked for, run or found. */
const telling = [
  ["query", "queries", "revised_prompt"],
  ["command", "commands", "code", "diff"],
  ["path", "url", "uri", "title", "filename", "file_id"],
  ["error_code", "error", "message"],
  ["stdout", "output", "text", "input", "model", "arguments"],
];

function describe(raw: object | undefined): string {
  for (const fields of telling) {
    const found = find(raw, fields);
    if (found !== undefined) return found;
  }
  return "";
}

/** Not deeper, and not further along a list: this only describes. */
const mostDepth = 5;
const mostEntries = 20;

function find(value: unknown, fields: string[], depth = mostDepth): string | undefined {
  if (typeof value !== "object" || value === null || depth === 0) return undefined;
  const entries = Object.entries(value).slice(0, mostEntries);
  for (const [key, one] of entries) {
    const text = fields.includes(key) ? textOf(one) : undefined;
    if (text !== undefined) return text;
  }
  for (const [, one] of entries) {
    const text = find(one, fields, depth - 1);
    if (text !== undefined) return text;
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  const words = Array.isArray(value) ? value.filter((one) => typeof one === "string") : [value];
  const text = words.filter((one) => typeof one === "string").join(" ");
  return text.trim() === "" ? undefined : text;
}

/** As one line of bounded length. */
export function lineOf(text: string): string {
  const line = text
    .slice(0, 4 * bounds.lineCharacters)
    .replaceAll(/\s+/g, " ")
    .trim();
  return (
    line.length > bounds.lineCharacters ? `${line.slice(0, bounds.lineCharacters)}…` : line
  ).toWellFormed();
}
