/** The list of models holds what the service states, and adds only known facts. */
import { expect, test } from "bun:test";
import { claudeTraits } from "../server/providers/anthropic/anthropic-models";
import { takesOf } from "../server/providers/listed-takes";
import { providerCases } from "./provider-wires";
import { upstreamScene } from "./upstream-scene";
import type { WireName } from "./upstream/upstream";

const upstream = upstreamScene();

test("Anthropic's models have names and windows", async () => {
  expect(await list("anthropic")).toEqual([
    {
      provider: "anthropic",
      id: "claude-sonnet-4-5",
      name: "Claude Sonnet 4.5",
      contextTokens: 200_000,
    },
    {
      provider: "anthropic",
      id: "claude-of-tomorrow",
      name: "Claude of Tomorrow",
      takes: { images: true, pdfs: false },
    },
  ]);
});

test("OpenAI's list has only chat models, and leaves out unknown facts about them", async () => {
  expect(await list("openai")).toEqual([
    { provider: "openai", id: "gpt-5.4", name: "gpt-5.4" },
    { provider: "openai", id: "gpt-of-tomorrow", name: "gpt-of-tomorrow" },
  ]);
});

test("a compatible server's windows and prices are read under any of their names", async () => {
  const provider = "openai-chat";
  expect((await list(provider)).slice(2)).toEqual([
    {
      provider,
      id: "maker/priced-model",
      name: "Maker: Priced Model",
      contextTokens: 131_072,
      takes: { images: true, pdfs: true },
      price: { input: 2, cacheRead: 0.2, cacheWrite: 2.5, output: 8 },
    },
    { provider, id: "local-model", name: "local-model", contextTokens: 32_768 },
  ]);
});

test.each<[string, Parameters<typeof takesOf>[0], ReturnType<typeof takesOf>]>([
  ["nothing", {}, undefined],
  ["modalities", { architecture: { input_modalities: ["text"] } }, { images: false }],
  ["modalities at the top", { input_modalities: ["text", "image"] }, { images: true }],
  ["a field", { capabilities: { vision: false, completion_chat: true } }, { images: false }],
  ["names", { capabilities: ["completion", "vision"] }, { images: true }],
  ["names without it", { capabilities: ["completion", "tools"] }, { images: false }],
  ["names of another list", { capabilities: ["chat"] }, undefined],
  ["something else", { architecture: 7, input_modalities: "image", capabilities: 1 }, undefined],
])("what a model reads is taken from %s", (_name, listed, takes) => {
  expect(takesOf(listed)).toEqual(takes);
});

test("Gemini's list has only models that generate content", async () => {
  expect(await list("gemini")).toEqual([
    {
      provider: "gemini",
      id: "gemini-2.5-flash",
      name: "Gemini 2.5 Flash",
      contextTokens: 1_048_576,
    },
  ]);
});

test.each([
  ["claude-opus-5-5", "adaptive", true],
  ["claude-fable-5-1", "adaptive", true],
  ["claude-sonnet-5", "adaptive", false],
  ["claude-opus-4-7", "adaptive", false],
  ["claude-opus-4-5-20251101", "budget", false],
  ["claude-sonnet-4-20250514", "budget", false],
  ["claude-3-7-sonnet-latest", "budget", false],
  ["claude-3-5-haiku-20241022", "unasked", false],
  ["claude-of-tomorrow", "unasked", false],
  ["deepseek-chat", "unasked", false],
] as const)("%s is asked to think: %s", (model, thinking, bindsThinking) => {
  expect(claudeTraits(model)).toMatchObject({ thinking, bindsThinking });
});

/** Without what their options may be: providers-options.test.ts has that. */
async function list(wire: WireName) {
  const one = providerCases.find((each) => each.wire === wire)!;
  const models = await one.create(upstream).models(new AbortController().signal);
  return models.map(({ allows: _allows, ...rest }) => rest);
}
