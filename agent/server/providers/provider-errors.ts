/** Puts what a service, its SDK or the network threw into words that a person can act on. */
import { type Facts, readFacts } from "./error-facts";
import { ProviderError } from "./provider";

/** Whom a provider talks to, for the words of its failures. */
export interface Service {
  name: string;
  baseUrl: string;
  apiKey?: string | undefined;
  /** The environment variable that a key can be put into. */
  keyVariable?: string | undefined;
  model?: string;
}

/**
 * The ProviderError for whatever an SDK threw; undefined for what is neither the service's nor the network's doing
 * (a bug of ours). `begun`: part of the answer had come. No message contains the key: OpenAI's own repeats it.
 */
export function toProviderError(
  error: unknown,
  service: Service,
  begun: boolean,
): ProviderError | undefined {
  if (error instanceof ProviderError) return error;
  if (!(error instanceof Error)) return undefined;
  const facts = readFacts(error);
  const kind = kinds.find((one) => one.applies(facts));
  if (kind === undefined) return isBroken(error) ? cutError(service, begun) : undefined;
  if (kind.code === "network" && begun) return cutError(service, begun);
  const words = kind.words(service, { ...facts, message: hideKeys(facts.message, service) });
  return new ProviderError(words, {
    code: kind.code,
    retryable: kind.retryable,
    ...(facts.status !== undefined && { status: facts.status }),
    ...(facts.retryAfterMs !== undefined && { retryAfterMs: facts.retryAfterMs }),
    // The cause of a refused key may quote it, and causes are logged.
    ...(kind.code !== "authentication" && { cause: error }),
  });
}

/** The answer ended without the event that ends a whole one; unless it has `begun`, it may never have been one. */
export function cutError({ name, baseUrl }: Service, begun: boolean): ProviderError {
  const words = begun
    ? "answer broke off before its end. What it had written is kept."
    : `answer was empty, or none that Rein can read. Is ${baseUrl} the address of its API?`;
  return new ProviderError(`${name}'s ${words}`, { code: "cut", retryable: true });
}

interface Kind {
  code: string;
  retryable: boolean;
  applies(facts: Facts): boolean;
  words(service: Service, facts: Facts): string;
}

/** The first that applies. */
const kinds: Kind[] = [
  {
    code: "context-length",
    retryable: false,
    applies: ({ status, names, message }) =>
      /context_length_exceeded|model_context_window/.test(names) ||
      ((status === 400 || status === 413) &&
        /prompt is too long|context (window|length|size|limit)|token count .* exceeds/i.test(
          message,
        )),
    words: (service, { message }) =>
      `The conversation is too long for ${modelOf(service)}. Start a new session, or choose a model with a larger context. ${says(service, message)}`,
  },
  {
    code: "authentication",
    retryable: false,
    applies: ({ status, names }) =>
      status === 401 ||
      status === 403 ||
      /API_KEY_INVALID|invalid_api_key|authentication_error/.test(names),
    words: ({ name, keyVariable, apiKey }, { status }) =>
      `${name} ${apiKey ? "did not accept the key" : "asks for a key"}${status ? ` (${status})` : ""}. ` +
      (keyVariable
        ? `Set ${keyVariable}, or enter the key in the settings.`
        : "Enter the key in the settings."),
  },
  {
    code: "model-not-found",
    retryable: false,
    applies: ({ status, names }) => status === 404 || /model_not_found/.test(names),
    words: (service, { message }) =>
      `${service.name} at ${service.baseUrl} does not know ${modelOf(service)}, or this key may not use it. Choose another model. ${says(service, message)}`,
  },
  {
    code: "rate-limit",
    retryable: false,
    applies: ({ status, names, message }) =>
      status === 402 || /insufficient_quota|billing/.test(names) || /credit balance/i.test(message),
    words: (service, { message }) =>
      `The account at ${service.name} has no credit left. Check its plan and billing. ${says(service, message)}`,
  },
  {
    code: "rate-limit",
    retryable: true,
    applies: ({ status, names }) => status === 429 || /rate_limit|RESOURCE_EXHAUSTED/.test(names),
    words: (service, { message, retryAfterMs }) =>
      `The rate limit of ${service.name} is reached.${wait(retryAfterMs)} ${says(service, message)}`,
  },
  {
    code: "overloaded",
    retryable: true,
    applies: ({ status, names, message }) =>
      status === 529 || status === 503 || /overloaded|UNAVAILABLE/.test(`${names} ${message}`),
    words: ({ name }, { retryAfterMs }) => `${name} is overloaded just now.${wait(retryAfterMs)}`,
  },
  {
    code: "server",
    retryable: true,
    applies: ({ status, names }) =>
      (status !== undefined && (status >= 500 || status === 408)) ||
      /api_error|server_error|INTERNAL/.test(names),
    words: (service, { message }) =>
      `${service.name} had a failure of its own. ${says(service, message)}`,
  },
  {
    code: "invalid-request",
    retryable: false,
    applies: ({ status }) => status !== undefined && status >= 400,
    words: (service, { message }) =>
      `${service.name} did not take the request. ${says(service, message)}`,
  },
  {
    code: "network",
    retryable: true,
    applies: ({ names }) =>
      /APIConnection|Timeout|ECONN|ENOTFOUND|EAI_AGAIN|ConnectionRefused|ConnectionClosed|FailedToOpenSocket|EHOSTUNREACH|ENETUNREACH|CERT/.test(
        names,
      ),
    words: ({ name, baseUrl }, { names }) =>
      `${name} cannot be reached at ${baseUrl}. ` +
      (/ECONNREFUSED|ConnectionRefused/.test(names)
        ? "Nothing listens there: is the server running?"
        : "Check the network and the address."),
  },
  {
    code: "unknown",
    retryable: false,
    applies: ({ names }) => names.includes("APIError"),
    words: (service, { message }) => `${service.name} reported an error. ${says(service, message)}`,
  },
];

/** A stream that is no longer what it should be: half a frame, half a line of JSON. */
function isBroken(error: Error): boolean {
  return error instanceof SyntaxError || /Incomplete JSON|socket|connection/i.test(error.message);
}

function hideKeys(message: string, { apiKey }: Service): string {
  const hidden = apiKey ? message.replaceAll(apiKey, "…") : message;
  return hidden.replaceAll(/\b(?:sk|xai|gsk|AIza)[-_*\w]{8,}/g, "…");
}

function says({ name }: Service, message: string): string {
  // A proxy or a web server in between speaks in pages.
  const line = message
    .replaceAll(/(?:<[^>]*>|\s)+/g, " ")
    .trim()
    .slice(0, 300);
  return line === "" ? "" : `${name} says: ${/[.!?…]$/.test(line) ? line : `${line}.`}`;
}

function modelOf({ model }: Service): string {
  return model ? `the model “${model}”` : "this model";
}

function wait(retryAfterMs: number | undefined): string {
  return retryAfterMs === undefined
    ? ""
    : ` It asks us to wait ${Math.ceil(retryAfterMs / 1000)} s.`;
}
