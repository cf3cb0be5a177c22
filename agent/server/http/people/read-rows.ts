/**
 * Rows that a person's server answers with. It is theirs to change: however many it sends, and whatever they are, no stop waits
 * long for them to be parsed.
 */
import type { z } from "zod";
import { TimeSlice } from "../../time-slice";
import { cutJson } from "./cut-json";

/** In characters: of what is none, the schema takes up to 2 ms for each 1,000. */
export const longestRow = 10_000;

/** One for all, or the slices of many that are read at once would be a long one. */
export const listsSlice = new TimeSlice();

/** Of a list without a limit. */
const mostRows = 12_000;
/** Of those that are in a page besides: that are pinned, run, or have processes. */
const mostBesides = 1000;

/** How many rows one server's page may have. */
export function mostOfPage(limit: number | undefined): number {
  return limit === undefined ? mostRows : limit + mostBesides;
}

export interface Rows<Row> {
  row: z.ZodType<Row>;
  most: number;
}

/**
 * The object of an answer: `lists` row by row, and what else is in it as `rest` says. Undefined: it is no such object, or has more
 * rows, or a longer one.
 */
export async function readRows<Lists extends Record<string, unknown>, Rest extends object>(
  text: string,
  lists: { [Name in keyof Lists]: Rows<Lists[Name]> },
  rest: z.ZodType<Rest>,
): Promise<({ [Name in keyof Lists]: Lists[Name][] } & Rest) | undefined> {
  const read = new Map<string, unknown[]>();
  const others: string[] = [];
  try {
    for (const { name, kind, json } of cutJson(text, longestRow)) {
      await listsSlice.take(read);
      const wanted = Object.hasOwn(lists, name) ? lists[name] : undefined;
      if (wanted === undefined) {
        if (kind === "value") others.push(`${JSON.stringify(name)}:${json}`);
      } else if (kind === "list") read.set(name, []);
      else if (!add(read.get(name), wanted, json)) return undefined;
    }
    if (Object.keys(lists).some((name) => !read.has(name))) return undefined;
    const besides = others.join();
    if (besides.length > longestRow) return undefined;
    const { data } = rest.safeParse(JSON.parse(`{${besides}}`));
    return data && ({ ...data, ...Object.fromEntries(read) } as never);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The JSON of an object with a list, which may be long. */
export async function writeRows<Name extends string>(
  name: Name,
  { [name]: rows, ...rest }: Record<Name, readonly unknown[]> & object,
): Promise<string> {
  const written: string[] = [];
  for (const row of rows) {
    await listsSlice.take(written);
    written.push(JSON.stringify(row));
  }
  const members = [
    `${JSON.stringify(name)}:[${written.join()}]`,
    JSON.stringify(rest).slice(1, -1),
  ];
  return `{${members.filter((one) => one !== "").join()}}`;
}

function add(rows: unknown[] | undefined, { row, most }: Rows<unknown>, json: string): boolean {
  if (rows === undefined || rows.length === most) return false;
  const { success, data } = row.safeParse(JSON.parse(json));
  if (success) rows.push(data);
  return success;
}
