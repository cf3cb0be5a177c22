/** What failed of an engine's request, in the codes and words that Rein has for its own. */
import type { GateTarget } from "../catalog/gate-target";
import { withoutCredentials } from "../providers/error-words";
import type { ProviderError } from "../providers/provider";
import { toProviderError } from "../providers/provider-errors";

/** An answer of the service that is an error; its body is the message. */
export class ServiceError extends Error {
  override readonly name = "ServiceError";
  readonly status: number;
  readonly headers: Headers;

  constructor(body: string, { status, headers }: Response) {
    super(body);
    this.status = status;
    this.headers = headers;
  }
}

/** Undefined for what is neither the service's nor the network's doing. */
export function failureOf(
  error: unknown,
  { name, baseUrl, apiKey }: GateTarget,
): ProviderError | undefined {
  return toProviderError(error, { name, baseUrl: withoutCredentials(baseUrl), apiKey }, false);
}
