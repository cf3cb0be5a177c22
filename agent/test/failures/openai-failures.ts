/** Failures of OpenAI's API and of Azure's: the page "Error codes" of each, and what has been seen beside it. */
import { keyRefused, keyWords, rowsOf } from "./failure-row";

const body = (message: string, code: string | null, type = "invalid_request_error") => ({
  error: { message, type, param: null, code },
});

export const openaiFailures = rowsOf("openai", {
  "a wrong key, which it repeats": {
    status: 401,
    body: body("Incorrect API key provided: sk-secre************cdef.", "invalid_api_key"),
    code: "authentication",
    says: [keyRefused, /401/, /OPENAI_API_KEY/],
    never: [/sk-secre/],
  },
  "a key without an organization": {
    status: 401,
    body: body("You must be a member of an organization to use the API.", null),
    code: "authentication",
    says: [/member of an organization/],
  },
  "a country that is not served": {
    status: 403,
    body: body(
      "Country, region, or territory not supported",
      "unsupported_country_region_territory",
    ),
    code: "permission",
    says: [/403/, /not supported/],
    never: [keyRefused],
  },
  "a project without the model": {
    status: 403,
    body: body("Project `proj_1` does not have access to model `gpt-5.4`", "model_not_found"),
    code: "model-not-found",
    says: [/does not have access to model/],
    never: [keyRefused],
  },
  "an unknown model": {
    status: 404,
    body: body(
      "The model `gpt-9` does not exist or you do not have access to it.",
      "model_not_found",
    ),
    code: "model-not-found",
    says: [/Choose another model/, /gpt-9/],
  },
  "a wrong address": {
    status: 404,
    body: body("Invalid URL (POST /v1/v1/responses)", null),
    code: "not-found",
    says: [/Invalid URL/, /http:\/\/127/],
  },
  "a rate limit in milliseconds": {
    status: 429,
    headers: { "retry-after-ms": "1200", "retry-after": "2" },
    body: body(
      "Rate limit reached for gpt-5.4 on tokens per min (TPM).",
      "rate_limit_exceeded",
      "tokens",
    ),
    code: "rate-limit",
    retryable: true,
    retryAfterMs: 1200,
    says: [/rate limit/i, /2 s/],
  },
  "no quota left": {
    status: 429,
    body: body(
      "You exceeded your current quota, please check your plan.",
      "insufficient_quota",
      "insufficient_quota",
    ),
    code: "rate-limit",
    says: [/no credit/, /billing/],
  },
  "too long an input": {
    status: 400,
    body: body("Your input exceeds the context window of this model.", "context_length_exceeded"),
    code: "context-length",
    says: [/too long/],
  },
  "a parameter that the model does not take": {
    status: 400,
    body: body(
      "Unsupported parameter: 'temperature' is not supported with this model.",
      "unsupported_parameter",
    ),
    option: /temperature “0.7”/,
    code: "invalid-request",
    says: [/'temperature' is not supported/],
  },
  "a prompt that was flagged": {
    status: 400,
    body: body(
      "Invalid prompt: your prompt was flagged as violating our usage policy.",
      "invalid_prompt",
    ),
    triesPlainText: true,
    code: "invalid-request",
    says: [/flagged/],
  },
  "a reasoning item without what followed it": {
    status: 400,
    body: {
      error: {
        message:
          "Item 'rs_68' of type 'reasoning' was provided without its required following item.",
        type: "invalid_request_error",
        param: "input",
        code: null,
      },
    },
    triesPlainText: true,
    code: "invalid-request",
    says: [/rs_68/],
  },
  "a call without its reasoning": {
    status: 400,
    body: body(
      "Item 'fc_1' of type 'function_call' was provided without its required 'reasoning' item.",
      null,
    ),
    triesPlainText: true,
    code: "invalid-request",
    says: [/fc_1/],
  },
  "a call without its result": {
    status: 400,
    body: body("No tool output found for function call call_1.", null),
    triesPlainText: true,
    code: "invalid-request",
    says: [/No tool output found/],
  },
  "an internal error": {
    status: 500,
    body: body("The server had an error while processing your request.", null, "server_error"),
    code: "server",
    retryable: true,
    says: [/OpenAI/],
  },
  "an overload": {
    status: 503,
    body: body("The engine is currently overloaded, please try again later.", null, "server_error"),
    code: "overloaded",
    retryable: true,
    says: [/overloaded/],
  },
  "a slow-down": {
    status: 503,
    headers: { "retry-after": "30" },
    body: body("Slow down", null, "server_error"),
    code: "overloaded",
    retryable: true,
    retryAfterMs: 30_000,
    says: [/30 s/],
  },
  "Azure: a wrong key or address": {
    status: 401,
    body: {
      error: {
        code: "401",
        message: "Access denied due to invalid subscription key or wrong API endpoint.",
      },
    },
    code: "authentication",
    says: [keyWords, /wrong API endpoint/],
  },
  "Azure: an unknown deployment": {
    status: 404,
    body: {
      error: {
        code: "DeploymentNotFound",
        message: "The API deployment for this resource does not exist.",
      },
    },
    code: "model-not-found",
    says: [/deployment for this resource/],
  },
  "Azure: a rate limit": {
    status: 429,
    headers: { "retry-after": "17" },
    body: {
      error: {
        code: "429",
        message: "Requests have exceeded the token rate limit. Please retry after 17 seconds.",
      },
    },
    code: "rate-limit",
    retryable: true,
    retryAfterMs: 17_000,
    says: [/17 s/],
  },
  "Azure: a prompt that was filtered": {
    status: 400,
    body: {
      error: {
        code: "content_filter",
        message: "The prompt triggered the content management policy.",
        innererror: { code: "ResponsibleAIPolicyViolation" },
      },
    },
    triesPlainText: true,
    code: "invalid-request",
    says: [/content management policy/],
  },
});
