/** Addresses of services are accepted as people paste them. */
import { expect, test } from "bun:test";
import { type AddressForm, readBaseUrl } from "../server/catalog/base-url";

const accepted: [AddressForm, string, string][] = [
  ["anthropic", "https://api.anthropic.com", "https://api.anthropic.com"],
  ["anthropic", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com"],
  ["anthropic", "api.anthropic.com/v1/", "https://api.anthropic.com"],
  ["anthropic", "https://gateway.example/claude/v1", "https://gateway.example/claude"],
  ["openai", "https://api.example.com", "https://api.example.com/v1"],
  ["openai", "https://api.example.com/v1/", "https://api.example.com/v1"],
  ["openai", " https://api.example.com/v1/chat/completions ", "https://api.example.com/v1"],
  ["openai", "https://api.example.com/v1/models", "https://api.example.com/v1"],
  ["openai", "https://api.example.com/v1/responses", "https://api.example.com/v1"],
  ["openai", "https://api.example.com/v2?key=1#top", "https://api.example.com/v2"],
  ["openai", "https://api.z.ai/api/paas/v4//", "https://api.z.ai/api/paas/v4"],
  ["openai", "localhost:8080", "http://localhost:8080/v1"],
  ["openai", "192.168.1.5:8080/v1", "http://192.168.1.5:8080/v1"],
  ["openai", "[::1]:8080", "http://[::1]:8080/v1"],
  ["openai", "http://box/v1/v1", "http://box/v1/v1"],
  ["openai", "box.lan", "http://box.lan/v1"],
  ["openai", "models.example.com:9000", "http://models.example.com:9000/v1"],
  ["openai", "https://user:word@box:8443/v1", "https://user:word@box:8443/v1"],
  ["openai", "openrouter.ai", "https://openrouter.ai/api/v1"],
  ["openai", "https://api.groq.com/", "https://api.groq.com/openai/v1"],
  ["openai", "https://api.perplexity.ai/chat/completions", "https://api.perplexity.ai"],
  ["openai", "https://mine.openai.azure.com", "https://mine.openai.azure.com/openai/v1"],
  [
    "openai",
    "https://generativelanguage.googleapis.com/v1beta/openai/",
    "https://generativelanguage.googleapis.com/v1beta/openai",
  ],
  [
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta",
    "https://generativelanguage.googleapis.com",
  ],
  [
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta/openai/",
    "https://generativelanguage.googleapis.com",
  ],
  [
    "gemini",
    "https://generativelanguage.googleapis.com/v1beta/models/gemini-3.1-pro:streamGenerateContent?alt=sse",
    "https://generativelanguage.googleapis.com",
  ],
  ["gemini", "http://127.0.0.1:9000/v1", "http://127.0.0.1:9000"],
  ["ollama", "http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"],
  ["ollama", "http://127.0.0.1:11434/v1/chat/completions", "http://127.0.0.1:11434"],
  ["ollama", "http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434"],
  ["ollama", "http://127.0.0.1:11434/api/", "http://127.0.0.1:11434"],
  ["ollama", "box:11434", "http://box:11434"],
  ["ollama", "box.example.com", "http://box.example.com:11434"],
  ["ollama", "0.0.0.0", "http://127.0.0.1:11434"],
  ["ollama", "[::]:8000", "http://127.0.0.1:8000"],
  ["ollama", ":8000/v1", "http://127.0.0.1:8000"],
  ["ollama", "<https://ollama.com>", "https://ollama.com"],
];

test.each(accepted)("for %s, “%s” becomes %s", (form, entered, baseUrl) => {
  expect(readBaseUrl(entered, form)).toEqual({ baseUrl });
  // What was made of it stays what it is.
  expect(readBaseUrl(baseUrl, form)).toEqual({ baseUrl });
});

test.each([
  "",
  "ftp://box/v1",
  "https://",
  "https:///v1",
  "my server",
  "sk-key with spaces",
  "javascript:alert(1)",
  "http://[::1",
])("“%s” is refused with an address to enter", (entered) => {
  expect(readBaseUrl(entered, "openai")).toEqual({
    problem: expect.stringContaining("Enter one like https://api.example.com/v1."),
  });
});
