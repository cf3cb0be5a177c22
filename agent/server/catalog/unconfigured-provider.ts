/** A provider that cannot be used yet: whatever it is asked fails with what to do. */
import { type Provider, ProviderError } from "../providers/provider";

/** `reason`: a sentence for people. */
export function unconfigured(id: string, reason: string): Provider {
  const fail = () => new ProviderError(reason, { code: "not-configured", retryable: false });
  return {
    id,
    // oxlint-disable-next-line require-yield -- it can only fail
    async *stream() {
      throw fail();
    },
    models: () => Promise.reject(fail()),
  };
}
