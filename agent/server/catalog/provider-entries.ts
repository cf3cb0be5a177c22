/** The providers Rein knows, in the order in which a default is chosen. */
import type { ProviderEntry } from "./provider-set-up";
import { createDemo } from "../providers/demo/demo";
import type { OpenAIChatOptions } from "../providers/openai/openai-chat";
import { statesCost } from "../providers/openai/service-profiles";
import type { Provider } from "../providers/provider";

export const providerEntries: ProviderEntry[] = [
  {
    id: "anthropic",
    name: "Anthropic",
    form: "anthropic",
    create: (config) =>
      lazy("anthropic", async () =>
        (await import("../providers/anthropic/anthropic")).createAnthropic(config),
      ),
    keyVariable: "ANTHROPIC_API_KEY",
    baseUrlVariable: "ANTHROPIC_BASE_URL",
    keyPage: "platform.claude.com/settings/keys",
    pricesAs: "anthropic",
  },
  {
    id: "openai",
    name: "OpenAI",
    form: "openai",
    create: (config) =>
      lazy("openai", async () => (await import("../providers/openai/openai")).createOpenAI(config)),
    keyVariable: "OPENAI_API_KEY",
    baseUrlVariable: "OPENAI_BASE_URL",
    keyPage: "platform.openai.com/api-keys",
    pricesAs: "openai",
  },
  {
    id: "gemini",
    name: "Google Gemini",
    form: "gemini",
    create: (config) =>
      lazy("gemini", async () => (await import("../providers/gemini/gemini")).createGemini(config)),
    keyVariable: "GEMINI_API_KEY",
    baseUrlVariable: "GOOGLE_GEMINI_BASE_URL",
    keyPage: "aistudio.google.com/apikey",
    pricesAs: "google",
  },
  compatible({
    id: "openrouter",
    name: "OpenRouter",
    keyVariable: "OPENROUTER_API_KEY",
    defaultBaseUrl: "https://openrouter.ai/api/v1",
    keyPage: "openrouter.ai/settings/keys",
  }),
  compatible({
    id: "xai",
    name: "xAI",
    keyVariable: "XAI_API_KEY",
    defaultBaseUrl: "https://api.x.ai/v1",
    keyPage: "console.x.ai",
  }),
  compatible({
    id: "deepseek",
    name: "DeepSeek",
    keyVariable: "DEEPSEEK_API_KEY",
    defaultBaseUrl: "https://api.deepseek.com/v1",
    keyPage: "platform.deepseek.com/api_keys",
  }),
  compatible({
    id: "mistral",
    name: "Mistral",
    keyVariable: "MISTRAL_API_KEY",
    defaultBaseUrl: "https://api.mistral.ai/v1",
    keyPage: "console.mistral.ai/api-keys",
  }),
  compatible({
    id: "groq",
    name: "Groq",
    keyVariable: "GROQ_API_KEY",
    defaultBaseUrl: "https://api.groq.com/openai/v1",
    keyPage: "console.groq.com/keys",
  }),
  compatible({
    id: "moonshot",
    name: "Moonshot AI",
    keyVariable: "MOONSHOT_API_KEY",
    defaultBaseUrl: "https://api.moonshot.ai/v1",
    keyPage: "platform.moonshot.ai/console/api-keys",
  }),
  compatible({
    id: "alibaba",
    name: "Alibaba Cloud",
    keyVariable: "DASHSCOPE_API_KEY",
    defaultBaseUrl: "https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
    keyPage: "modelstudio.console.alibabacloud.com",
  }),
  compatible({
    id: "perplexity",
    name: "Perplexity",
    keyVariable: "PERPLEXITY_API_KEY",
    defaultBaseUrl: "https://api.perplexity.ai",
    keyPage: "www.perplexity.ai/settings/api",
  }),
  {
    id: "openai-chat",
    name: "OpenAI-compatible server",
    form: "openai",
    create: (config) => chat("openai-chat", config),
    keyVariable: "OPENAI_COMPATIBLE_API_KEY",
    baseUrlVariable: "OPENAI_COMPATIBLE_BASE_URL",
    needsBaseUrl: true,
  },
  {
    id: "ollama",
    name: "Ollama",
    form: "ollama",
    local: true,
    create: (config) =>
      lazy("ollama", async () => (await import("../providers/ollama/ollama")).createOllama(config)),
    baseUrlVariable: "OLLAMA_HOST",
    defaultBaseUrl: "http://127.0.0.1:11434",
    emptyAdvice: "Pull one on its machine (ollama pull, and its name), or type a model’s name.",
  },
  local("lmstudio", "LM Studio", "http://127.0.0.1:1234/v1"),
  local("llamacpp", "llama.cpp", "http://127.0.0.1:8080/v1"),
  local("vllm", "vLLM", "http://127.0.0.1:8000/v1"),
  {
    id: "demo",
    name: "Demo (scripted)",
    create: () => createDemo(),
    free: true,
    defaultModel: "scripted",
  },
];

/** A service that speaks Chat Completions. */
function compatible(service: Omit<ProviderEntry, "form" | "create">): ProviderEntry {
  const { id, name } = service;
  return { ...service, form: "openai", create: (config) => chat(id, { ...config, name }) };
}

/** A server on this machine, found at its usual port. */
function local(id: string, name: string, defaultBaseUrl: string): ProviderEntry {
  const create: ProviderEntry["create"] = (config) => chat(id, { ...config, name });
  return { id, name, form: "openai", defaultBaseUrl, local: true, create };
}

function chat(id: string, options: Omit<OpenAIChatOptions, "id">): Provider {
  const provider = lazy(id, async () =>
    (await import("../providers/openai/openai-chat")).createOpenAIChat({ ...options, id }),
  );
  return { ...provider, statesCost: statesCost(id, options.baseUrl) };
}

/** The SDKs take 30 to 60 ms and 20 MB each to load: each is loaded when it is first asked, or by `load`. */
function lazy(id: string, load: () => Promise<Provider>): Provider {
  let loaded: Promise<Provider> | undefined;
  const provider = () => (loaded ??= load());
  return {
    id,
    async *stream(request, signal) {
      const found = await provider();
      signal.throwIfAborted();
      yield* found.stream(request, signal);
    },
    load: async () => void (await provider()),
    models: async (signal) => (await provider()).models(signal),
  };
}
