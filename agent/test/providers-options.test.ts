/** What a person chooses for a model is sent as its service documents it, and never in a request that the service refuses. */
import { expect, test } from "bun:test";
import { takenOptions } from "../shared/model-options";
import { efforts, type ModelOptions } from "../shared/protocol";
import { summaryRequest } from "../server/agent/compaction";
import type { TurnRequest } from "../server/agent/turn-types";
import { chatAllows, optionFields } from "../server/providers/openai/openai-chat-options";
import { openaiAllows } from "../server/providers/openai/openai-models";
import { refusedOption } from "../server/providers/refusal";
import {
  ask,
  collect,
  collectFailure,
  finished,
  messageOf,
  type ProviderCase,
  providerCases,
  userMessage,
} from "./provider-wires";
import { refuseOpenAIOptions } from "./upstream/refused-options";
import { upstreamScene } from "./upstream-scene";
import { failure, reasoning, type Step, text, toolCall } from "./upstream/upstream";

const live = new AbortController().signal;
const [anthropic, openai, chat, gemini, ollama] = providerCases;

const upstream = upstreamScene();

const models: { wire: ProviderCase; names: string[] }[] = [
  {
    wire: anthropic,
    names: [
      "claude-opus-5-5",
      "claude-sonnet-5-5",
      "claude-haiku-5-5",
      "claude-opus-5",
      "claude-fable-5-1",
      "claude-opus-4-7",
      "claude-sonnet-4-6",
      "claude-haiku-4-5",
      "claude-sonnet-4-20250514",
      "claude-3-5-haiku-20241022",
    ],
  },
  {
    wire: openai,
    names: [
      "gpt-6-astra",
      "gpt-6-luna",
      "gpt-5.4",
      "gpt-5.4-pro",
      "gpt-5.3-codex",
      "gpt-5",
      "gpt-5-pro",
      "o3",
      "gpt-4.1",
    ],
  },
  {
    wire: gemini,
    names: [
      "gemini-3.8-flash",
      "gemini-3-pro-preview",
      "gemini-2.5-pro",
      "gemini-2.5-flash",
      "gemini-2.0-flash",
    ],
  },
];

/** Every effort with every temperature, with all of the rest at its least, its most, and absent. */
const choices: ModelOptions[] = [undefined, ...efforts].flatMap((effort) =>
  [undefined, 0.3, 1.7].flatMap((temperature) =>
    [{}, { maxOutputTokens: 16, serviceTier: "flex" }, { maxOutputTokens: 9_000_000 }].map((rest) =>
      Object.assign(rest, effort && { effort }, temperature && { temperature }),
    ),
  ),
);

const cases = models.flatMap(({ wire, names }) => names.map((name) => ({ wire, name })));

test.each(cases)("no choice for $name leads to a refused request", async ({ wire, name }) => {
  const provider = wire.create(upstream);
  for (const chosen of choices) {
    upstream.script([text("Yes.")]);
    await collect(provider.stream({ ...ask(name), options: chosen }, live));
  }
  expect(upstream.requests.filter(({ refusal }) => refusal)).toEqual([]);
});

test.each([
  ["claude-opus-5-5", { effort: "low" }, { output_config: { effort: "low" } }],
  ["claude-opus-5", { effort: "off" }, { thinking: { type: "disabled" } }],
  ["claude-sonnet-5-5", { effort: "off" }, { thinking: { type: "between_tools" } }],
  ["claude-opus-5-5", { effort: "off" }, { thinking: { type: "adaptive" } }],
  [
    "claude-haiku-4-5",
    { effort: "high" },
    { thinking: { type: "enabled", budget_tokens: 30_000 } },
  ],
  [
    "claude-haiku-4-5",
    { effort: "high", maxOutputTokens: 4000 },
    { thinking: { type: "enabled", budget_tokens: 2000 }, max_tokens: 4000 },
  ],
  ["claude-haiku-4-5", { effort: "off", temperature: 0.2 }, { temperature: 0.2 }],
  ["claude-opus-5-5", { serviceTier: "standard_only" }, { service_tier: "standard_only" }],
  [
    "claude-of-tomorrow",
    { effort: "high", temperature: 0.5 },
    { output_config: { effort: "high" } },
  ],
] as const)("Anthropic: %s with %j", async (model, options, expected) => {
  expect(await bodyOf(anthropic, model, options)).toMatchObject(expected);
});

test.each([
  [
    "gpt-5.4",
    { effort: "off", temperature: 0.2 },
    { reasoning: { effort: "none" }, temperature: 0.2 },
  ],
  ["gpt-5.4", { effort: "high" }, { reasoning: { effort: "high", summary: "auto" } }],
  [
    "gpt-4.1",
    { maxOutputTokens: 16, serviceTier: "priority" },
    { max_output_tokens: 16, service_tier: "priority" },
  ],
  ["gpt-of-tomorrow", { effort: "low" }, { reasoning: { effort: "low" } }],
] as const)("Responses: %s with %j", async (model, options, expected) => {
  expect(await bodyOf(openai, model, options)).toMatchObject(expected);
});

test.each([
  ["gemini-3.8-flash", { effort: "medium" }, { thinkingConfig: { thinkingLevel: "MEDIUM" } }],
  ["gemini-2.5-flash", { effort: "off" }, { thinkingConfig: { thinkingBudget: 0 } }],
  [
    "gemini-2.5-pro",
    { maxOutputTokens: 500, temperature: 0 },
    { maxOutputTokens: 500, temperature: 0 },
  ],
] as const)("Gemini: %s with %j", async (model, options, expected) => {
  const { generationConfig } = await bodyOf(gemini, model, options);
  expect(generationConfig).toMatchObject(expected);
});

test("Gemini: the service tier is sent beside the configuration", async () => {
  expect(await bodyOf(gemini, "gemini-3.8-flash", { serviceTier: "flex" })).toMatchObject({
    serviceTier: "flex",
  });
});

test("Chat: an unknown server is sent what was chosen in OpenAI's own fields", async () => {
  const options = {
    effort: "off",
    temperature: 0.5,
    maxOutputTokens: 900,
    serviceTier: "slow",
  } as const;
  expect(await bodyOf(chat, "local-model", options)).toMatchObject({
    reasoning_effort: "none",
    temperature: 0.5,
    max_tokens: 900,
    service_tier: "slow",
  });
});

test.each([
  ["openrouter", "https://a-proxy.test/v1", { reasoning: { effort: "low" }, max_tokens: 900 }],
  [
    "openai-chat",
    "https://openrouter.ai/api/v1",
    { reasoning: { effort: "low" }, max_tokens: 900 },
  ],
  [
    "openai-chat",
    "https://api.openai.com/v1",
    { reasoning_effort: "low", max_completion_tokens: 900 },
  ],
  ["openai-chat", "https://api.deepseek.com", { max_tokens: 900 }],
  ["openai-chat", "https://api.moonshot.ai/v1", { thinking: { type: "enabled" }, max_tokens: 900 }],
  [
    "openai-chat",
    "https://dashscope.aliyuncs.com/compatible-mode/v1",
    { enable_thinking: true, max_tokens: 900 },
  ],
  ["openai-chat", "http://127.0.0.1:8000/v1", { reasoning_effort: "low", max_tokens: 900 }],
])("Chat: the service %s at %s is told in its own fields", (id, baseUrl, expected) => {
  const options = { effort: "low", maxOutputTokens: 900 } as const;
  expect(optionFields({ model: "usual", options }, { id, baseUrl })).toEqual(expected);
});

test("Chat: a server that passes on to OpenAI is told its models’ maximum by the name that they take", () => {
  const place = { id: "openai-chat", baseUrl: "https://a-proxy.test/v1" };
  const body = optionFields({ model: "gpt-5.4", options: { maxOutputTokens: 900 } }, place);
  expect([body, refuseOpenAIOptions(body, "gpt-5.4")]).toEqual([
    { max_completion_tokens: 900 },
    undefined,
  ]);
});

test("Chat: OpenAI refuses no choice for its models", () => {
  const place = { id: "openai-chat", baseUrl: "https://api.openai.com/v1" };
  for (const model of models[1]!.names)
    for (const options of choices) {
      const body = optionFields({ model, options }, place);
      expect([body, refuseOpenAIOptions(body, model)]).toEqual([body, undefined]);
    }
});

test.each([
  [
    "usual:8b",
    { effort: "off", maxOutputTokens: 900 },
    { think: false, options: { num_predict: 900 } },
  ],
  [
    "usual:8b",
    { effort: "low", temperature: 0.3 },
    { think: "low", options: { temperature: 0.3 } },
  ],
] as const)("Ollama: %s with %j", async (model, options, expected) => {
  expect(await bodyOf(ollama, model, options)).toMatchObject(expected);
});

test("a summary is not cut at the most output that was chosen", () => {
  const messages = [userMessage("Hello."), finished(answer())];
  const chosen = { effort: "low", maxOutputTokens: 500 } as const;
  const request = {
    runId: "run",
    messages: () => messages,
    info: () => undefined,
    options: () => chosen,
  };
  const summary = summaryRequest(request as unknown as TurnRequest, 1)!;
  expect(summary.options()).toEqual({ effort: "low" });
});

test.each([
  ["claude-of-tomorrow", anthropic, { maxOutputTokens: 900_000 }, "maximum output “900000”"],
  ["gpt-of-tomorrow", openai, { temperature: 1.5 }, "temperature “1.5”"],
  ["local-model", chat, { effort: "high" }, "effort “high”"],
] as const)(
  "when %s refuses an option, the error says which",
  async (model, wire, options, words) => {
    const refused = {
      maxOutputTokens: "max_tokens: 900000 > 64000, which is the maximum allowed number",
      temperature: "Unsupported parameter: 'temperature' is not supported with this model.",
      effort: '"local-model" does not support thinking',
    }[Object.keys(options)[0] as "effort"];
    upstream.script([failure("invalid-request", { message: refused })]);
    const stream = wire.create(upstream).stream({ ...ask(model), options }, live);
    const { error } = await collectFailure(stream);
    expect(error).toMatchObject({ code: "option-refused", retryable: false });
    expect(String(error)).toContain(words);
    expect(String(error)).toContain(refused);
  },
);

test("a refused option is known by the parameter that the service names, too", () => {
  const refused = (param: string) =>
    refusedOption({ effort: "high" }, { status: 400, message: "Unsupported value.", param }, false);
  expect(refused("reasoning.effort")).toContain("effort “high”");
  expect(refused("input[3].reasoning")).toBeUndefined();
  expect(refused("temperature")).toBeUndefined();
});

test("a refused history is not taken for a refused option", async () => {
  const message = "messages.1.content.0: Invalid `signature` in `thinking` block";
  upstream.script([failure("invalid-request", { message })]);
  const request = { ...ask("claude-opus-5-5"), options: { effort: "low" as const } };
  const { error } = await collectFailure(anthropic.create(upstream).stream(request, live));
  expect(error).toMatchObject({ code: "invalid-request" });
});

test("thinking may be turned off and on again in the middle of a conversation with tools", async () => {
  for (const model of ["claude-haiku-4-5", "claude-sonnet-4-6", "claude-sonnet-5-5"]) {
    const messages = [userMessage("Hello.")];
    const thinking: unknown[] = [];
    for (const effort of ["high", "off", "off", "high", "high"] as const) {
      upstream.script(stepsOf(effort));
      const request = { ...ask(model, ...messages), options: { effort } };
      const events = await collect(anthropic.create(upstream).stream(request, live));
      messages.push(finished(messageOf(events, "anthropic", model)), userMessage("Go on."));
      const { body } = upstream.requests.at(-1)!;
      const sent = JSON.stringify(body["messages"]).includes('"signature"');
      thinking.push([(body["thinking"] as { type: string } | undefined)?.type, sent]);
    }
    const [, off, , , on] = thinking as [string, boolean][];
    expect(off![1]).toBeFalse();
    expect(on![1]).toBeTrue();
  }
  expect(upstream.requests.filter(({ refusal }) => refusal)).toEqual([]);
});

test("the lists say what can be chosen, as far as they know it", async () => {
  const found = await Promise.all(providerCases.map((one) => one.create(upstream).models(live)));
  const allows = Object.fromEntries(found.flat().map((one) => [one.id, one.allows]));
  expect(allows["claude-sonnet-4-5"]).toMatchObject({ maxOutputTokens: 64_000, maxTemperature: 1 });
  expect(allows["claude-of-tomorrow"]).toEqual({
    efforts: ["low", "high"],
    maxOutputTokens: 256_000,
    serviceTiers: ["auto", "standard_only"],
  });
  expect(allows["gpt-of-tomorrow"]).toBeUndefined();
  expect(allows["gemini-2.5-flash"]).toMatchObject({
    maxOutputTokens: 65_536,
    maxTemperature: 1.5,
  });
  expect(allows["local-model"]).toBeUndefined();
});

test("OpenRouter's list says what can be chosen", () => {
  const place = { id: "openrouter", baseUrl: "https://openrouter.ai/api/v1" };
  const listed = {
    supported_parameters: ["reasoning", "max_tokens"],
    reasoning: { mandatory: true, supported_efforts: ["high", "medium", "minimal"] },
    top_provider: { max_completion_tokens: 32_000 },
  };
  expect(chatAllows(place, "maker/model", listed)).toEqual({
    efforts: ["medium", "high"],
    maxOutputTokens: 32_000,
    serviceTiers: [],
  });
  expect(chatAllows(place, "maker/model", { supported_parameters: ["temperature"] })).toEqual({
    efforts: [],
    maxTemperature: 2,
    serviceTiers: [],
  });
});

test("each choice that a model does not take is left out, in words", () => {
  const chosen = {
    effort: "off",
    temperature: 1,
    maxOutputTokens: 1e6,
    serviceTier: "scale",
  } as const;
  const { options, notes } = takenOptions(chosen, openaiAllows("gpt-5"));
  expect(options).toEqual({ maxOutputTokens: 128_000 });
  expect(notes).toEqual([
    "The thinking of this model cannot be turned off: its usual effort is used.",
    "This model takes no temperature: none is sent.",
    "This model writes at most 128,000 tokens: so many are asked for.",
    "The service tier “scale” is not offered for this model: it is not sent.",
  ]);
  expect(takenOptions(chosen, undefined)).toEqual({ options: chosen, notes: [] });
});

function answer() {
  const written = { type: "part-delta", key: "0", delta: "Hi." } as const;
  return messageOf([{ type: "part-start", key: "0", part: "text" }, written], "p", "m");
}

function stepsOf(effort: "off" | "high"): Step[] {
  const call = toolCall("bash", { command: "ls" });
  return effort === "off" ? [text("Now."), call] : [reasoning("Let me look."), text("Now."), call];
}

async function bodyOf(wire: ProviderCase, model: string, options: ModelOptions) {
  upstream.script([text("Yes.")]);
  await collect(wire.create(upstream).stream({ ...ask(model), options }, live));
  return upstream.requests.at(-1)!.body;
}
