/** The forms in which services that speak Chat Completions take what was chosen, and what their models take. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { type AllowedOptions, type Effort, efforts } from "../../../shared/protocol";
import { effortNames } from "./openai-models";

/** How one service is told; what is absent is as at any other: `reasoning_effort` and `max_tokens`. */
export interface OptionForm {
  effort?(effort: Effort): object;
  maxTokens?: "max_completion_tokens";
  /** Undefined when nothing is known of the model. */
  allows?(model: string, listed: Listed): AllowedOptions | undefined;
}

/** What a list says of a model: OpenRouter's. What is of another type is left out. */
export const listedOptions = {
  supported_parameters: z.array(z.string()).optional().catch(undefined),
  reasoning: z
    .object({
      mandatory: z.boolean().catch(false),
      supported_efforts: z.array(z.string()).nullish().catch(undefined),
    })
    .nullish()
    .catch(undefined),
  top_provider: z
    .object({ max_completion_tokens: z.number().nullish() })
    .nullish()
    .catch(undefined),
};

const listed = z.object(listedOptions);
export type Listed = z.output<typeof listed>;

/** Thinking is on or off, and has no degrees. */
export const thinkingOnOrOff: OptionForm = {
  effort: (effort) => ({ thinking: { type: effort === "off" ? "disabled" : "enabled" } }),
};

export const openrouter: OptionForm = {
  effort: (effort) => ({ reasoning: { effort: effortNames[effort] } }),
  allows: (_model, found) => openrouterAllows(found),
};

/** `mandatory` refuses the effort `none`. Source: `ModelReasoning` in OpenRouter's documentation, November 2026. */
function openrouterAllows(found: Listed): AllowedOptions | undefined {
  const { supported_parameters: parameters, reasoning, top_provider } = found;
  if (parameters === undefined) return undefined;
  const names = reasoning?.supported_efforts;
  const isTaken = (effort: Effort) =>
    effort === "off" ? reasoning?.mandatory === false : (names?.includes(effort) ?? true);
  return defined({
    efforts: parameters.includes("reasoning") ? efforts.filter(isTaken) : [],
    maxTemperature: parameters.includes("temperature") ? 2 : undefined,
    maxOutputTokens: top_provider?.max_completion_tokens || undefined,
    serviceTiers: parameters.includes("service_tier") ? ["flex", "priority"] : [],
  });
}

/** Grok models refuse an effort that they do not have, also one at all. Source: xAI's page "Reasoning", November 2026. */
export function grokAllows(model: string): AllowedOptions | undefined {
  const rest = { maxTemperature: 2, serviceTiers: [] };
  if (model.startsWith("grok-4.3")) return { efforts: [...efforts], ...rest };
  if (model.startsWith("grok-3-mini")) return { efforts: ["low", "high"], ...rest };
  return /^grok-([23]|4(-|$|\.[012]))|^grok-code/.test(model)
    ? { efforts: [], ...rest }
    : undefined;
}
