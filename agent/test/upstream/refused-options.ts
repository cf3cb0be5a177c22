/**
 * What the services refuse of a request's options, by model, in their own words. Written from their documentation and
 * recorded refusals, apart from the providers' rules: a model that is not named here is asked about nothing.
 */

interface ClaudeBody {
  messages: { role: string; content: string | { type: string }[] }[];
  max_tokens: number;
  thinking?: { type: string; budget_tokens?: number };
  output_config?: { effort?: string };
  temperature?: number;
  service_tier?: string;
}

interface ClaudeRule {
  name: RegExp;
  /** The types of thinking that it takes. */
  types: string[];
  effort: boolean;
  temperature: boolean;
  maxTokens: number;
}

const claudeRules: ClaudeRule[] = [
  {
    name: /opus-5-5|fable|mythos/,
    types: ["adaptive"],
    effort: true,
    temperature: false,
    maxTokens: 128_000,
  },
  {
    name: /sonnet-5-5/,
    types: ["adaptive", "between_tools"],
    effort: true,
    temperature: false,
    maxTokens: 128_000,
  },
  {
    name: /haiku-5-5|(opus|sonnet)-5$|-4-[78]/,
    types: ["adaptive", "disabled"],
    effort: true,
    temperature: false,
    maxTokens: 128_000,
  },
  {
    name: /-4-6/,
    types: ["adaptive", "disabled", "enabled"],
    effort: true,
    temperature: true,
    maxTokens: 128_000,
  },
  {
    name: /-4-5/,
    types: ["enabled", "disabled"],
    effort: false,
    temperature: true,
    maxTokens: 64_000,
  },
  {
    name: /opus-4|sonnet-4|-3-7/,
    types: ["enabled", "disabled"],
    effort: false,
    temperature: true,
    maxTokens: 32_000,
  },
  { name: /-3-5/, types: ["disabled"], effort: false, temperature: true, maxTokens: 8192 },
];

export function refuseClaudeOptions(body: unknown, model: string): string | undefined {
  const { messages, max_tokens, thinking, output_config, temperature, service_tier } =
    body as ClaudeBody;
  const thinks = thinking?.type === "enabled" || thinking?.type === "adaptive";
  if (temperature !== undefined && temperature > 1) return "temperature: range: 0..1";
  if (temperature !== undefined && temperature !== 1 && thinks)
    return "`temperature` may only be set to 1 when thinking is enabled or in adaptive mode.";
  if (service_tier !== undefined && !["auto", "standard_only"].includes(service_tier))
    return "service_tier: Input should be 'auto' or 'standard_only'";
  const rule = claudeRules.find(({ name }) => name.test(model));
  if (rule === undefined) return undefined;
  if (max_tokens > rule.maxTokens)
    return `max_tokens: ${max_tokens} > ${rule.maxTokens}, which is the maximum allowed number of output tokens for ${model}`;
  if (thinking !== undefined && !rule.types.includes(thinking.type))
    return `"thinking.type.${thinking.type}" is not supported for this model.`;
  if (output_config?.effort !== undefined && !rule.effort)
    return "This model does not support the effort parameter.";
  if (temperature !== undefined && !rule.temperature)
    return "`temperature` is deprecated for this model.";
  // Models that think unless they are told not to know their own thinking.
  const last = messages.at(-1)!.role === "user" ? messages.at(-2) : messages.at(-1);
  const isOff = thinking === undefined ? rule.types.includes("enabled") : !thinks;
  return isOff &&
    Array.isArray(last?.content) &&
    last.content.some(({ type }) => type.endsWith("thinking"))
    ? `messages.${messages.indexOf(last)}.content.0: When \`thinking\` is disabled, an \`assistant\` message in the final position cannot contain \`thinking\`.`
    : undefined;
}

interface OpenAIRule {
  name: RegExp;
  efforts: string[];
  /** Only with the effort `none`, unless it has no efforts. */
  temperature: boolean;
  maxTokens: number;
  tiers: string[];
}

const tiers = ["auto", "default", "flex", "priority"];
const openaiRules: OpenAIRule[] = [
  { name: /^gpt-5-pro/, efforts: ["high"], temperature: false, maxTokens: 272_000, tiers },
  {
    name: /^gpt-5\.4-pro/,
    efforts: ["medium", "high", "xhigh"],
    temperature: false,
    maxTokens: 128_000,
    tiers,
  },
  {
    name: /^gpt-5\.3-codex/,
    efforts: ["low", "medium", "high", "xhigh"],
    temperature: false,
    maxTokens: 128_000,
    tiers,
  },
  {
    name: /^gpt-(5\.[1-9]|6-luna|6-sol)/,
    efforts: ["none", "low", "medium", "high", "xhigh"],
    temperature: true,
    maxTokens: 128_000,
    tiers,
  },
  {
    name: /^gpt-6/,
    efforts: ["low", "medium", "high", "xhigh", "max"],
    temperature: false,
    maxTokens: 128_000,
    tiers,
  },
  {
    name: /^gpt-5/,
    efforts: ["minimal", "low", "medium", "high"],
    temperature: false,
    maxTokens: 128_000,
    tiers,
  },
  {
    name: /^o\d/,
    efforts: ["low", "medium", "high"],
    temperature: false,
    maxTokens: 100_000,
    tiers,
  },
  {
    name: /^gpt-4/,
    efforts: [],
    temperature: true,
    maxTokens: 32_768,
    tiers: ["auto", "default", "priority"],
  },
];

interface OpenAIBody {
  reasoning?: { effort?: string; summary?: string };
  reasoning_effort?: string;
  temperature?: number;
  max_output_tokens?: number;
  max_completion_tokens?: number;
  max_tokens?: number;
  service_tier?: string;
}

/** Of OpenAI itself, on both of its wires. */
export function refuseOpenAIOptions(body: unknown, model: string): string | undefined {
  const sent = body as OpenAIBody;
  const rule = openaiRules.find(({ name }) => name.test(model));
  if (rule === undefined) return undefined;
  const { efforts } = rule;
  const { temperature, service_tier } = sent;
  const effort = sent.reasoning?.effort ?? sent.reasoning_effort;
  if (efforts.length === 0 && (sent.reasoning ?? sent.reasoning_effort) !== undefined)
    return "Unsupported parameter: 'reasoning.effort' is not supported with this model.";
  if (effort !== undefined && !efforts.includes(effort))
    return `Unsupported value: '${effort}' is not supported with the '${model}' model. Supported values are: ${efforts.map((one) => `'${one}'`).join(", ")}.`;
  const isWarm = rule.temperature && (efforts.length === 0 || effort === "none");
  if (temperature !== undefined && !isWarm)
    return "Unsupported parameter: 'temperature' is not supported with this model.";
  if (temperature !== undefined && temperature > 2) return "Invalid 'temperature': above 2.";
  const most = sent.max_output_tokens ?? sent.max_completion_tokens ?? 16;
  if (most < 16)
    return `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${most} instead.`;
  if (most > rule.maxTokens) return `max_tokens is too large: ${most}.`;
  if (sent.max_tokens !== undefined && efforts.length > 0)
    return "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
  return service_tier !== undefined && !rule.tiers.includes(service_tier)
    ? `Invalid service_tier argument: '${service_tier}'.`
    : undefined;
}

interface GeminiBody {
  generationConfig?: {
    temperature?: number;
    maxOutputTokens?: number;
    thinkingConfig?: { thinkingLevel?: string; thinkingBudget?: number };
  };
  serviceTier?: string;
}

export function refuseGeminiOptions(body: unknown, model: string): string | undefined {
  const { generationConfig = {}, serviceTier = "standard" } = body as GeminiBody;
  const { temperature = 1, maxOutputTokens = 1, thinkingConfig } = generationConfig;
  if (temperature > 2) return "temperature must be in the range [0.0, 2.0].";
  if (maxOutputTokens > 65_536)
    return "Unable to submit request because it has a maxOutputTokens value out of range.";
  if (!["standard", "flex", "priority"].includes(serviceTier)) return "Invalid service tier.";
  if (thinkingConfig === undefined) return undefined;
  const { thinkingLevel: level, thinkingBudget: budget } = thinkingConfig;
  if (/^gemini-[12]\.[05]-(flash|pro)/.test(model) && !model.startsWith("gemini-2.5"))
    return "Thinking is not enabled for this model.";
  if (level !== undefined && budget !== undefined)
    return "You can only set only one of thinking budget and thinking level.";
  if (model.startsWith("gemini-2.5")) {
    if (level !== undefined) return "Thinking level is not supported for this model.";
    const most = model.includes("pro") ? 32_768 : 24_576;
    if (budget !== undefined && budget > most)
      return `The thinking budget ${budget} is invalid. Please choose a value between 512 and ${most}.`;
    return budget === 0 && model.includes("pro")
      ? "Budget 0 is invalid. This model only works in thinking mode."
      : undefined;
  }
  const levels = model.startsWith("gemini-3-pro") ? ["LOW", "HIGH"] : ["LOW", "MEDIUM", "HIGH"];
  return level !== undefined && !levels.includes(level)
    ? `Thinking level ${level} is not supported for this model.`
    : undefined;
}
