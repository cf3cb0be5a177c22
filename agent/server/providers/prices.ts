/** Prices that the services' APIs do not state, as published in early November 2026. */
import type { ModelInfo } from "../../shared/protocol";

/** US dollars for a million tokens; undefined when this file does not know the model. Cache rates are not counted; models whose price depends on the prompt's length or on the date are left out. */
export function priceOf(model: string): ModelInfo["price"] {
  const prices = table[model.replace(version, "")];
  return prices && { input: prices[0], output: prices[1] };
}

/** A snapshot of a model costs what the model costs; another model with a similar name may not. */
const version = /(-\d{8}|-\d{4}-\d{2}-\d{2}|-latest|-0)$/;

/** Model id without its version: input, output. */
const table: Record<string, [input: number, output: number]> = {
  "claude-fable-5-1": [10, 50],
  "claude-fable-5": [10, 50],
  "claude-opus-5-5": [4, 20],
  "claude-opus-5": [5, 25],
  "claude-opus-4-8": [5, 25],
  "claude-opus-4-7": [5, 25],
  "claude-opus-4-6": [5, 25],
  "claude-opus-4-5": [5, 25],
  "claude-opus-4-1": [15, 75],
  "claude-opus-4": [15, 75],
  "claude-sonnet-5-5": [2, 10],
  "claude-sonnet-5": [2, 10],
  "claude-sonnet-4-6": [3, 15],
  "claude-sonnet-4-5": [3, 15],
  "claude-sonnet-4": [3, 15],
  "claude-haiku-4-5": [1, 5],
  "gpt-5.5": [5, 30],
  "gpt-5.5-pro": [30, 180],
  "gpt-5.4": [2.5, 15],
  "gpt-5.2": [1.75, 14],
  "gpt-5.1": [1.25, 10],
  "gpt-5": [1.25, 10],
  "gpt-5-mini": [0.25, 2],
  "gpt-5-nano": [0.05, 0.4],
  "gpt-4.1": [2, 8],
  "gpt-4.1-mini": [0.4, 1.6],
  "gpt-4.1-nano": [0.1, 0.4],
  "gpt-4o": [2.5, 10],
  "gpt-4o-mini": [0.15, 0.6],
  "gemini-2.5-flash": [0.3, 2.5],
  "gemini-2.5-flash-lite": [0.1, 0.4],
};
