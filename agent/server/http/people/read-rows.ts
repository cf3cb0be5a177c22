/**
 * Rows that a person's server answers with. It is theirs to change: however many it sends, and whatever they are, no stop waits
 * long for them to be parsed.
 */
import { z } from "zod";
import { TimeSlice } from "../../time-slice";
import { cutJson } from "./cut-json";

/** In characters: of what is none, the schema takes up to 2 ms for each 1,000. */
export const longestRow = 10_000;

/** Of one whose only lists are `checkedList`s, which costs little: a session is shared with up to a thousand people. */
export const longestChecked = 500_000;

/** A list that is none from its first wrong element on: a schema of lists names what is wrong in each. */
export function checkedList<Element>(element: z.ZodType<Element>): z.ZodType<Element[]> {
  return z.custom<Element[]>(
    (value) => Array.isArray(value) && value.every((one) => element.safeParse(one).success),
  );
}

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
  /** Of one row, in characters; by default that of the rest. */
  longest?: number;
}

/**
 * The object of an answer: `lists` row by row, and what else is in it as `rest` says. Undefined: it is no such object, or has more
 * rows, or a longer one, or the rest of it is longer than `longest`, in characters.
 */
export async function readRows<Lists extends Record<string, unknown>, Rest extends object>(
  text: string,
  lists: { [Name in keyof Lists]: Rows<Lists[Name]> },
  rest: z.ZodType<Rest>,
  longest = longestRow,
): Promise<({ [Name in keyof Lists]: Lists[Name][] } & Rest) | undefined> {
  const read = new Map<string, unknown[]>();
  const others: string[] = [];
  let left = longest;
  const all: Rows<unknown>[] = Object.values(lists);
  const longestOfAll = Math.max(longest, ...all.map((one) => one.longest ?? 0));
  try {
    for (const { name, kind, json } of cutJson(text, longestOfAll)) {
      await listsSlice.take(read);
      const wanted = Object.hasOwn(lists, name) ? lists[name] : undefined;
      if (wanted === undefined) {
        if (kind !== "value") continue;
        left -= name.length + json.length + 4;
        if (left < 0) return undefined;
        others.push(`${JSON.stringify(name)}:${json}`);
      } else if (kind === "list") read.set(name, []);
      else if (json.length > (wanted.longest ?? longest)) return undefined;
      else if (!add(read.get(name), wanted, json)) return undefined;
    }
    if (Object.keys(lists).some((name) => !read.has(name))) return undefined;
    const { data } = rest.safeParse(JSON.parse(`{${others.join()}}`));
    return data && ({ ...data, ...Object.fromEntries(read) } as never);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The JSON of an object with a list, which may be long. */
export function writeRows<Name extends string>(
  name: Name,
  answer: Record<Name, readonly unknown[]> & object,
): ReadableStream<Uint8Array> {
  return writePieces(piecesOf(name, answer));
}

function* piecesOf<Name extends string>(
  name: Name,
  { [name]: rows, ...rest }: Record<Name, readonly unknown[]> & object,
): Generator<string> {
  yield `{${JSON.stringify(name)}:[`;
  for (const [at, row] of rows.entries()) yield (at === 0 ? "" : ",") + JSON.stringify(row);
  const besides = JSON.stringify(rest).slice(1, -1);
  yield besides === "" ? "]}" : `],${besides}}`;
}

/** In characters, what is sent at once. */
const sentAtOnce = 64_000;

/** A text whose pieces are made between other work, as it is read. */
export function writePieces(pieces: Iterator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        await listsSlice.take(pieces);
        let text = "";
        let next = pieces.next();
        for (; next.done !== true; next = pieces.next()) {
          text += next.value;
          if (text.length >= sentAtOnce) break;
        }
        if (text !== "") controller.enqueue(encoder.encode(text));
        if (next.done === true) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function add(rows: unknown[] | undefined, { row, most }: Rows<unknown>, json: string): boolean {
  if (rows === undefined || rows.length === most) return false;
  const { success, data } = row.safeParse(JSON.parse(json));
  if (success) rows.push(data);
  return success;
}
