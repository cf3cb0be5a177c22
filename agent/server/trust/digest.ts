/** Names what a person is shown, so that an answer is for exactly that. */
import { createHash } from "node:crypto";

/** SHA-256 in hex. The order of fields does not count, that of a list does. */
export function digestOf(value: object): string {
  const text = JSON.stringify(value, (_, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
  return createHash("sha256").update(text).digest("hex");
}
