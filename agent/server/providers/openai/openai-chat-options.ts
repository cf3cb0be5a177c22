/** How each service that speaks Chat Completions is told what was chosen, and what its models take. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { takenOptions } from "../../../shared/model-options";
import { type AllowedOptions, type Effort, efforts } from "../../../shared/protocol";
import type { ModelRequest } from "../provider";
import { effortNames, openaiAllows } from "./openai-models";
import { serviceName } from "./service-profiles";

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
type Listed = z.output<typeof listed>;

/** The provider, and where its requests go. */
interface Place {
  id: string;
  baseUrl: string;
}

interface Dialect {
  effort?(effort: Effort): object;
  maxTokens?: "max_completion_tokens";
  /** Undefined when nothing is known of the model. */
  allows?(model: string, listed: Listed): AllowedOptions | undefined;
}

/** By the service's name in service-profiles.ts; any other is sent `reasoning_effort` and `max_tokens`. */
const dialects: Record<string, Dialect> = {
  OpenAI: { maxTokens: "max_completion_tokens", allows: openaiAllows },
  OpenRouter: {
    effort: (effort) => ({ reasoning: { effort: effortNames[effort] } }),
    allows: (_model, found) => openrouterAllows(found),
  },
  xAI: { allows: grokAllows },
  DeepSeek: {
    effort: switched,
    allows: () => ({ efforts: ["off", "high"], maxTemperature: 2, serviceTiers: [] }),
  },
  "Moonshot AI": { effort: switched },
  "Z.ai": { effort: switched },
  "Alibaba Cloud": { effort: (effort) => ({ enable_thinking: effort !== "off" }) },
};

/** The allowances of a listed model. */
export function chatAllows(place: Place, model: string, found: Listed): AllowedOptions | undefined {
  return dialectAt(place)?.allows?.(model, found);
}

/** What was chosen, as far as the model is known by its name to take it. */
export function optionFields(
  { model, options: chosen }: Pick<ModelRequest, "model" | "options">,
  place: Place,
): object {
  const dialect = dialectAt(place);
  const { options } = takenOptions(chosen, dialect?.allows?.(model, {}));
  const { effort, temperature, maxOutputTokens, serviceTier } = options;
  return {
    ...defined({
      temperature,
      [dialect?.maxTokens ?? "max_tokens"]: maxOutputTokens,
      service_tier: serviceTier,
    }),
    ...(effort && (dialect?.effort?.(effort) ?? { reasoning_effort: effortNames[effort] })),
  };
}

function dialectAt({ id, baseUrl }: Place): Dialect | undefined {
  return dialects[serviceName(id, baseUrl) ?? ""];
}

/** Thinking is on or off, and has no degrees. */
function switched(effort: Effort): object {
  return { thinking: { type: effort === "off" ? "disabled" : "enabled" } };
}

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
function grokAllows(model: string): AllowedOptions | undefined {
  const rest = { maxTemperature: 2, serviceTiers: [] };
  if (model.startsWith("grok-4.3")) return { efforts: [...efforts], ...rest };
  if (model.startsWith("grok-3-mini")) return { efforts: ["low", "high"], ...rest };
  return /^grok-([23]|4(-|$|\.[012]))|^grok-code/.test(model)
    ? { efforts: [], ...rest }
    : undefined;
}
