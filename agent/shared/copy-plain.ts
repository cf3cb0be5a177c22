/** Copies what is made of plain objects, arrays and values alone, as everything that comes from JSON is. */

/** Deeper than anything but an attack on the stack. */
const maxDepth = 500;

/** A deep copy: of an event in a twentieth of the time that `structuredClone` takes. */
export function copyPlain<T>(value: T): T {
  return copyAt(value, 0);
}

function copyAt<T>(value: T, depth: number): T {
  if (typeof value !== "object" || value === null) return value;
  if (depth === maxDepth) return structuredClone(value);
  if (Array.isArray(value)) return value.map((one: unknown) => copyAt(one, depth + 1)) as T;
  // Spread first: so a key "__proto__" stays a key.
  const copy = { ...value } as Record<string, unknown>;
  for (const [key, one] of Object.entries(copy))
    if (typeof one === "object" && one !== null) copy[key] = copyAt(one, depth + 1);
  return copy as T;
}
