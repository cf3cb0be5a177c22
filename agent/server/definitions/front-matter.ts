/** The front matter of a Markdown file, as other programs write it: YAML, and where it is none, lines of `key: value`. */
import { z } from "zod";

export interface FrontMatter {
  /** All keys, also of what is no field. */
  keys: Set<string>;
  /** Only texts, numbers, yes and no, lists of texts, and records of texts, yes and no. */
  fields: Map<string, Field>;
  /** What follows it, without blank lines at either end. */
  body: string;
  /** What of it is not used, in sentences. */
  notes: string[];
}

export type Field = string | string[] | Record<string, boolean | string>;

const maxCharacters = 16_000;

/** Never throws. */
export function readFrontMatter(text: string): FrontMatter {
  const whole = text.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
  if (!/^---[ \t]*\n/.test(whole))
    return { keys: new Set(), fields: new Map(), body: whole.trim(), notes: [] };
  const start = whole.indexOf("\n") + 1;
  const end = /^---[ \t]*$/m.exec(whole.slice(start, start + maxCharacters));
  if (end === null)
    return {
      keys: new Set(),
      fields: new Map(),
      body: "",
      notes: ["Its front matter has no end (---) within 16,000 characters, so nothing is used."],
    };
  const matter = whole.slice(start, start + end.index);
  const body = whole.slice(start + end.index + end[0].length).trim();
  const read = fieldsOf(matter);
  return { ...read, body };
}

/** What of these it has, in one sentence; none when it has none. */
export function unusedNote({ keys }: Pick<FrontMatter, "keys">, names: string[]): string[] {
  const found = names.filter((name) => keys.has(name));
  return found.length === 0 ? [] : [`What it says of ${found.join(", ")} is not used.`];
}

function fieldsOf(matter: string): Omit<FrontMatter, "body"> {
  const value = yaml(matter);
  if (value === undefined) {
    const fields = linesOf(matter);
    const notes = ["Its front matter is no YAML, so it is read line by line."];
    return { keys: new Set(fields.keys()), fields, notes };
  }
  const fields = new Map<string, Field>();
  for (const [key, given] of Object.entries(value)) {
    const field = fieldSchema.safeParse(given);
    if (field.success) fields.set(key, field.data);
  }
  return { keys: new Set(Object.keys(value)), fields, notes: [] };
}

const scalar = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** Flat: what is deeper, or in a circle, is dropped; of a record in a record what it says of all (`*`) stays. */
const fieldSchema: z.ZodType<Field> = z.union([
  scalar,
  z.null().transform(() => ""),
  z.array(scalar).max(200),
  z.record(
    z.string(),
    z.union([
      z.boolean(),
      z.string(),
      z.object({ "*": z.string() }).transform((inner) => inner["*"]),
      z.unknown().transform(() => ""),
    ]),
  ),
]);

/** Undefined when it is no YAML, or no record. */
function yaml(matter: string): object | undefined {
  try {
    const value: unknown = Bun.YAML.parse(matter);
    if (value === null) return {};
    return typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined; // it is read line by line
  }
}

/** Top-level keys; a list below one is its value, separated by commas, and keys below one are its record. */
function linesOf(matter: string): Map<string, string | Record<string, boolean | string>> {
  const fields = new Map<string, string | Record<string, boolean | string>>();
  let last = "";
  for (const line of matter.split("\n")) {
    const [, key, rest = ""] = /^([\w-]{1,100}):(.*)$/.exec(line) ?? [];
    const item = /^\s*-\s+(.*)$/.exec(line)?.[1];
    const [, inner, value = ""] = /^\s+(["']?[\w*-]{1,100}["']?):(.*)$/.exec(line) ?? [];
    const had = fields.get(last);
    if (key !== undefined) fields.set((last = key), unquoted(rest.trim()));
    else if (typeof had === "string" && item !== undefined)
      fields.set(last, [had, unquoted(item.trim())].filter(Boolean).join(", "));
    else if (inner !== undefined && (had === "" || typeof had === "object"))
      fields.set(last, {
        ...(typeof had === "object" && had),
        [unquoted(inner)]: yesOrText(unquoted(value.trim())),
      });
  }
  return fields;
}

function yesOrText(text: string): boolean | string {
  return text === "true" || (text !== "false" && text);
}

function unquoted(text: string): string {
  return /^(["']).*\1$/.test(text) && text.length > 1 ? text.slice(1, -1) : text;
}
