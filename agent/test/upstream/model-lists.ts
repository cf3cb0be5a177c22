/** The model lists of the scripted upstream, one per wire. */

export const anthropicModels = {
  data: [
    {
      type: "model",
      id: "claude-sonnet-4-5",
      display_name: "Claude Sonnet 4.5",
      created_at: "2025-09-29T00:00:00Z",
      max_input_tokens: 200_000,
      max_tokens: 64_000,
    },
    {
      type: "model",
      id: "claude-of-tomorrow",
      display_name: "Claude of Tomorrow",
      max_tokens: 256_000,
      capabilities: {
        effort: {
          supported: true,
          low: { supported: true },
          medium: { supported: false },
          high: { supported: true },
        },
        thinking: { supported: true, types: { adaptive: { supported: true } } },
        image_input: { supported: true },
        pdf_input: { supported: false },
      },
    },
  ],
  has_more: false,
  first_id: "claude-sonnet-4-5",
  last_id: "claude-of-tomorrow",
};

/** The last two as OpenRouter and as vLLM list theirs. */
export const openaiModels = {
  object: "list",
  data: [
    { id: "gpt-5.4", object: "model", created: 0, owned_by: "openai" },
    { id: "gpt-of-tomorrow", object: "model", created: 0, owned_by: "openai" },
    { id: "text-embedding-3-small", object: "model", created: 0, owned_by: "openai" },
    {
      id: "maker/priced-model",
      name: "Maker: Priced Model",
      object: "model",
      created: 0,
      context_length: 131_072,
      architecture: { input_modalities: ["text", "image", "file"] },
      pricing: {
        prompt: "0.000002",
        completion: "0.000008",
        input_cache_read: "0.0000002",
        input_cache_write: "0.0000025",
      },
    },
    { id: "local-model", object: "model", created: 0, owned_by: "vllm", max_model_len: 32_768 },
  ],
};

export const geminiModels = {
  models: [
    {
      name: "models/gemini-2.5-flash",
      displayName: "Gemini 2.5 Flash",
      inputTokenLimit: 1_048_576,
      outputTokenLimit: 65_536,
      thinking: true,
      maxTemperature: 1.5,
      supportedGenerationMethods: ["generateContent", "countTokens"],
    },
    {
      name: "models/text-embedding-004",
      displayName: "Text Embedding 004",
      inputTokenLimit: 2048,
      supportedGenerationMethods: ["embedContent"],
    },
  ],
};

/** Ollama: a model whose window its user chose, one that is loaded, one that is neither, one from before the list told windows, one for vectors. */
export const ollamaFacts = {
  tags: {
    models: [
      { ...tag("chosen:8b"), details: { context_length: 131_072 } },
      {
        ...tag("loaded:latest"),
        details: { context_length: 131_072 },
        capabilities: ["completion", "tools", "thinking"],
      },
      { ...tag("usual:8b"), details: { context_length: 131_072 } },
      { ...tag("small:1b"), details: { context_length: 8192 } },
      { name: "old:7b", model: "old:7b", details: {} },
      { ...tag("vectors:latest"), capabilities: ["embedding"] },
    ],
  },
  loaded: {
    models: [
      { name: "loaded:latest", model: "loaded:latest", context_length: 65_536 },
      // As Ollama loads it where memory is short and no size was asked for.
      { name: "usual:8b", model: "usual:8b", context_length: 4096 },
    ],
  },
  shown: {
    "chosen:8b": {
      parameters: 'stop                           "<end>"\nnum_ctx                        16384',
      model_info: { "llama.context_length": 131_072 },
      capabilities: ["completion", "tools"],
    },
    "loaded:latest": { model_info: { "llama.context_length": 131_072 } },
    "usual:8b": { parameters: "temperature 1", model_info: { "qwen3.context_length": 131_072 } },
    "small:1b": { model_info: { "gemma3.context_length": 8192 } },
    "old:7b": { model_info: { "llama.context_length": 40_960, "llama.block_count": 32 } },
  } as Record<string, object>,
};

function tag(name: string) {
  return { name, model: name, size: 1, digest: "0", capabilities: ["completion", "tools"] };
}
