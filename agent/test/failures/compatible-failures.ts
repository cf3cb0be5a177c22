/** Failures of services that speak Chat Completions, each in the form in which it sends them. */
import { keyRefused, keyWords, rowsOf } from "./failure-row";

const inner = (message: string, more: object = {}) => ({ error: { message, ...more } });

export const compatibleFailures = rowsOf("openai-chat", {
  "DeepSeek: a wrong key": {
    status: 401,
    body: inner("Authentication Fails, Your api key: ****cdef is invalid", {
      type: "authentication_error",
    }),
    code: "authentication",
    says: [keyRefused],
  },
  "DeepSeek: no balance": {
    status: 402,
    body: inner("Insufficient Balance", { type: "unknown_error", code: "invalid_request_error" }),
    code: "rate-limit",
    says: [/no credit/, /Insufficient Balance/],
  },
  "DeepSeek: a history without its reasoning": {
    status: 400,
    body: inner("The `reasoning_content` in the thinking mode must be passed back to the API.", {
      type: "invalid_request_error",
    }),
    triesPlainText: true,
    code: "invalid-request",
    says: [/reasoning_content/],
  },
  "DeepSeek: a message without its reasoning": {
    status: 400,
    body: inner("Missing `reasoning_content` field in the assistant message at message index 3.", {
      type: "invalid_request_error",
    }),
    triesPlainText: true,
    code: "invalid-request",
    says: [/reasoning_content/],
  },
  "Moonshot: a history without its reasoning": {
    status: 400,
    body: inner(
      "thinking is enabled but reasoning_content is missing in assistant tool call message at index 2",
      { type: "invalid_request_error" },
    ),
    triesPlainText: true,
    code: "invalid-request",
    says: [/reasoning_content/],
  },
  "OpenRouter: a history that its provider refuses": {
    status: 400,
    body: inner("Provider returned error", {
      code: 400,
      metadata: { raw: '{"error":{"message":"messages.1.content.0.type: Expected `thinking`"}}' },
    }),
    triesPlainText: true,
    code: "invalid-request",
    says: [/Expected `thinking`/],
  },
  "LiteLLM: an empty piece of a history": {
    status: 400,
    body: inner("messages: text content blocks must be non-empty; at location 3", {
      param: "None",
    }),
    triesPlainText: true,
    code: "invalid-request",
    says: [/non-empty/],
  },
  "Mistral: an order that it does not take": {
    status: 400,
    body: inner("Invalid tool_choice or message order"),
    triesPlainText: true,
    code: "invalid-request",
    says: [/message order/],
  },
  "a model that does not think": {
    status: 400,
    body: inner('"local-model" does not support reasoning'),
    triesPlainText: true,
    option: /effort “high”/,
    code: "invalid-request",
    says: [/does not support reasoning/],
  },
  "a service tier that is not there": {
    status: 400,
    body: inner("Unsupported value.", { param: "service_tier" }),
    option: /service tier “flex”/,
    code: "invalid-request",
    says: [/Unsupported value/],
  },
  "OpenAI: a rate limit in words of a model for pictures": {
    status: 429,
    body: inner("Request too large for gpt-4-vision-preview: the input must be reduced."),
    code: "rate-limit",
    retryable: true,
    says: [/vision/],
  },
  "DeepSeek: a body that it cannot read": {
    status: 422,
    body: inner("Failed to deserialize the JSON body into the target type", {
      type: "invalid_request_error",
    }),
    triesPlainText: true,
    code: "invalid-request",
    says: [/deserialize/],
  },
  "DeepSeek: too busy": {
    status: 503,
    body: inner("Service is too busy. You may switch to another service for a while.", {
      type: "service_unavailable_error",
    }),
    code: "overloaded",
    retryable: true,
    says: [/overloaded|too busy/],
  },
  "Mistral: a wrong key, as a bare message": {
    status: 401,
    body: { message: "Unauthorized", request_id: "1" },
    code: "authentication",
    says: [keyRefused],
  },
  "Mistral: a wrong key, as a detail": {
    status: 401,
    body: { detail: "Unauthorized" },
    code: "authentication",
    says: [keyRefused],
  },
  "Mistral: an id of a call that it does not take": {
    status: 400,
    body: {
      object: "error",
      message: "Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.",
      type: "invalid_function_call",
      code: "3280",
    },
    triesPlainText: true,
    code: "invalid-request",
    says: [/with a length of 9/],
  },
  "Mistral: a field that is missing, as a list": {
    status: 422,
    body: {
      object: "error",
      message: { detail: [{ type: "missing", loc: ["body", "model"], msg: "Field required" }] },
      type: "invalid_request_error",
    },
    triesPlainText: true,
    code: "invalid-request",
    says: [/Field required/],
    never: [/\[object/],
  },
  "Mistral: no capacity": {
    status: 429,
    body: {
      object: "error",
      message: "Service tier capacity exceeded for this model.",
      type: "service_tier_capacity_exceeded",
      code: "3505",
    },
    code: "rate-limit",
    retryable: true,
    says: [/capacity exceeded/],
  },
  "Groq: more tokens than a minute has": {
    status: 413,
    body: inner(
      "Request too large for model on tokens per minute (TPM): Limit 6000, Requested 12000",
      { type: "tokens", code: "rate_limit_exceeded" },
    ),
    code: "context-length",
    says: [/Limit 6000/],
  },
  "Groq: a call that the model did not manage": {
    status: 400,
    body: inner("Failed to call a function. Please adjust your prompt.", {
      type: "invalid_request_error",
      code: "tool_use_failed",
      failed_generation: "<function>",
    }),
    triesPlainText: true,
    code: "invalid-request",
    says: [/Failed to call a function/],
  },
  "OpenRouter: no key": {
    status: 401,
    body: inner("No auth credentials found", { code: 401 }),
    code: "authentication",
    says: [keyWords],
  },
  "OpenRouter: too little credit": {
    status: 402,
    body: inner("This request requires more credits, or fewer max_tokens.", { code: 402 }),
    code: "rate-limit",
    says: [/no credit/, /fewer max_tokens/],
  },
  "OpenRouter: an input that was flagged": {
    status: 403,
    body: inner('The model requires moderation. Your input was flagged for "violence".', {
      code: 403,
      metadata: { reasons: ["violence"] },
    }),
    code: "permission",
    says: [/flagged/],
    never: [keyRefused],
  },
  "OpenRouter: no provider that can call tools": {
    status: 404,
    body: inner("No endpoints found that support tool use.", { code: 404 }),
    code: "model-not-found",
    says: [/support tool use/],
  },
  "OpenRouter: the provider's rate limit": {
    status: 429,
    body: inner("Provider returned error", {
      code: 429,
      metadata: { raw: "the-model is temporarily rate-limited upstream", provider_name: "Someone" },
    }),
    code: "rate-limit",
    retryable: true,
    says: [/temporarily rate-limited upstream/],
  },
  "OpenRouter: a provider that failed": {
    status: 502,
    body: inner("Provider returned error", {
      code: 502,
      metadata: { raw: "upstream connect error" },
    }),
    code: "server",
    retryable: true,
    says: [/upstream connect error/],
  },
  "xAI: a wrong key, as 400": {
    status: 400,
    body: {
      code: "Client specified an invalid argument",
      error: "Incorrect API key provided: xai-abcdefghijkl.",
    },
    code: "authentication",
    says: [keyRefused],
    never: [/xai-abcdefghijkl/],
  },
  "xAI: no credit, as 403": {
    status: 403,
    body: {
      code: "The caller does not have permission",
      error: "Your team has used all available credits or reached its spending limit.",
    },
    code: "rate-limit",
    says: [/used all available credits/],
    never: [keyRefused],
  },
  "Moonshot: no balance, as 429": {
    status: 429,
    body: inner(
      "Your account is suspended due to insufficient balance, please recharge your account.",
      { type: "exceeded_current_quota_error" },
    ),
    code: "rate-limit",
    says: [/no credit/, /insufficient balance/],
  },
  "Moonshot: a rate limit": {
    status: 429,
    body: inner("Your account reached max request: 3, please try again after 1 seconds", {
      type: "rate_limit_reached_error",
    }),
    code: "rate-limit",
    retryable: true,
    says: [/max request: 3/],
  },
  "Moonshot: an overload, as 429": {
    status: 429,
    body: inner("The engine is currently overloaded, please try again later", {
      type: "engine_overloaded_error",
    }),
    code: "rate-limit",
    retryable: true,
    says: [/overloaded/],
  },
  "Alibaba: an account in arrears": {
    status: 400,
    body: inner("Access denied, please make sure your account is in good standing.", {
      type: "Arrearage",
      code: "Arrearage",
    }),
    code: "rate-limit",
    says: [/good standing/],
  },
  "Alibaba: throttling": {
    status: 429,
    body: inner("You have exceeded your current request limit.", {
      type: "limit_requests",
      code: "limit_requests",
    }),
    code: "rate-limit",
    retryable: true,
    says: [/request limit/],
  },
  "Cerebras: the tokens of the day": {
    status: 429,
    headers: { "retry-after": "60" },
    body: {
      message: "Tokens per minute limit exceeded.",
      type: "too_many_tokens_error",
      param: "quota",
      code: "token_quota_exceeded",
    },
    code: "rate-limit",
    retryable: true,
    retryAfterMs: 60_000,
    says: [/Tokens per minute limit exceeded/],
  },
  "LiteLLM: an error of what is behind it": {
    status: 400,
    body: inner("litellm.BadRequestError: AzureException - Unknown parameter: 'top_k'.", {
      type: null,
      param: null,
      code: "400",
    }),
    code: "invalid-request",
    says: [/Unknown parameter: 'top_k'/],
  },
});
