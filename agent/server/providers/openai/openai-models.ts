/** What an OpenAI model accepts, read from its id, on both of OpenAI's wires. */
import { defined } from "../../../shared/defined";
import type { AllowedOptions, Effort } from "../../../shared/protocol";

/** The names of the efforts as both wires have them. */
export const effortNames = { off: "none", low: "low", medium: "medium", high: "high" } as const;

/** Whether it is asked for summaries of its reasoning. */
export function reasons(model: string): boolean {
  return /^(o\d|codex|gpt-([5-9]|\d\d))/.test(model) && !model.includes("chat");
}

/**
 * What can be chosen; undefined for a name that these rules do not know. `none` came with GPT-5.1, and the Codex, Pro and
 * largest GPT-6 models lack it. Those that reason take a temperature only without reasoning, the older ones never.
 * Source: the pages "Reasoning", "Using GPT-5.1", "Using GPT-6" and "Flex processing" of OpenAI's documentation, and the
 * refusals that it answers with (`unsupported_value`), November 2026.
 */
export function openaiAllows(model: string): AllowedOptions | undefined {
  const rule = rules.find(({ name }) => name.test(model));
  if (rule === undefined) return undefined;
  const { efforts, temperature, maxOutputTokens, serviceTiers } = rule;
  return defined({
    efforts,
    maxTemperature: temperature === "never" ? undefined : 2,
    temperatureNeedsOff: temperature === "off" || undefined,
    maxOutputTokens,
    serviceTiers,
  });
}

interface Rule {
  name: RegExp;
  efforts: Effort[];
  /** When it takes one. */
  temperature: "always" | "off" | "never";
  maxOutputTokens: number;
  serviceTiers: string[];
}

const graded: Effort[] = ["low", "medium", "high"];
const tiers = ["default", "flex", "priority"];
const gpt5 = { maxOutputTokens: 128_000, serviceTiers: tiers };

/** The first whose name fits. */
const rules: Rule[] = [
  {
    name: /^gpt-[56][\d.]*-chat/,
    efforts: [],
    temperature: "never",
    maxOutputTokens: 16_384,
    serviceTiers: ["default"],
  },
  { name: /^gpt-5-pro/, efforts: ["high"], temperature: "never", ...gpt5 },
  { name: /^gpt-5\.\d+-pro/, efforts: ["medium", "high"], temperature: "never", ...gpt5 },
  { name: /^gpt-5[\d.]*-codex/, efforts: graded, temperature: "never", ...gpt5 },
  {
    name: /^gpt-5-nano/,
    efforts: graded,
    temperature: "never",
    ...gpt5,
    serviceTiers: ["default", "flex"],
  },
  { name: /^gpt-5(-|$)/, efforts: graded, temperature: "never", ...gpt5 },
  { name: /^gpt-(5\.|6-(sol|luna))/, efforts: ["off", ...graded], temperature: "off", ...gpt5 },
  { name: /^gpt-6/, efforts: graded, temperature: "never", ...gpt5 },
  {
    name: /^o1-(mini|preview)/,
    efforts: [],
    temperature: "never",
    maxOutputTokens: 65_536,
    serviceTiers: ["default"],
  },
  {
    name: /^o1/,
    efforts: graded,
    temperature: "never",
    maxOutputTokens: 100_000,
    serviceTiers: ["default"],
  },
  {
    name: /^(o[34]|codex)/,
    efforts: graded,
    temperature: "never",
    maxOutputTokens: 100_000,
    serviceTiers: tiers,
  },
  {
    name: /^gpt-4\.1/,
    efforts: [],
    temperature: "always",
    maxOutputTokens: 32_768,
    serviceTiers: ["default", "priority"],
  },
  {
    name: /^gpt-4o/,
    efforts: [],
    temperature: "always",
    maxOutputTokens: 16_384,
    serviceTiers: ["default", "priority"],
  },
];
