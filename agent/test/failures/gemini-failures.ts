/** Failures of the Gemini API: the page "Troubleshooting" of its documentation, and what has been seen beside it. */
import { keyRefused, keyWords, rowsOf, settings } from "./failure-row";

const body = (code: number, status: string, message: string, details: object[] = []) => ({
  error: { code, message, status, details },
});
const info = (reason: string) => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason,
  domain: "googleapis.com",
});
const retry = (retryDelay: string) => ({
  "@type": "type.googleapis.com/google.rpc.RetryInfo",
  retryDelay,
});
const quota = (quotaId: string) => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [{ quotaMetric: "generate_content_requests", quotaId }],
});

export const geminiFailures = rowsOf("gemini", {
  "a wrong key, as 400": {
    status: 400,
    body: body(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", [
      info("API_KEY_INVALID"),
    ]),
    code: "authentication",
    says: [keyRefused, /GEMINI_API_KEY/],
  },
  "a key that has expired": {
    status: 400,
    body: body(400, "INVALID_ARGUMENT", "API key expired. Please renew the API key.", [
      info("API_KEY_INVALID"),
    ]),
    code: "authentication",
    says: [keyWords, /expired/],
  },
  "a key that was reported as leaked": {
    status: 403,
    body: body(
      403,
      "PERMISSION_DENIED",
      "Your API key was reported as leaked. Please use another API key.",
    ),
    code: "permission",
    says: [/reported as leaked/],
  },
  "an API that is not enabled": {
    status: 403,
    body: body(
      403,
      "PERMISSION_DENIED",
      "Generative Language API has not been used in project 1 before or it is disabled.",
      [info("SERVICE_DISABLED")],
    ),
    code: "permission",
    says: [/403/, /it is disabled/],
    never: [keyRefused],
  },
  "a region that is not served": {
    status: 400,
    body: body(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
    code: "invalid-request",
    says: [/location is not supported/],
  },
  "an unknown model": {
    status: 404,
    body: body(404, "NOT_FOUND", "models/gemini-9 is not found for API version v1beta."),
    code: "model-not-found",
    says: [/gemini-9 is not found/],
  },
  "a quota for a minute, with its time in the body": {
    status: 429,
    body: body(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [
      quota("GenerateRequestsPerMinute"),
      retry("38s"),
    ]),
    code: "rate-limit",
    retryable: true,
    retryAfterMs: 38_000,
    says: [/38 s/],
  },
  "a quota without a time": {
    status: 429,
    body: body(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
    code: "rate-limit",
    retryable: true,
    says: [/exhausted/],
  },
  "too long an input": {
    status: 400,
    body: body(
      400,
      "INVALID_ARGUMENT",
      "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
    ),
    code: "context-length",
    says: [/too long/, /1048576/],
  },
  "a call without its thought signature": {
    status: 400,
    body: body(
      400,
      "INVALID_ARGUMENT",
      "Function call is missing a thought_signature in functionCall parts.",
    ),
    triesPlainText: true,
    code: "invalid-request",
    says: [/thought_signature/],
  },
  "a signature in words of options": {
    status: 400,
    body: body(400, "INVALID_ARGUMENT", "The thinking budget signature of part 2 is invalid."),
    triesPlainText: true,
    option: /effort “high”/,
    code: "invalid-request",
    says: [/part 2/],
  },
  "a history in a wrong order": {
    status: 400,
    body: body(
      400,
      "INVALID_ARGUMENT",
      "Please ensure that function call turn comes immediately after a user turn.",
    ),
    triesPlainText: true,
    code: "invalid-request",
    says: [/function call turn/],
  },
  "an internal error": {
    status: 500,
    body: body(500, "INTERNAL", "An internal error has occurred. Please retry."),
    code: "server",
    retryable: true,
    says: [/Gemini/],
  },
  "an overload": {
    status: 503,
    body: body(503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    code: "overloaded",
    retryable: true,
    says: [/overloaded/],
    never: [settings],
  },
  "a time-out inside the service": {
    status: 504,
    body: body(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    code: "timeout",
    retryable: true,
    says: [/Deadline expired/],
  },
  "an error in an array": {
    status: 429,
    body: [body(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric requests.", [retry("5s")])],
    code: "rate-limit",
    retryable: true,
    retryAfterMs: 5000,
    says: [/Quota exceeded/],
  },
});
