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
      pricing: { prompt: "0.000002", completion: "0.000008" },
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
