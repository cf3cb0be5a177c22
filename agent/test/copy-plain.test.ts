/** A copy of plain data is equal, shares nothing, and survives what hostile JSON can hold. */
import { expect, test } from "bun:test";
import { assert, jsonValue, property } from "fast-check";
import { copyPlain } from "../shared/copy-plain";

test("whatever JSON can say is copied, and nothing of it is shared", () => {
  assert(
    property(jsonValue({ maxDepth: 5 }), (value) => {
      const copy = copyPlain(value);
      expect(copy).toEqual(value);
      expect(sharesNothing(copy, value)).toBe(true);
    }),
  );
});

test("a key “__proto__” stays a key, and no prototype is changed", () => {
  const copy = copyPlain(
    JSON.parse('{"__proto__":{"a":{"b":1}},"c":2}') as Record<string, unknown>,
  );
  expect(Object.keys(copy)).toEqual(["__proto__", "c"]);
  expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
  expect(JSON.stringify(copy)).toBe('{"__proto__":{"a":{"b":1}},"c":2}');
});

test("twenty thousand levels do not end the stack", () => {
  const depth = 20_000;
  const deep = JSON.parse("[".repeat(depth) + "]".repeat(depth)) as unknown[];
  let levels = 0;
  for (let at: unknown = copyPlain(deep); Array.isArray(at); at = at[0]) levels++;
  expect(levels).toBe(depth);
});

function sharesNothing(copy: unknown, value: unknown): boolean {
  if (typeof copy !== "object" || copy === null) return true;
  if (copy === value) return false;
  return Object.entries(copy).every(([key, one]) =>
    sharesNothing(one, (value as Record<string, unknown>)[key]),
  );
}
