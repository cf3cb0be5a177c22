/** Turns what a service, its SDK or the network threw into a ProviderError with a message that a person can act on. */
import { defined } from "../../shared/defined";
import { findBadAnswer } from "./bad-answer";
import { type ErrorFacts, readFacts } from "./error-facts";
import { ProviderError } from "./provider";

/** The service that a provider talks to, for its error messages. */
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
  const badAnswer = findBadAnswer(error);
  if (badAnswer !== undefined) return badAnswerError(service, badAnswer.message, begun);
  const facts = readFacts(error);
  const kind = kinds.find((one) => one.applies(facts));
  if (kind === undefined) return isBrokenStream(error) ? cutError(service, begun) : undefined;
  if (kind.code === "network" && begun) return cutError(service, begun);
  const words = kind.words(service, { ...facts, message: hideKeys(facts.message, service) });
  const { code, retryable } = kind;
  const { status, retryAfterMs } = facts;
  // The cause of a refused key may quote it, and causes are logged.
  const cause = code === "authentication" ? undefined : error;
  const refusesHistory =
    (code === "invalid-request" && isAboutHistory(facts)) || isAboutFiles(facts);
  const options = { code, retryable, status, retryAfterMs, refusesHistory, cause };
  return new ProviderError(words, defined(options));
}

/** A model that was tried with a picture or PDF, and takes none: services say so with 400, 404 (OpenRouter) and 500 (llama.cpp). */
function isAboutFiles({ status, message }: ErrorFacts): boolean {
  return (
    status !== undefined &&
    /\b(image|vision|multimodal|pdf)s?\b.*\b(support|allowed|enabled|input)|(support|allowed|accept)\w*\b.*\b(image|vision|multimodal|pdf)/i.test(
      message,
    )
  );
}

/** Not about a chosen option, where that can be told. Servers that render a template answer some histories with 500. */
function isAboutHistory({ status, param, message }: ErrorFacts): boolean {
  if (status !== 400 && status !== 422) return false;
  if (param) return /^(messages|input|contents)\b/.test(param);
  return !/temperature|top_[pk]\b|max_\w*tokens|maxOutputTokens|service_tier|effort|budget|tool_choice|stream_options/i.test(
    message,
  );
}

/** The answer ended without its final event; unless it had `begun`, the address may be no API at all. */
export function cutError({ name, baseUrl }: Service, begun: boolean): ProviderError {
  const words = begun
    ? "answer was cut off. What it had written is kept."
    : `answer was empty or unreadable. Is ${baseUrl} the address of its API?`;
  return new ProviderError(`${name}'s ${words}`, { code: "cut", retryable: true });
}

/** The service answered with what is no answer; asked again, it would say the same. */
export function badAnswerError({ name }: Service, what: string, begun: boolean): ProviderError {
  const kept = begun ? " What it had written is kept." : "";
  const message = `${name} sent an answer that Rein cannot use: ${what}.${kept}`;
  return new ProviderError(message, { code: "bad-answer", retryable: false });
}

/** The server has an API, but no list of models at this address, or the address is wrong. */
export function noListError({ name, baseUrl }: Service): ProviderError {
  const message = `${name} lists no models at ${baseUrl}. Enter a model by its name, or check the address.`;
  return new ProviderError(message, { code: "no-list", retryable: false });
}

interface Kind {
  code: string;
  retryable: boolean;
  applies(facts: ErrorFacts): boolean;
  words(service: Service, facts: ErrorFacts): string;
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
      `${name} ${apiKey ? "did not accept the key" : "requires a key"}${status ? ` (${status})` : ""}. ` +
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
      `The rate limit of ${service.name} was reached.${wait(retryAfterMs)} ${says(service, message)}`,
  },
  {
    code: "overloaded",
    retryable: true,
    applies: ({ status, names, message }) =>
      status === 529 || status === 503 || /overloaded|UNAVAILABLE/.test(`${names} ${message}`),
    words: ({ name }, { retryAfterMs }) => `${name} is overloaded.${wait(retryAfterMs)}`,
  },
  {
    code: "server",
    retryable: true,
    applies: ({ status, names }) =>
      (status !== undefined && (status >= 500 || status === 408)) ||
      /api_error|server_error|INTERNAL/.test(names),
    words: (service, { message }) =>
      `${service.name} had an internal error. ${says(service, message)}`,
  },
  {
    code: "invalid-request",
    retryable: false,
    applies: ({ status }) => status !== undefined && status >= 400,
    words: (service, { message }) =>
      `${service.name} rejected the request. ${says(service, message)}`,
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
        ? "Nothing is listening there: is the server running?"
        : "Check the network and the address."),
  },
  {
    code: "unknown",
    retryable: false,
    applies: ({ names }) => names.includes("APIError"),
    words: (service, { message }) => `${service.name} reported an error. ${says(service, message)}`,
  },
];

/** A stream that broke in the middle: half a frame, half a line of JSON. */
function isBrokenStream(error: Error): boolean {
  return error instanceof SyntaxError || /Incomplete JSON|socket|connection/i.test(error.message);
}

function hideKeys(message: string, { apiKey }: Service): string {
  const hidden = apiKey ? message.replaceAll(apiKey, "…") : message;
  return hidden.replaceAll(/\b(?:sk|xai|gsk|AIza)[-_*\w]{8,}/g, "…");
}

function says({ name }: Service, message: string): string {
  // A proxy or a web server in between answers with an HTML page.
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
  return retryAfterMs === undefined ? "" : ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`;
}
