/** Errors in the middle of an answer, after its first text, in each wire's form. */
import { anthropic } from "../upstream/anthropic-wire";
import { gemini } from "../upstream/gemini-wire";
import { openaiChat } from "../upstream/openai-chat-wire";
import { openai } from "../upstream/openai-wire";
import { cut, text } from "../upstream/script";
import { named, unnamed, type Wire } from "../upstream/wire";
import { rowsOf } from "./failure-row";

/** The beginning of an answer as this wire streams it. */
function begun(wire: Wire): string {
  let count = 0;
  let written = "";
  for (const frame of wire.frames([text("Half an "), cut], { model: "m", next: () => ++count })) {
    if (typeof frame !== "string") break;
    written += frame;
  }
  return written;
}

const after = (wire: Wire, frame: string) => `${begun(wire)}${frame}`;
const anthropicError = (type: string, message: string) =>
  after(anthropic, named({ type: "error", error: { type, message } }));
const failed = (code: string, message: string) =>
  after(
    openai,
    named({ type: "response.failed", response: { status: "failed", error: { code, message } } }),
  );
/** Before any part of the answer, as each stream of the Responses API begins. */
const failedAtOnce = (code: string, message: string) => ({
  body:
    named({ type: "response.created", response: { status: "in_progress", output: [] } }) +
    named({ type: "response.failed", response: { status: "failed", error: { code, message } } }),
});
const chunk = (data: object) => after(openaiChat, unnamed(data));

export const streamFailures = [
  ...rowsOf("anthropic", {
    "an overload in the middle": {
      body: anthropicError("overloaded_error", "Overloaded"),
      code: "overloaded",
      retryable: true,
      says: [/overloaded/],
    },
    "a rate limit in the middle": {
      body: anthropicError("rate_limit_error", "Output tokens per minute exceeded."),
      code: "rate-limit",
      retryable: true,
      says: [/Output tokens per minute/],
    },
    "an internal error in the middle": {
      body: anthropicError("api_error", "Internal server error"),
      code: "server",
      retryable: true,
      says: [/Anthropic/],
    },
    "an end in the middle": {
      body: begun(anthropic),
      code: "cut",
      retryable: true,
      says: [/cut off/],
    },
  }),
  ...rowsOf("openai", {
    "a failure with a code": {
      body: failed("server_error", "The model failed to answer."),
      code: "server",
      retryable: true,
      says: [/failed to answer/],
    },
    "a rate limit in the middle": {
      body: failed("rate_limit_exceeded", "Rate limit reached. Please try again in 2s."),
      code: "rate-limit",
      retryable: true,
      says: [/Rate limit reached/],
    },
    "a policy": {
      ...failedAtOnce("bio_policy", "This cannot be answered."),
      code: "content-filter",
      says: [/rules for content/, /cannot be answered/],
    },
    "a place where the data may not be": {
      ...failedAtOnce("data_residency_mismatch", "The project is of another region."),
      code: "permission",
      says: [/another region/],
      never: [/403/],
    },
    "an image where none was sent": {
      ...failedAtOnce("failed_to_download_image", "Error while downloading."),
      code: "invalid-request",
      triesPlainText: true,
      says: [/while downloading/],
    },
    "a time-out of a tool of the service": {
      ...failedAtOnce("vector_store_timeout", "The vector store did not answer."),
      code: "server",
      retryable: true,
      says: [/vector store/],
    },
    "an error event": {
      body: after(
        openai,
        named({ type: "error", code: "server_error", message: "Something broke.", param: null }),
      ),
      code: "server",
      retryable: true,
      says: [/Something broke/],
    },
    "an error event with the error inside": {
      body: after(
        openai,
        named({
          type: "error",
          error: {
            type: "insufficient_quota",
            code: "insufficient_quota",
            message: "You exceeded your quota.",
          },
        }),
      ),
      code: "rate-limit",
      says: [/no credit/, /exceeded your quota/],
    },
    "an end in the middle": {
      body: begun(openai),
      code: "cut",
      retryable: true,
      says: [/cut off/],
    },
  }),
  ...rowsOf("openai-chat", {
    "an error object": {
      body: chunk({
        error: { message: "The server had an error.", type: "server_error", code: null },
      }),
      code: "server",
      retryable: true,
      says: [/had an error/],
    },
    "OpenRouter: a provider that was lost": {
      body: chunk({
        id: "gen-1",
        error: { code: 502, message: "Provider disconnected" },
        choices: [{ index: 0, delta: { content: "" }, finish_reason: "error" }],
      }),
      code: "server",
      retryable: true,
      says: [/Provider disconnected/],
    },
    "Ollama: an error that is text": {
      body: chunk({ error: "an error was encountered while running the model: unexpected EOF" }),
      code: "server",
      retryable: true,
      says: [/unexpected EOF/],
    },
    "an error of an unknown type": {
      body: chunk({ error: { type: "odd_failure", message: "Something odd happened." } }),
      code: "unknown",
      retryable: true,
      says: [/Something odd/],
    },
    "vLLM: an error with a number": {
      body: chunk({
        error: { object: "error", message: "Engine died", type: "InternalServerError", code: 500 },
      }),
      code: "server",
      retryable: true,
      says: [/Engine died/],
    },
    "an end in the middle": {
      body: begun(openaiChat),
      code: "cut",
      retryable: true,
      says: [/cut off/],
    },
  }),
  ...rowsOf("gemini", {
    "an overload in the middle": {
      body: after(
        gemini,
        unnamed({
          error: { code: 503, message: "The model is overloaded.", status: "UNAVAILABLE" },
        }),
      ),
      code: "overloaded",
      retryable: true,
      says: [/overloaded/],
    },
    "an internal error in the middle": {
      body: after(
        gemini,
        unnamed({
          error: { code: 500, message: "An internal error has occurred.", status: "INTERNAL" },
        }),
      ),
      code: "server",
      retryable: true,
      says: [/Gemini/],
    },
    "an end in the middle": {
      body: begun(gemini),
      code: "cut",
      retryable: true,
      says: [/cut off/],
    },
  }),
];
