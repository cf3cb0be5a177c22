/** Failures of servers on this machine: Ollama, llama.cpp, vLLM, LM Studio. */
import { keyWords, rowsOf } from "./failure-row";

export const localFailures = rowsOf("openai-chat", {
  "Ollama: a model that is not there": {
    status: 404,
    body: {
      error: {
        message: "model 'llama9' not found",
        type: "not_found_error",
        param: null,
        code: null,
      },
    },
    code: "model-not-found",
    says: [/'llama9' not found/],
  },
  "Ollama: an error that is text": {
    status: 404,
    body: { error: "model 'llama9' not found, try pulling it first" },
    code: "model-not-found",
    says: [/try pulling it first/],
  },
  "Ollama: a model without tools": {
    status: 400,
    body: {
      error: {
        message: "registry.ollama.ai/library/gemma:2b does not support tools",
        type: "api_error",
      },
    },
    triesPlainText: true,
    code: "invalid-request",
    says: [/does not support tools/],
  },
  "Ollama: too little memory": {
    status: 500,
    body: {
      error: {
        message: "model requires more system memory (8.4 GiB) than is available (5.1 GiB)",
        type: "api_error",
      },
    },
    code: "server",
    retryable: true,
    says: [/more system memory/],
  },
  "Ollama: too many requests that wait": {
    status: 503,
    body: {
      error: {
        message: "server busy, please try again. maximum pending requests exceeded",
        type: "api_error",
      },
    },
    code: "overloaded",
    retryable: true,
    says: [/overloaded|busy/],
  },
  "llama.cpp: a model that is being loaded": {
    status: 503,
    body: { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
    code: "overloaded",
    retryable: true,
    says: [/Loading model/],
  },
  "llama.cpp: more than the context": {
    status: 400,
    body: {
      error: {
        code: 400,
        message: "the request exceeds the available context size, try increasing it",
        type: "exceed_context_size_error",
        n_prompt_tokens: 9000,
        n_ctx: 4096,
      },
    },
    code: "context-length",
    says: [/too long/],
  },
  "llama.cpp: a wrong key": {
    status: 401,
    body: { error: { code: 401, message: "Invalid API Key", type: "authentication_error" } },
    code: "authentication",
    says: [keyWords],
  },
  "llama.cpp: a template without tools": {
    status: 500,
    body: {
      error: { code: 500, message: "tools param requires --jinja flag", type: "server_error" },
    },
    code: "invalid-request",
    triesPlainText: true,
    says: [/--jinja/],
  },
  "vLLM: more than the context": {
    status: 400,
    body: {
      object: "error",
      message:
        "This model's maximum context length is 4096 tokens. However, you requested 9000 tokens.",
      type: "BadRequestError",
      param: null,
      code: 400,
    },
    code: "context-length",
    says: [/too long/, /4096/],
  },
  "vLLM: an unknown model": {
    status: 404,
    body: {
      object: "error",
      message: "The model `m` does not exist.",
      type: "NotFoundError",
      param: null,
      code: 404,
    },
    code: "model-not-found",
    says: [/does not exist/],
  },
  "vLLM: tools that were not switched on": {
    status: 400,
    body: {
      error: {
        message:
          '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
        type: "BadRequestError",
        code: 400,
      },
    },
    code: "invalid-request",
    says: [/--enable-auto-tool-choice/],
  },
  "LM Studio: more than the context": {
    status: 400,
    body: {
      error:
        "Trying to keep the first 9000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens.",
    },
    code: "context-length",
    says: [/too long/, /4096/],
  },
  "LM Studio: no model": {
    status: 404,
    body: {
      error: {
        message: "No models loaded. Please load a model in the developer page.",
        type: "invalid_request_error",
        code: "model_not_found",
      },
    },
    code: "model-not-found",
    says: [/No models loaded/],
  },
  "a path that FastAPI does not have": {
    status: 404,
    body: { detail: "Not Found" },
    code: "not-found",
    says: [/http:\/\/127/],
  },
  "a method that is not allowed": {
    status: 405,
    body: { detail: "Method Not Allowed" },
    code: "not-found",
    says: [/Method Not Allowed|405/],
  },
});
