/** The input of a tool call as the model wrote it, read as JSON that Rein can keep, show and send back. */
import { bounds } from "./bounds";

/** The parsed input; undefined when what the model wrote cannot be used. No input at all means an empty one. */
export function parseInput(json: string): unknown {
  if (json.trim() === "") return {};
  try {
    const input: unknown = JSON.parse(json);
    return isUsable(input) ? input : undefined;
  } catch (error) {
    // Too deep for the parser.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Whether parsed JSON can be stored and sent: not nested too deeply, and without halves of surrogate pairs. */
export function isUsable(value: unknown, depth: number = bounds.inputDepth): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return (
    depth > 0 &&
    Object.entries(value).every(([key, one]) => key.isWellFormed() && isUsable(one, depth - 1))
  );
}

/** Whether it is an object of JSON, and no list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
