/** What of the chosen options a Gemini model takes, and how the API is told. */
import { type GenerateContentConfig, type ServiceTier, ThinkingLevel } from "@google/genai";
import { defined } from "../../../shared/defined";
import { takenOptions } from "../../../shared/model-options";
import type { AllowedOptions, Effort } from "../../../shared/protocol";
import type { ModelRequest } from "../provider";
import { generationOf } from "./gemini-models";

/** What the list says of a model. */
interface Listed {
  thinking?: boolean | null | undefined;
  maxTemperature?: number | null | undefined;
  outputTokenLimit?: number | null | undefined;
}

/**
 * Gemini 2.5 has budgets, of which only Pro refuses none; later models have levels, of which none turns thinking off.
 * Undefined when neither the name nor the list says whether the model thinks.
 * Source: the page "Gemini thinking" of Google's documentation, November 2026.
 */
export function geminiAllows(model: string, listed: Listed = {}): AllowedOptions | undefined {
  const thinks = listed.thinking ?? (knowsThinking(model) ? thinksByName(model) : undefined);
  if (thinks === undefined) return undefined;
  return defined({
    efforts: thinks ? effortsOf(model) : [],
    maxTemperature: listed.maxTemperature ?? 2,
    maxOutputTokens: listed.outputTokenLimit || (thinksByName(model) ? 65_536 : 8192),
    serviceTiers: ["standard", "flex", "priority"],
  });
}

/** What was chosen, as far as the model is known to take it. Models that do not think refuse a thinkingConfig. */
export function optionFields({ model, options: chosen }: ModelRequest): GenerateContentConfig {
  const { effort, temperature, maxOutputTokens, serviceTier } = takenOptions(
    chosen,
    geminiAllows(model),
  ).options;
  const thinks = thinksByName(model) || effort !== undefined;
  return defined({
    temperature,
    maxOutputTokens,
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- a tier that is not in the SDK's list is Google's to refuse
    serviceTier: serviceTier as ServiceTier | undefined,
    thinkingConfig: thinks
      ? { includeThoughts: effort !== "off", ...amountOf(model, effort) }
      : undefined,
  });
}

const budgets: Record<Effort, number> = { off: 0, low: 2048, medium: 8192, high: 24_576 };

/** No level turns thinking off. */
const levels: Record<Effort, ThinkingLevel> = {
  off: ThinkingLevel.MINIMAL,
  low: ThinkingLevel.LOW,
  medium: ThinkingLevel.MEDIUM,
  high: ThinkingLevel.HIGH,
};

function amountOf(model: string, effort: Effort | undefined) {
  if (effort === undefined) return {};
  if (hasBudgets(model)) return { thinkingBudget: budgets[effort] };
  return { thinkingLevel: levels[effort] };
}

function effortsOf(model: string): Effort[] {
  if (model.startsWith("gemini-3-pro")) return ["low", "high"];
  const graded: Effort[] = ["low", "medium", "high"];
  return hasBudgets(model) && !model.includes("pro") ? ["off", ...graded] : graded;
}

function hasBudgets(model: string): boolean {
  return generationOf(model) === 2.5;
}

function knowsThinking(model: string): boolean {
  return generationOf(model) !== undefined;
}

function thinksByName(model: string): boolean {
  return (generationOf(model) ?? 0) >= 2.5;
}
