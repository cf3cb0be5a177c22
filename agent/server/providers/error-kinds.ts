/** The kinds of failures of services and of the way to them: how each is known, whether it may pass, and what it says to people. */
import type { ErrorFacts } from "./error-facts";
import {
  certificateWords,
  nameOf,
  placeOf,
  networkWords,
  says,
  type Service,
  shown,
  tooLong,
  unknownModel,
  wait,
} from "./error-words";
import type { FewTries } from "./provider";
import { isTemplateRefusal, refusedOption } from "./refusal";

export interface Kind {
  code: string;
  /** Whether the same request may succeed later. */
  retryable: boolean;
  fewTries?: FewTries;
  /** After part of the answer it is the model that failed. */
  isBeforeAnswer?: boolean;
  applies(facts: ErrorFacts, service: Service): boolean;
  /** Whole sentences: what happened, and what to do. */
  words(service: Service, facts: ErrorFacts): string;
}

/** The first that applies. */
export const kinds: Kind[] = [
  {
    code: "context-length",
    retryable: false,
    applies: ({ status, names, message }) =>
      status === 413 ||
      /context_length_exceeded|model_context_window|exceed_context_size/.test(names) ||
      (status === 400 &&
        /prompt is too long|context (window|length|size|limit)|token count .{0,99}exceeds/i.test(
          message,
        )),
    words: tooLong,
  },
  {
    code: "model-not-found",
    retryable: false,
    applies: ({ names }) => /model_not_found|DeploymentNotFound/.test(names),
    words: unknownModel,
  },
  {
    code: "rate-limit",
    retryable: false,
    applies: ({ status, names, message }) =>
      status === 402 ||
      /insufficient_quota|exceeded_current_quota|billing|Arrearage/.test(names) ||
      (isRefused(status) &&
        /credit balance|available credits|insufficient balance|spending limit/i.test(message)),
    words: (service, facts) =>
      `The account at ${nameOf(service)} has no credit left. Check its plan and billing. ${says(service, facts)}`,
  },
  {
    code: "authentication",
    retryable: false,
    applies: ({ status, names, message }) =>
      status === 401 ||
      /API_KEY_INVALID|invalid_api_key|authentication_error/.test(names) ||
      (status === 400 && /(incorrect|invalid) api key/i.test(message)),
    words: (service, facts) => {
      const { name, keyVariable, apiKey, signIn } = service;
      if (signIn !== undefined)
        return `${name} requires a sign-in${shown(facts)}. ${signIn} ${says(service, facts)}`;
      const entered = apiKey ? "Enter another key" : "Enter the key";
      const where = keyVariable ? `Set ${keyVariable}, or enter the key` : entered;
      return `${name} ${apiKey ? "did not accept the key" : "requires a key"}${shown(facts)}. ${where} in the settings. ${says(service, facts)}`;
    },
  },
  {
    code: "permission",
    retryable: false,
    applies: ({ status, names }) => status === 403 || names.includes("data_residency_mismatch"),
    words: (service, facts) =>
      `${service.name} does not allow this request${shown(facts)}. ` +
      (facts.isPage
        ? "The answer is a web page: a firewall or proxy may stand in between. "
        : "The key or its plan may not include this, or the model is not offered in this region. ") +
      says(service, facts),
  },
  {
    code: "proxy",
    retryable: false,
    applies: ({ status, names, message }) =>
      status === 407 || (names.includes("ERR_PROXY_TUNNEL") && / 4\d\d /.test(`${message} `)),
    words: (service, { status, message }) =>
      status === 407 || message.includes("407")
        ? `The proxy before ${nameOf(service)} requires a sign-in (407). Put a name and a password into HTTPS_PROXY, as in http://name:password@proxy:3128, and start Rein again.`
        : `The proxy of HTTPS_PROXY does not let Rein through to ${nameOf(service)} at ${service.baseUrl}. ${message}.`,
  },
  {
    code: "not-found",
    retryable: false,
    applies: ({ status, message, isPage }) =>
      status === 405 || (status === 404 && (isPage || noSuchPath.test(message))),
    words: (service, facts) =>
      `There is no API of ${nameOf(service)} at ${service.baseUrl}${shown(facts)}. Correct the address in the settings; many end in /v1. ${says(service, facts)}`,
  },
  {
    code: "model-not-found",
    retryable: false,
    applies: ({ status }) => status === 404,
    words: unknownModel,
  },
  {
    code: "overloaded",
    retryable: true,
    applies: ({ status, message }) => status === 503 && /\bloading\b/i.test(message),
    words: (service, facts) =>
      `${service.name} is still loading the model. ${says(service, facts)}`,
  },
  {
    code: "rate-limit",
    retryable: true,
    applies: ({ status, names }) => status === 429 || /rate_limit|RESOURCE_EXHAUSTED/.test(names),
    words: (service, facts) =>
      `The rate limit of ${nameOf(service)} was reached.${wait(facts)} ${says(service, facts)}`,
  },
  {
    code: "overloaded",
    retryable: true,
    applies: ({ status, names, message }) =>
      status === 529 ||
      status === 503 ||
      (!isRefused(status) && /overloaded|UNAVAILABLE/.test(`${names} ${message}`)),
    words: (service, facts) =>
      `${service.name} is overloaded.${wait(facts)}${/overload/i.test(facts.message) ? "" : ` ${says(service, facts)}`}`,
  },
  {
    code: "timeout",
    retryable: true,
    applies: ({ status, names }) =>
      [408, 504, 522, 524].includes(status ?? 0) ||
      (status === undefined && /Timeout|ETIMEDOUT/.test(names)),
    words: (service, facts) =>
      facts.status === undefined
        ? `${placeOf(service)} did not answer in time. Check the network, or whether the server is busy.`
        : `${service.name}, or a proxy before it, did not wait for the answer${shown(facts)}. ${says(service, facts)}`,
  },
  {
    code: "invalid-request",
    retryable: false,
    isBeforeAnswer: true,
    applies: isTemplateRefusal,
    words: rejected,
  },
  {
    code: "invalid-request",
    retryable: false,
    // Of an image that cannot be used: `invalid_image`, `image_parse_error` and many more.
    applies: ({ status, names }) =>
      status === undefined && /(?<![a-z\d])image_|_image/i.test(names),
    words: rejected,
  },
  {
    code: "content-filter",
    retryable: false,
    applies: ({ status, names }) =>
      status === undefined && /_policy|content_filter|moderation/i.test(names),
    words: (service, facts) =>
      `${service.name} declined the request by its rules for content. Rephrase the message, or choose another model. ${says(service, facts)}`,
  },
  {
    code: "server",
    retryable: true,
    applies: ({ status, names }) =>
      (status !== undefined && status >= 500) ||
      (status === undefined &&
        /api_error|server_error|INTERNAL|ServerError|_timeout|bare/.test(names)),
    words: (service, facts) =>
      `${service.name} had an internal error${shown(facts)}. ${says(service, facts)}`,
  },
  {
    code: "option-refused",
    retryable: false,
    applies: (facts, service) => optionWords(service, facts) !== undefined,
    words: (service, facts) =>
      `${service.name} rejected the request. ${optionWords(service, facts) ?? ""} ${says(service, facts)}`,
  },
  {
    code: "invalid-request",
    retryable: false,
    applies: ({ status, names }) =>
      (status !== undefined && status >= 400) ||
      /invalid_(request|prompt)|INVALID_ARGUMENT/.test(names),
    words: rejected,
  },
  {
    code: "certificate",
    retryable: false,
    applies: ({ names }) => /CERT|ALTNAME|ISSUER|EPROTO/.test(names),
    words: certificateWords,
  },
  {
    code: "network",
    retryable: true,
    applies: ({ names }) =>
      /APIConnection|ECONN|EPIPE|ENOTFOUND|EAI_|ConnectionRefused|ConnectionClosed|FailedToOpenSocket|EHOSTUNREACH|ENETUNREACH|ERR_PROXY_TUNNEL/.test(
        names,
      ),
    words: networkWords,
  },
  {
    code: "not-configured",
    retryable: false,
    applies: ({ names }) => /ERR_INVALID_URL|ERR_INVALID_ARG_VALUE/.test(names),
    words: (service) => {
      const { name, baseUrl } = service;
      const whose = name === baseUrl ? baseUrl : `of ${nameOf(service)}, ${baseUrl},`;
      return `The address ${whose} is no web address. Correct it in the settings: it begins with https:// or http://.`;
    },
  },
  {
    code: "unknown",
    retryable: true,
    fewTries: "unknown-error",
    applies: ({ names }) => names.includes("APIError"),
    words: (service, facts) => `${service.name} reported an error. ${says(service, facts)}`,
  },
];

/** What servers say of a path that they do not have. */
const noSuchPath =
  /^(|not found|file not found|page not found|no such path)\.?$|invalid url|unexpected endpoint|cannot post/i;

function rejected(service: Service, facts: ErrorFacts): string {
  return `${service.name} rejected the request. ${says(service, facts)}`;
}

function optionWords(service: Service, facts: ErrorFacts): string | undefined {
  return refusedOption(service.options ?? {}, facts, service.sendsFiles ?? false);
}

function isRefused(status: number | undefined): boolean {
  return status !== undefined && status >= 400 && status < 500;
}
