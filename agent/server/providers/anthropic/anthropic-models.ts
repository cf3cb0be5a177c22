/** What a Claude model accepts, read from its id, so that a request needs no look-up; an unknown model gets no special options. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { type AllowedOptions, type Effort, efforts } from "../../../shared/protocol";

export interface ClaudeTraits {
  /** Whether the id names a version that these rules know. */
  known: boolean;
  /** The output that is requested unless another was chosen; thinking counts towards it. */
  maxTokens: number;
  /** The most output that may be requested. */
  mostTokens: number;
  /** The model decides how much it thinks, or is given a budget, or is not asked to. */
  thinking: "adaptive" | "budget" | "unasked";
  /** How its thinking is turned off: by not asking for it, by one of these types, or not at all. */
  off: "unasked" | "disabled" | "between_tools" | "never";
  /** Whether it takes a temperature, which it then does only while it does not think. */
  temperature: boolean;
  /** Whether it binds a thinking block to everything that preceded it when it was written. */
  bindsThinking: boolean;
}

/**
 * Thinking budgets: Claude 3.7 to 4.5. Adaptive thinking: from 4.6, and 4.7 refuses budgets, and every temperature.
 * Binding: from 5.1. Fable, Mythos and Opus 5.5 always think; Sonnet 5.5 is told to think only between tools.
 * Source: the pages "Extended thinking", "Preserved thinking" and "Effort" of Anthropic's documentation, November 2026.
 */
export function claudeTraits(model: string): ClaudeTraits {
  const version = versionOf(model);
  const thinking =
    version === undefined || version < 3.7 ? "unasked" : version < 4.6 ? "budget" : "adaptive";
  return {
    known: version !== undefined,
    maxTokens: maxTokensOf(version),
    mostTokens: mostTokensOf(version),
    thinking,
    off: thinking === "adaptive" ? offOf(model, version!) : "unasked",
    temperature: version === undefined || version < 4.7,
    bindsThinking: version !== undefined && version >= 5.1,
  };
}

/** What can be chosen, by these rules and by what the service lists of the model; undefined when neither says. */
export function claudeAllows(
  model: string,
  listed: { efforts?: Effort[]; maxOutputTokens?: number },
): AllowedOptions | undefined {
  const traits = claudeTraits(model);
  if (!traits.known && listed.efforts === undefined) return undefined;
  return defined({
    efforts: listed.efforts ?? effortsOf(traits),
    maxTemperature: traits.known && traits.temperature ? 1 : undefined,
    temperatureNeedsOff: (traits.thinking !== "unasked" && traits.temperature) || undefined,
    maxOutputTokens: listed.maxOutputTokens ?? (traits.known ? traits.mostTokens : undefined),
    serviceTiers: ["auto", "standard_only"],
  });
}

function effortsOf({ thinking, off }: ClaudeTraits): Effort[] {
  if (thinking === "unasked") return [];
  return off === "never" ? ["low", "medium", "high"] : ["off", "low", "medium", "high"];
}

const can = z
  .object({ supported: z.boolean() })
  .transform(({ supported }) => supported)
  .catch(false);
/** Of a listed model what tells which efforts it takes. */
export const listedCapabilities = z
  .object({
    effort: z.object({ low: can, medium: can, high: can }),
    thinking: z.object({
      supported: z.boolean(),
      types: z.object({ adaptive: can, enabled: can, disabled: can, between_tools: can }),
    }),
  })
  .nullish()
  .catch(undefined);

/** Undefined when the list does not say. Every budget can be had where a model takes budgets, and none as well. */
export function listedEfforts(listed: z.output<typeof listedCapabilities>): Effort[] | undefined {
  if (!listed) return undefined;
  const { effort, thinking } = listed;
  const { adaptive, enabled, disabled, between_tools } = thinking.types;
  if (!thinking.supported) return [];
  return efforts.filter((one) => {
    if (one === "off") return disabled || between_tools || !adaptive;
    return adaptive ? effort[one] : enabled;
  });
}

/** `claude-opus-4-5-20251101` is 4.5, `claude-3-7-sonnet-latest` is 3.7, `claude-opus-4-20250514` is 4. */
function versionOf(model: string): number | undefined {
  const [, major, minor] = /^claude-(?:[a-z]+-)?(\d)(?:-(\d))?(?:-|$)/.exec(model) ?? [];
  return major === undefined ? undefined : Number(`${major}.${minor ?? 0}`);
}

/** Less than most models allow, but enough for a long file; older ones refuse more than they can. */
function maxTokensOf(version: number | undefined): number {
  if (version === undefined || version < 3.7)
    return version !== undefined && version < 3.5 ? 4096 : 8192;
  return version < 4.5 ? 32_000 : 64_000;
}

function mostTokensOf(version: number | undefined): number {
  if (version === undefined) return Infinity;
  return version < 4.6 ? maxTokensOf(version) : 128_000;
}

function offOf(model: string, version: number): ClaudeTraits["off"] {
  if (/fable|mythos/.test(model) || (version >= 5.5 && model.includes("opus"))) return "never";
  return version >= 5.5 && model.includes("sonnet") ? "between_tools" : "disabled";
}
