/** Turns what a service, its SDK or the network threw into a ProviderError with a message that a person can act on. */
import { defined } from "../../shared/defined";
import { findBadAnswer } from "./bad-answer";
import { readFacts } from "./error-facts";
import { kinds } from "./error-kinds";
import { nameOf, type Service } from "./error-words";
import { hideKeys } from "./hide-keys";
import type { Exchange } from "./exchange";
import { ProviderError } from "./provider";
import { mayTakePlainText } from "./refusal";

export type { Service } from "./error-words";

/**
 * The ProviderError for whatever an SDK threw; undefined for what is neither the service's nor the network's doing
 * (a bug of ours). `begun`: part of the answer had come. Of the exchange
 * it reads the headers, as Google's SDK drops them, and whether the service had answered at all. No message contains the key: OpenAI's own repeats it.
 */
export function toProviderError(
  error: unknown,
  service: Service,
  begun: boolean,
  exchange: Exchange = {},
): ProviderError | undefined {
  if (error instanceof ProviderError) return error;
  if (!(error instanceof Error)) return undefined;
  const badAnswer = findBadAnswer(error);
  if (badAnswer !== undefined) return badAnswerError(service, badAnswer.message, begun);
  const facts = readFacts(error, exchange.errorHeaders);
  const kind = kinds.find((one) => !(begun && one.isBeforeAnswer) && one.applies(facts, service));
  if (kind === undefined)
    return isBrokenStream(error) ? cutError(service, begun, exchange) : undefined;
  if (kind.code === "network" && (begun || exchange.isAnswered))
    return cutError(service, begun, exchange);
  const message = hideKeys(facts.message, service.apiKey);
  const words = kind.words(service, { ...facts, message }).trim();
  const { code } = kind;
  const { status, retryAfterMs } = facts;
  // The cause of a refused key may quote it, and causes are logged.
  const cause = code === "authentication" ? undefined : error;
  // Where part of the answer had come, it was the model that failed.
  const refused = begun ? "no" : mayTakePlainText(code, facts, service.sendsFiles ?? false);
  const refusesHistory = refused !== "no";
  const retryable = kind.retryable && refused !== "yes";
  const isNowhere = code === "network" && unreachable.test(facts.names);
  const fewTries = isNowhere ? "wrong-address" : kind.fewTries;
  const options = { code, retryable, status, retryAfterMs, refusesHistory, fewTries, cause };
  return new ProviderError(words, defined(options));
}

/** Refused, or not to be found. */
const unreachable = /ECONNREFUSED|ConnectionRefused|ENOTFOUND|EAI_|FailedToOpenSocket|UNREACH/;

/** The answer ended without its final event; where none at all had come, the address may be no API. */
export function cutError(
  service: Service,
  begun: boolean,
  { isAnswered = begun }: Exchange,
): ProviderError {
  const { name, baseUrl } = service;
  const kept = begun ? "What it had written is kept." : "Nothing of it had been written yet.";
  const words = isAnswered
    ? `The answer of ${nameOf(service)} was cut off. ${kept}`
    : `${name}’s answer was empty or unreadable. Is ${baseUrl} the address of its API? A sign-in page or a proxy may stand in between, too.`;
  const fewTries = isAnswered ? undefined : ("wrong-address" as const);
  return new ProviderError(words, defined({ code: "cut", retryable: true, fewTries }));
}

/** The service answered with what is no answer; asked again, it would say the same. */
export function badAnswerError({ name }: Service, what: string, begun: boolean): ProviderError {
  const kept = begun ? " What it had written is kept." : "";
  const message = `${name} sent an answer that Rein cannot use: ${what}.${kept}`;
  return new ProviderError(message, { code: "bad-answer", retryable: false });
}

/** Nothing is asked without a model's name. */
export function noModelError(service: Service): ProviderError {
  const message = `No model of ${nameOf(service)} is chosen. Choose one in the menu above, or name it.`;
  return new ProviderError(message, { code: "not-configured", retryable: false });
}

/** The server has an API, but no list of models at this address, or the address is wrong. */
export function noListError({ name, baseUrl }: Service): ProviderError {
  const message = `${name} lists no models at ${baseUrl}. Enter a model by its name, or check the address.`;
  return new ProviderError(message, { code: "no-list", retryable: false });
}

/** A stream that broke in the middle: half a frame, half a line of JSON. */
function isBrokenStream(error: Error): boolean {
  return error instanceof SyntaxError || /Incomplete JSON|socket|connection/i.test(error.message);
}

/** What a provider asks for unless the service has refused it; it remembers that, and the loop sends the request again. */
export function askedWithout(message: string, cause: Error): ProviderError {
  const options = { code: "option-refused", retryable: true, retryAfterMs: 0, status: 400, cause };
  return new ProviderError(`${message} It is asked again without.`, options);
}
