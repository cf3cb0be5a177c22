/** What a service sent and Rein cannot use: validated where it comes in, and the end of that turn. */
import { z } from "zod";
import { bounds } from "./bounds";

/** `message` names what was wrong, for people: the second half of "Anthropic sent an answer that Rein cannot use: …". */
export class BadAnswerError extends Error {
  override readonly name = "BadAnswerError";
}

/**
 * The value as its schema says. Throws BadAnswerError with the place that does not fit; what stands there is not quoted. Its
 * values are counted first: a schema takes seconds, and a gigabyte, for a list of millions, which 8 MB can hold.
 */
export function validate<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.output<Schema> {
  requireFewValues(value);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path = [], message = "" } = parsed.error.issues[0] ?? {};
  const place = path.length === 0 ? "an event" : path.map(String).join(".");
  throw new BadAnswerError(`${place}: ${message}`.slice(0, 200));
}

/** Throws BadAnswerError beyond the bound; reads no further, and needs no stack: JSON may be as deep as it is long. */
export function requireFewValues(value: unknown): void {
  const open = [value];
  let left: number = bounds.eventValues;
  const take = (count: number) => {
    left -= count;
    if (left < 0) throw new BadAnswerError(`more than ${bounds.eventValues} values in an event`);
  };
  while (open.length > 0) {
    const one = open.pop();
    if (typeof one !== "object" || one === null) continue;
    if (Array.isArray(one)) take(one.length);
    for (const key in one) {
      if (!Array.isArray(one)) take(1);
      open.push((one as Record<string, unknown>)[key]);
    }
  }
}

type EventOf<Table extends Record<string, z.ZodType>> = {
  [Type in keyof Table]: { type: Type } & z.output<Table[Type]>;
}[keyof Table];

const typed = z.object({ type: z.string() });

/** An event by the schema that the table has for its type; undefined when it has none, for services add new ones. */
export function validateEvent<Table extends Record<string, z.ZodType>>(
  table: Table,
  value: unknown,
): EventOf<Table> | undefined {
  const { type } = validate(typed, value);
  if (!Object.hasOwn(table, type)) return undefined;
  return { ...(validate(table[type]!, value) as object), type } as EventOf<Table>;
}

/** The BadAnswerError in an error or its causes: an SDK puts what its fetch threw there. */
export function findBadAnswer(error: unknown): BadAnswerError | undefined {
  if (error instanceof BadAnswerError) return error;
  return error instanceof Error && error.cause !== undefined
    ? findBadAnswer(error.cause)
    : undefined;
}
