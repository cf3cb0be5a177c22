/** Puts what a service, its SDK or the network threw into words that a person can act on. */
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
  if (kind === undefined) return begun && isBroken(error) ? cutError(service) : undefined;
  if (kind.code === "network" && begun) return cutError(service);
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

/** The answer ended without the event that ends a whole one. */
export function cutError(service: Service): ProviderError {
  return new ProviderError(
    `The answer of ${service.name} broke off before its end. What it had written is kept.`,
    { code: "cut", retryable: true },
  );
}

/** What can be read from an SDK's error, whichever SDK it is. */
interface Facts {
  status: number | undefined;
  /** Every machine-readable name that the service or the network gave, in one string. */
  names: string;
  message: string;
  retryAfterMs: number | undefined;
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
        /prompt is too long|context (window|length|size)|token count .* exceeds/i.test(message)),
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

function readFacts(error: Error): Facts {
  const { status, headers } = error as { status?: number; headers?: Headers };
  const body = readBody(error);
  return {
    status: status ?? body.status,
    names: [...namesOf(error), ...body.names].join(" "),
    message: body.message ?? error.message,
    retryAfterMs: readRetryAfter(headers) ?? body.retryAfterMs,
  };
}

/** The names in an error and in its causes: fetch hides the network's own code in them. */
function namesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const { code, type, name } = error as { code?: unknown; type?: unknown; name: string };
  const own = [error.constructor.name, name, code, type].filter((one) => typeof one === "string");
  return [...own, ...namesOf(error.cause)];
}

interface Body {
  names: string[];
  status?: number;
  message?: string;
  retryAfterMs?: number;
}

interface ErrorBody {
  type?: string;
  code?: string | number | null;
  status?: string;
  message?: string;
  details?: { reason?: string; retryDelay?: string }[];
  error?: ErrorBody | string;
}

/** OpenAI's SDK keeps the inner object, Anthropic's the outer one, and Google's puts all of it into the message. */
function readBody(error: Error): Body {
  const outer = (error as { error?: ErrorBody }).error ?? parseBody(error.message);
  if (typeof outer !== "object" || outer === null) return { names: [] };
  if (typeof outer.error === "string") return { names: [], message: outer.error };
  const { type, code, status, message, details } = outer.error ?? outer;
  const reasons = details?.map(({ reason }) => reason) ?? [];
  const names = [type, code, status, ...reasons].filter((name) => typeof name === "string");
  const delay = details?.find(({ retryDelay }) => retryDelay)?.retryDelay;
  return {
    names,
    ...(typeof code === "number" && { status: code }),
    ...(message !== undefined && { message }),
    ...(delay !== undefined && { retryAfterMs: Number.parseFloat(delay) * 1000 }),
  };
}

function parseBody(message: string): ErrorBody | undefined {
  const start = message.indexOf("{");
  if (start === -1) return undefined;
  try {
    return JSON.parse(message.slice(start)) as ErrorBody;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** `retry-after` is seconds or a date (RFC 9110, 10.2.3); `retry-after-ms` is OpenAI's finer one. */
function readRetryAfter(headers: Headers | undefined): number | undefined {
  const milliseconds = Number.parseFloat(headers?.get("retry-after-ms") ?? "");
  if (milliseconds >= 0) return milliseconds;
  const value = headers?.get("retry-after");
  if (!value) return undefined;
  const delayMs = /^[\d.]+$/.test(value)
    ? Number.parseFloat(value) * 1000
    : Date.parse(value) - Date.now();
  return Number.isNaN(delayMs) ? undefined : Math.max(0, delayMs);
}

/** A stream that is no longer what it should be: half a frame, half a line of JSON. */
function isBroken(error: Error): boolean {
  return error instanceof SyntaxError || /Incomplete JSON|socket|connection/i.test(error.message);
}

function hideKeys(message: string, { apiKey }: Service): string {
  const hidden = apiKey ? message.replaceAll(apiKey, "…") : message;
  return hidden.replaceAll(/\b(?:sk|xai|gsk|AIza)[-_*\w]{8,}/g, "…");
}

function says({ name }: Service, message: string): string {
  const line = message.replaceAll(/\s+/g, " ").trim().slice(0, 300);
  return line === "" ? "" : `${name} says: ${line}`;
}

function modelOf({ model }: Service): string {
  return model ? `the model “${model}”` : "this model";
}

function wait(retryAfterMs: number | undefined): string {
  return retryAfterMs === undefined
    ? ""
    : ` It asks us to wait ${Math.ceil(retryAfterMs / 1000)} s.`;
}
