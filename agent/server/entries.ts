/** The providers Rein knows, in the order in which one is chosen when nothing else was said. A part of index.ts. */
import type { ProviderEntry } from "./catalog";
import { createAnthropic } from "./providers/anthropic";
import { createDemo } from "./providers/demo";
import { createGemini } from "./providers/gemini";
import { createOpenAI } from "./providers/openai";
import { createOpenAIChat } from "./providers/openai-chat";

export const providerEntries: ProviderEntry[] = [
  {
    id: "anthropic",
    name: "Anthropic",
    create: createAnthropic,
    keyVariable: "ANTHROPIC_API_KEY",
    baseUrlVariable: "ANTHROPIC_BASE_URL",
  },
  {
    id: "openai",
    name: "OpenAI",
    create: createOpenAI,
    keyVariable: "OPENAI_API_KEY",
    baseUrlVariable: "OPENAI_BASE_URL",
  },
  {
    id: "gemini",
    name: "Google Gemini",
    create: createGemini,
    keyVariable: "GEMINI_API_KEY",
    baseUrlVariable: "GOOGLE_GEMINI_BASE_URL",
  },
  compatible("openrouter", "OpenRouter", "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1"),
  compatible("xai", "xAI", "XAI_API_KEY", "https://api.x.ai/v1"),
  {
    id: "openai-chat",
    name: "OpenAI-compatible server",
    create: (config) => createOpenAIChat({ ...config, keyVariable: "OPENAI_COMPATIBLE_API_KEY" }),
    keyVariable: "OPENAI_COMPATIBLE_API_KEY",
    baseUrlVariable: "OPENAI_COMPATIBLE_BASE_URL",
    needsBaseUrl: true,
  },
  local("ollama", "Ollama", "http://127.0.0.1:11434/v1"),
  local("lmstudio", "LM Studio", "http://127.0.0.1:1234/v1"),
  local("llamacpp", "llama.cpp", "http://127.0.0.1:8080/v1"),
  local("vllm", "vLLM", "http://127.0.0.1:8000/v1"),
  { id: "demo", name: "Demo (scripted)", create: () => createDemo(), defaultModel: "scripted" },
];

/** A service that speaks Chat Completions. */
function compatible(
  id: string,
  name: string,
  keyVariable: string,
  defaultBaseUrl: string,
): ProviderEntry {
  const create: ProviderEntry["create"] = (config) =>
    createOpenAIChat({ ...config, id, name, keyVariable });
  return { id, name, keyVariable, defaultBaseUrl, create };
}

/** A server on this machine, found at its usual port. */
function local(id: string, name: string, defaultBaseUrl: string): ProviderEntry {
  const create: ProviderEntry["create"] = (config) => createOpenAIChat({ ...config, id, name });
  return { id, name, defaultBaseUrl, local: true, create };
}
