/** Tells whether a service refuses the key at a chat, whatever its list of models says. */
import { type Provider, ProviderError } from "../providers/provider";
import { type ProviderProblem, states } from "./provider-problem";

/**
 * The same provider. `tell`: that a chat was refused for the key, and undefined once one has ended well, unless a chat
 * that began later has told already. Other ends tell nothing: a 403 may be about one model, or one message.
 */
export function watchRefusals(
  provider: Provider,
  tell: (refusal: ProviderProblem | undefined) => void,
): Provider {
  let begun = 0;
  let told = 0;
  return {
    ...provider,
    models: (signal) => provider.models(signal),
    async *stream(request, signal) {
      const order = ++begun;
      const tellInOrder = (refusal?: ProviderProblem) => {
        if (order < told) return;
        told = order;
        tell(refusal);
      };
      try {
        yield* provider.stream(request, signal);
        tellInOrder();
      } catch (error) {
        if (error instanceof ProviderError && error.code === "authentication")
          tellInOrder({ state: states[error.code]!, reason: error.message });
        throw error;
      }
    },
  };
}
