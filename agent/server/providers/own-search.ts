/** The search of the web that a service has of its own: wanted of a model until the service has refused it for that model. */
import { askedWithout, type Service } from "./provider-errors";
import type { ModelEvent, ModelRequest } from "./provider";

type Answer = (request: ModelRequest, signal: AbortSignal) => AsyncIterable<ModelEvent>;

/**
 * The same answers; `searches` is false for a model that has refused it. The first refusal throws a ProviderError with
 * which the loop sends the request again.
 */
export function withoutRefusedSearch(answer: Answer, { name }: Pick<Service, "name">): Answer {
  const refused = new Set<string>();
  return async function* (request, signal) {
    const { model } = request;
    const searches = request.searches === true && !refused.has(model);
    try {
      yield* answer({ ...request, searches }, signal);
    } catch (error) {
      if (!searches || !refusesSearch(error)) throw error;
      refused.add(model);
      throw askedWithout(`${name} does not let “${model}” search the web.`, error);
    }
  };
}

/** Not when it names a place in the conversation, which may hold what an earlier search found. */
function refusesSearch(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { status } = error as { status?: unknown };
  return (
    (status === 400 || status === 403 || status === 422) &&
    /web.?search|google.?search|built.?in tool|server.?side.?tool/i.test(error.message) &&
    !/\b(messages|input|contents)[.[]\s?\d/.test(error.message)
  );
}
