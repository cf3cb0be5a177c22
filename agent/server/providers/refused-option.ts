/** Finds the option that a service refused, so that a person knows which choice to change. */
import type { ModelOptions } from "../../shared/protocol";
import { ProviderError } from "./provider";

const choices: { name: keyof ModelOptions; words: string; said: RegExp }[] = [
  { name: "serviceTier", words: "service tier", said: /service.?tier/i },
  { name: "temperature", words: "temperature", said: /temperature/i },
  {
    name: "maxOutputTokens",
    words: "maximum output",
    said: /max[_ ]?(output|completion)?[_ ]?tokens|output token/i,
  },
  { name: "effort", words: "effort", said: /effort|reasoning|thinking/i },
];

/** About a part of the history, which is not an option. */
const inHistory = /\b(messages|input|contents)[.[]\d/;

/** What a service said: the words, and the parameter where it names one. */
interface Refusal {
  message: string;
  param: string | undefined;
}

/** A sentence about the first of the chosen options that this refusal names; undefined when it names none. */
export function refusedOption(
  chosen: ModelOptions,
  { message, param = "" }: Refusal,
): string | undefined {
  const whole = `${param} ${message}`;
  if (inHistory.test(whole)) return undefined;
  const found = choices.find(({ name, said }) => chosen[name] !== undefined && said.test(whole));
  if (found === undefined) return undefined;
  return `It may not take the ${found.words} “${chosen[found.name]}”: choose another at the model’s name, or leave it to the service.`;
}

/** What a provider asks for unless the service has refused it; it remembers that, and the loop sends the request again. */
export function askedWithout(message: string, cause: Error): ProviderError {
  const options = { code: "option-refused", retryable: true, retryAfterMs: 0, status: 400, cause };
  return new ProviderError(`${message} It is asked again without.`, options);
}
