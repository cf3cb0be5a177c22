/** OpenAI's error responses, which both of its wires share. */
import type { Failure, FailureKind } from "./script";

/** `key` is repeated in the message of a wrong key, as the real service does (which masks the middle; this upstream does not). */
export function openaiError(failure: Failure, key: string) {
  const { status, type, code, message } = failures[failure.kind];
  const text = failure.message ?? message.replace("{key}", key);
  return { status, body: { error: { message: text, type, param: null, code } } };
}

const failures: Record<
  FailureKind,
  { status: number; type: string; code: string | null; message: string }
> = {
  authentication: {
    status: 401,
    type: "invalid_request_error",
    code: "invalid_api_key",
    message: "Incorrect API key provided: {key}.",
  },
  "model-not-found": {
    status: 404,
    type: "invalid_request_error",
    code: "model_not_found",
    message: "The model `no-such-model` does not exist or you do not have access to it.",
  },
  "rate-limit": {
    status: 429,
    type: "requests",
    code: "rate_limit_exceeded",
    message: "Rate limit reached for requests.",
  },
  overloaded: {
    status: 503,
    type: "server_error",
    code: null,
    message: "The server is currently overloaded. Please try again later.",
  },
  "context-length": {
    status: 400,
    type: "invalid_request_error",
    code: "context_length_exceeded",
    message:
      "Your input exceeds the context window of this model. Please adjust your input and try again.",
  },
  "invalid-request": {
    status: 400,
    type: "invalid_request_error",
    code: null,
    message: "Invalid request.",
  },
  server: {
    status: 500,
    type: "server_error",
    code: null,
    message: "The server had an error while processing your request.",
  },
};
