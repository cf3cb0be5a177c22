/** Absent and undefined mean the same on the wire and on disk: what is undefined is left out. */

type Defined<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** A shallow copy without the keys whose value is undefined. */
export function defined<T extends object>(value: T): Defined<T> {
  const result: Record<string, unknown> = {};
  for (const [key, one] of Object.entries(value))
    // Assigned, that name would set the prototype.
    if (one !== undefined && key !== "__proto__") result[key] = one;
  return result as Defined<T>;
}
