/** Writes what was chosen as each service that speaks Chat Completions takes it, and leaves out what the model would refuse. */
import { defined } from "../../../shared/defined";
import { takenOptions } from "../../../shared/model-options";
import type { AllowedOptions } from "../../../shared/protocol";
import type { ModelRequest } from "../provider";
import { effortNames, reasons } from "./openai-models";
import type { Listed } from "./option-forms";
import { optionFormAt, type ServiceAddress } from "./service-profiles";

/** The allowances of a listed model. */
export function chatAllows(
  at: ServiceAddress,
  model: string,
  found: Listed,
): AllowedOptions | undefined {
  return optionFormAt(at).allows?.(model, found);
}

/** What was chosen, as far as the model is known by its name to take it. */
export function optionFields(
  { model, options: chosen }: Pick<ModelRequest, "model" | "options">,
  at: ServiceAddress,
): object {
  const form = optionFormAt(at);
  const { options } = takenOptions(chosen, form.allows?.(model, {}));
  const { effort, temperature, maxOutputTokens, serviceTier } = options;
  // A server that passes on to OpenAI gets its refusal of the older name: "Use 'max_completion_tokens' instead".
  const maxTokens = reasons(model) ? "max_completion_tokens" : "max_tokens";
  return {
    ...defined({
      temperature,
      [form.maxTokens ?? maxTokens]: maxOutputTokens,
      service_tier: serviceTier,
    }),
    ...(effort && (form.effort?.(effort) ?? { reasoning_effort: effortNames[effort] })),
  };
}
