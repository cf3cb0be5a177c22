/** The small models of providers, for requests that any model can answer. */
import type { ModelInfo } from "../../shared/protocol";

/** Beside the name itself, which version of it. */
const version = /(-(preview|latest|\d+))*$/.source;

/** By provider, the better first: names of its small and fast lines, and no variant for speech or pictures. */
const small: Record<string, RegExp[]> = {
  anthropic: [named(/claude-(\d-\d-)?haiku/)],
  openai: [named(/gpt-[\d.]+-nano/), named(/gpt-[\d.]+-mini/), named(/gpt-4o-mini/)],
  gemini: [named(/gemini-[\d.]+-flash-lite/), named(/gemini-[\d.]+-flash/)],
  xai: [named(/grok-[\d-]+-fast-non-reasoning/), named(/grok-\d-mini/)],
  mistral: [named(/ministral(-\d+b)?/), named(/mistral-small/)],
  groq: [/^llama-.*-8b-instant$/],
  alibaba: [named(/qwen[\d.]*-flash/), named(/qwen-turbo/)],
};

function named({ source }: RegExp): RegExp {
  return new RegExp(`^${source}${version}`);
}

/** The first that is listed and is known to cost less than `used`, its input and its output; undefined when none is. */
export function smallModel(
  provider: string,
  listed: ModelInfo[],
  used: ModelInfo | undefined,
): string | undefined {
  const most = used?.price;
  if (most === undefined) return undefined;
  const costsLess = ({ price }: ModelInfo) =>
    price !== undefined && price.input < most.input && price.output < most.output;
  return (small[provider] ?? [])
    .flatMap((name) => listed.find((one) => name.test(one.id) && costsLess(one)) ?? [])
    .at(0)?.id;
}
