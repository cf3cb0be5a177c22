/** How each service that speaks Chat Completions is told what was chosen, and what its models take. */
import { z } from "zod";
import { defined } from "../../../shared/defined";
import { takenOptions } from "../../../shared/model-options";
import { type AllowedOptions, type Effort, efforts } from "../../../shared/protocol";
import type { ModelRequest } from "../provider";
import { effortNames, openaiAllows } from "./openai-models";

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

/** Where requests go, and for which model. */
export interface Asked {
  baseUrl: string;
  model: string;
}

interface Dialect {
  /** Of the base URL. */
  address: RegExp;
  effort?(effort: Effort): object;
  maxTokens?: "max_completion_tokens";
  /** Undefined when nothing is known of the model. */
  allows?(model: string, listed: Listed): AllowedOptions | undefined;
}

/** Each documents its own fields; where the address is another's, `reasoning_effort` and `max_tokens` are sent. */
const dialects: Dialect[] = [
  {
    address: /\/\/openrouter\.ai\//,
    effort: (effort) => ({ reasoning: { effort: effortNames[effort] } }),
    allows: (_model, found) => openrouterAllows(found),
  },
  {
    address: /\/\/api\.openai\.com\/|\.openai\.azure\.com\//,
    maxTokens: "max_completion_tokens",
    allows: openaiAllows,
  },
  {
    address: /\/\/api\.deepseek\.com/,
    effort: switched,
    allows: () => ({ efforts: ["off", "high"], maxTemperature: 2, serviceTiers: [] }),
  },
  { address: /\.moonshot\.(ai|cn)\/|\/\/api\.z\.ai\/|\.bigmodel\.cn\//, effort: switched },
  {
    address: /\.aliyuncs\.com\//,
    effort: (effort) => ({ enable_thinking: effort !== "off" }),
  },
  { address: /\/\/api\.x\.ai\//, allows: grokAllows },
];

/** The allowances of a listed model. */
export function chatAllows({ baseUrl, model }: Asked, found: Listed): AllowedOptions | undefined {
  return dialectOf(baseUrl)?.allows?.(model, found);
}

/** What was chosen, as far as the model is known by its name to take it. */
export function optionFields(
  { model, options: chosen }: Pick<ModelRequest, "model" | "options">,
  baseUrl: string,
): object {
  const dialect = dialectOf(baseUrl);
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

function dialectOf(baseUrl: string): Dialect | undefined {
  return dialects.find(({ address }) => address.test(`${baseUrl}/`));
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
