/** Tells which chats a service has refused for the key or what it may do, whatever its list of models says. */
import { type Provider, ProviderError } from "../providers/provider";
import { type ProviderProblem, states } from "./model-look-ups";

/** The same provider. `tell`: why its last chat was refused, and undefined once one has ended well. Other ends tell nothing. */
export function watchRefusals(
  provider: Provider,
  tell: (refusal: ProviderProblem | undefined) => void,
): Provider {
  return {
    ...provider,
    models: (signal) => provider.models(signal),
    async *stream(request, signal) {
      try {
        yield* provider.stream(request, signal);
        tell(undefined);
      } catch (error) {
        if (error instanceof ProviderError && refusals.has(error.code))
          tell({ state: states[error.code]!, reason: error.message });
        throw error;
      }
    },
  };
}

const refusals = new Set(["authentication", "permission"]);
