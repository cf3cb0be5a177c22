/** The input of a call that Gemini sends in pieces, each with the path of a value. */
import { BadAnswerError } from "../bad-answer";
import type { HeldBack } from "../held-back";

export interface PartialArg {
  /** Such as `$.recipe.steps[2]` or `$['a key']`. */
  jsonPath: string;
  stringValue?: unknown;
  numberValue?: unknown;
  boolValue?: unknown;
  nullValue?: unknown;
}

/** Longer lists are no input of a tool. */
const mostEntries = 10_000;

/**
 * Puts the value into its place in `args`; text is added to the text that is there. Throws BadAnswerError for another path.
 * `held` counts what the input grows by.
 */
export function setPartialArg(
  args: Record<string, unknown>,
  piece: PartialArg,
  held: HeldBack,
): void {
  held.add(piece.jsonPath);
  const path = parsePath(piece.jsonPath);
  const last = path.pop();
  if (last === undefined) return;
  let place: object = args;
  for (const [at, key] of path.entries()) {
    const next = path[at + 1] ?? last;
    const found: unknown = read(place, key);
    const child =
      typeof found === "object" && found !== null ? found : typeof next === "number" ? [] : {};
    if (child !== found) write(place, key, child, held);
    place = child;
  }
  const before = read(place, last);
  const value = valueOf(piece);
  if (value === undefined) return;
  if (typeof value === "string") held.add(value);
  const isMore = typeof before === "string" && typeof value === "string";
  write(place, last, isMore ? before + value : value, held);
}

function valueOf({ stringValue, numberValue, boolValue, nullValue }: PartialArg): unknown {
  if (nullValue !== undefined) return null;
  return [stringValue, numberValue, boolValue].find((one) =>
    ["string", "number", "boolean"].includes(typeof one),
  );
}

function parsePath(jsonPath: string): (string | number)[] {
  const steps = /^\$((?:\.[^.[\]]+|\[\d+\]|\['[^']*'\]|\["[^"]*"\])*)$/.exec(jsonPath)?.[1];
  if (steps === undefined) throw new BadAnswerError("a piece of an input without its place");
  return [...steps.matchAll(/\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/g)].map(
    ([, name, index, quoted, other]) => {
      if (index === undefined) return name ?? quoted ?? other ?? "";
      if (Number(index) >= mostEntries) throw new BadAnswerError("a list that is too long");
      return Number(index);
    },
  );
}

function read(place: object, key: string | number): unknown {
  return Object.getOwnPropertyDescriptor(place, key)?.value;
}

/** Never through a prototype. What a list skips is `null,` in its JSON. */
function write(place: object, key: string | number, value: unknown, held: HeldBack): void {
  if (Array.isArray(place) && typeof key === "number")
    held.count("null,".length * Math.max(0, key - place.length));
  Object.defineProperty(place, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
