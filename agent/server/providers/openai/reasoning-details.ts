/**
 * OpenRouter's `reasoning_details`: pieces of reasoning that go back unchanged and in order, or else its makers' services
 * refuse the calls that followed (openrouter.ai/docs, "Preserving reasoning").
 */
import { sizeOf } from "../held-back";

export type ReasoningDetail = Record<string, unknown>;

/** What a stream sends in pieces; the rest of a piece replaces what the pieces before it said. */
const streamed = new Set(["text", "summary", "data", "signature"]);

/** A stream repeats the type and the index of a piece that it continues. */
export function mergeDetails(pieces: ReasoningDetail[]): ReasoningDetail[] {
  const merged: ReasoningDetail[] = [];
  for (const piece of pieces) addDetail(merged, piece);
  return merged;
}

/** Puts the next piece to those that are merged. Returns the characters by which they have grown. */
export function addDetail(merged: ReasoningDetail[], piece: ReasoningDetail): number {
  const last = merged.at(-1);
  if (last !== undefined && continues(last, piece)) return append(last, piece);
  merged.push({ ...piece });
  return sizeOf(piece);
}

/**
 * What may go back: text without its signature, as after a stop, would be refused by Anthropic and Google, and OpenRouter's
 * own client leaves it out too.
 */
export function sendableDetails(details: ReasoningDetail[]): ReasoningDetail[] {
  return details.filter(
    ({ type, signature, format }) =>
      type !== "reasoning.text" || signature || !/^(anthropic|google)/.test(formatOf(format)),
  );
}

function formatOf(format: unknown): string {
  return typeof format === "string" ? format : "anthropic";
}

/** Encrypted data comes whole, each with its own id; a text that has its signature is whole. */
function continues(last: ReasoningDetail, piece: ReasoningDetail): boolean {
  return (
    last["type"] === piece["type"] &&
    last["index"] === piece["index"] &&
    piece["type"] !== "reasoning.encrypted" &&
    !(last["signature"] && piece["text"]) &&
    (last["id"] ?? piece["id"]) === (piece["id"] ?? last["id"])
  );
}

function append(last: ReasoningDetail, piece: ReasoningDetail): number {
  let grown = 0;
  for (const [key, value] of Object.entries(piece)) {
    const before = last[key];
    if (streamed.has(key) && typeof value === "string" && typeof before === "string") {
      last[key] = before + value;
      grown += value.length;
    } else if (value !== null && value !== undefined && value !== before) {
      last[key] = value;
      grown += key.length + sizeOf(value);
    }
  }
  return grown;
}
