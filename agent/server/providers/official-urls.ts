/** Where the makers of the three wires have their own services: the addresses unless the settings name others. */

export const officialUrls = {
  anthropic: "https://api.anthropic.com",
  openai: "https://api.openai.com/v1",
  gemini: "https://generativelanguage.googleapis.com",
} as const;
