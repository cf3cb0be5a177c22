/** Failures of Anthropic's API: the page "Errors" of its documentation, and what has been seen beside it. */
import { keyRefused, keyWords, rowsOf, settings } from "./failure-row";

const body = (type: string, message: string) => ({
  type: "error",
  error: { type, message },
  request_id: "req_011CSHoEeqs5C35K2UUqR7Fy",
});

export const anthropicFailures = rowsOf("anthropic", {
  "a wrong key": {
    status: 401,
    body: body("authentication_error", "invalid x-api-key"),
    code: "authentication",
    says: [keyRefused, /401/, /ANTHROPIC_API_KEY/],
  },
  "a token that has expired": {
    status: 401,
    body: body("authentication_error", "OAuth token has expired."),
    code: "authentication",
    says: [keyWords, /OAuth token has expired/],
  },
  "a key without the right": {
    status: 403,
    body: body("permission_error", "Your API key may not use the resource that was asked for."),
    code: "permission",
    says: [/403/, /may not use the resource/],
    never: [keyRefused],
  },
  "a country that is not served": {
    status: 403,
    body: body("forbidden", "Request not allowed"),
    code: "permission",
    says: [/403/, /Request not allowed/],
    never: [keyRefused],
  },
  "no credit, as 400": {
    status: 400,
    body: body(
      "invalid_request_error",
      "Your credit balance is too low to use the API. Go to Plans & Billing.",
    ),
    code: "rate-limit",
    says: [/no credit/, /Plans & Billing/],
  },
  "an unpaid bill": {
    status: 402,
    body: body("billing_error", "There is an issue with your payment."),
    code: "rate-limit",
    says: [/billing/i, /issue with your payment/],
  },
  "an organization that is disabled": {
    status: 400,
    body: body("invalid_request_error", "This organization has been disabled."),
    code: "invalid-request",
    says: [/organization has been disabled/],
  },
  "too long a prompt": {
    status: 400,
    body: body("invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"),
    code: "context-length",
    says: [/too long/, /213462/],
  },
  "no room for the answer": {
    status: 400,
    body: body(
      "invalid_request_error",
      "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000",
    ),
    code: "context-length",
    says: [/too long/],
  },
  "more output than the model has": {
    status: 400,
    body: body(
      "invalid_request_error",
      "max_tokens: 100000 > 64000, which is the most for this model",
    ),
    option: /maximum output “100000”/,
    code: "invalid-request",
    says: [/100000 > 64000/],
  },
  "a history with a call that has no result": {
    status: 400,
    body: body(
      "invalid_request_error",
      "messages.3: `tool_use` ids were found without `tool_result` blocks",
    ),
    triesPlainText: true,
    code: "invalid-request",
    says: [/tool_result/],
  },
  "a history that does not begin with its thinking": {
    status: 400,
    body: body(
      "invalid_request_error",
      "The final assistant message must start with a thinking block when thinking is enabled",
    ),
    triesPlainText: true,
    code: "invalid-request",
    says: [/thinking block/],
  },
  "a signature that it does not take": {
    status: 400,
    body: body(
      "invalid_request_error",
      "messages.3.content.0: Invalid `signature` in `thinking` block",
    ),
    triesPlainText: true,
    code: "invalid-request",
    says: [/signature/],
  },
  "too large a request": {
    status: 413,
    body: body("request_too_large", "Request exceeds the maximum size"),
    code: "context-length",
    says: [/maximum size/],
  },
  "an unknown model": {
    status: 404,
    body: body("not_found_error", "model: claude-of-tomorrow"),
    code: "model-not-found",
    says: [/does not know/, /Choose another model/],
  },
  "a rate limit with a time": {
    status: 429,
    headers: { "retry-after": "12" },
    body: body(
      "rate_limit_error",
      "This request would exceed the limit of 50,000 input tokens per minute.",
    ),
    code: "rate-limit",
    retryable: true,
    retryAfterMs: 12_000,
    says: [/rate limit/, /12 s/, /50,000 input tokens/],
    never: [settings],
  },
  "a rate limit without a time": {
    status: 429,
    body: body(
      "rate_limit_error",
      "Number of concurrent connections has exceeded your rate limit.",
    ),
    code: "rate-limit",
    retryable: true,
    says: [/rate limit/],
    never: [/wait/],
  },
  "an internal error": {
    status: 500,
    body: body("api_error", "Internal server error"),
    code: "server",
    retryable: true,
    says: [/Anthropic/],
    never: [settings],
  },
  "a time-out inside the service": {
    status: 504,
    body: body("timeout_error", "Request timed out"),
    code: "timeout",
    retryable: true,
    says: [/timed out/],
  },
  "an overload": {
    status: 529,
    headers: { "x-should-retry": "true" },
    body: body("overloaded_error", "Overloaded"),
    code: "overloaded",
    retryable: true,
    says: [/overloaded/],
    never: [settings],
  },
});
