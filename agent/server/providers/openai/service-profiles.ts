/** What each service that speaks Chat Completions wants otherwise than the plain server, as data: one row a service, one a family of models. */
import { generationOf } from "../gemini/gemini-models";
import type { SaidCost } from "./chat-usage";
import { openaiAllows } from "./openai-models";
import { grokAllows, openrouter, type OptionForm, thinkingOnOrOff } from "./option-forms";

/** The provider, and where its requests go. */
export interface ServiceAddress {
  id: string;
  baseUrl: string;
}

export interface ServiceRules {
  /** With which answers their reasoning goes back: with those that made calls, or with all. */
  reasoningWith: "calls" | "all";
  /** Stands for the reasoning of an answer with calls that has none of its own: the service refuses it without. */
  missingReasoning?: string;
  /** Stands for the thought signature of an answer's first call that has none, where the service refuses it without. */
  missingSignature?: SignaturePlace;
  /** `nine`: exactly nine letters and digits. */
  callIds: "any" | "nine";
  /** An assistant's message that must stand between a result and a user's message. */
  afterResults?: string;
  /** Whether it takes tools; without, the calls of other models go to it as text. */
  takesTools: boolean;
  /** Its own search of the web, which the model uses as it likes; absent where it has none in this API. */
  searchTool?: { type: string };
  /** Where the name of the conversation goes, so that its requests find what the service has cached. */
  cacheKey?: { field: string } | { header: string };
  /** Asks the service to cache the prompt, where it does not by itself. */
  cacheControl?: { type: "ephemeral" };
  /** Whether the usage must be asked for with `stream_options`: some send it always, and refuse the field. */
  asksForUsage: boolean;
  /** How it says what an answer has cost; absent where it does not, and where nothing is known of it. */
  saysCost?: SaidCost;
}

/** In the call's own `extra_content`, or as a piece of the message's `reasoning_details`. */
type SignaturePlace = "extra_content" | "reasoning_details";

interface ServiceRow {
  /** What people call it. */
  name: string;
  /** The provider's id; not every service has a provider of its own. */
  id?: string;
  /** Its hosts, their subdomains included; one that begins with a hyphen is the end of a name. */
  hosts: string[];
  /** Its list of models is public: this path needs the key. */
  keyPath?: string;
  /** It serves other makers' models: the rows of models hold there too. */
  routes?: true;
  rules: Partial<ServiceRules>;
  options?: OptionForm;
}

const plain: ServiceRules = {
  reasoningWith: "calls",
  callIds: "any",
  takesTools: true,
  asksForUsage: true,
};

/** Mistral's templates, wherever they run; its own API refuses the same. */
const mistral: Partial<ServiceRules> = { callIds: "nine", afterResults: "[turn ended]" };
/** Documented at api-docs.deepseek.com/guides/thinking_mode; an empty one is accepted. */
const deepseek: Partial<ServiceRules> = { missingReasoning: "" };
/** An empty one counts as missing here: a space is the least that is accepted. */
const kimi: Partial<ServiceRules> = { missingReasoning: " " };

const services: ServiceRow[] = [
  {
    name: "OpenAI",
    hosts: ["api.openai.com", "openai.azure.com"],
    rules: { cacheKey: { field: "prompt_cache_key" } },
    options: { maxTokens: "max_completion_tokens", allows: openaiAllows },
  },
  {
    name: "OpenRouter",
    id: "openrouter",
    hosts: ["openrouter.ai"],
    keyPath: "/key",
    routes: true,
    rules: {
      cacheKey: { field: "session_id" },
      saysCost: "credits",
      searchTool: { type: "openrouter:web_search" },
    },
    options: openrouter,
  },
  {
    name: "xAI",
    id: "xai",
    hosts: ["api.x.ai"],
    rules: { cacheKey: { header: "x-grok-conv-id" }, saysCost: "ticks" },
    options: { allows: grokAllows },
  },
  {
    name: "DeepSeek",
    id: "deepseek",
    hosts: ["api.deepseek.com"],
    rules: { ...deepseek, reasoningWith: "all" },
    options: {
      ...thinkingOnOrOff,
      allows: () => ({ efforts: ["off", "high"], maxTemperature: 2, serviceTiers: [] }),
    },
  },
  {
    name: "Mistral",
    id: "mistral",
    hosts: ["api.mistral.ai", "codestral.mistral.ai"],
    rules: {
      ...mistral,
      reasoningWith: "all",
      cacheKey: { field: "prompt_cache_key" },
      asksForUsage: false,
    },
  },
  {
    name: "Groq",
    id: "groq",
    hosts: ["api.groq.com"],
    rules: {},
  },
  {
    name: "Moonshot AI",
    id: "moonshot",
    hosts: ["api.moonshot.ai", "api.moonshot.cn", "api.kimi.com"],
    rules: {
      ...kimi,
      reasoningWith: "all",
      cacheKey: { field: "prompt_cache_key" },
    },
    options: thinkingOnOrOff,
  },
  { name: "Z.ai", hosts: ["api.z.ai", "open.bigmodel.cn"], rules: {}, options: thinkingOnOrOff },
  {
    name: "Alibaba Cloud",
    id: "alibaba",
    hosts: ["aliyuncs.com"],
    routes: true,
    rules: {},
    options: { effort: (effort) => ({ enable_thinking: effort !== "off" }) },
  },
  {
    name: "Perplexity",
    id: "perplexity",
    hosts: ["api.perplexity.ai"],
    rules: { takesTools: false, asksForUsage: false },
  },
  {
    name: "Google Gemini",
    hosts: [
      "generativelanguage.googleapis.com",
      "aiplatform.googleapis.com",
      // Of one region, such as us-central1.
      "-aiplatform.googleapis.com",
    ],
    rules: { missingSignature: "extra_content" },
  },
  { name: "Cerebras", hosts: ["api.cerebras.ai"], rules: {} },
];

/** Behind a proxy, too: without a signature Google refuses the calls that another model made. */
const gemini3 = { test: (model: string) => (generationOf(model) ?? 0) >= 3 };

interface ModelRow {
  model: Pick<RegExp, "test">;
  rules: Partial<ServiceRules>;
  /** Only at this service. */
  at?: string;
}

/** Where a model's name decides: at routers, and at servers that have no row. */
const models: ModelRow[] = [
  { model: /stral/i, rules: mistral },
  { model: /deepseek/i, rules: deepseek },
  { model: /kimi/i, rules: kimi },
  { model: gemini3, rules: { missingSignature: "extra_content" } },
  { model: gemini3, at: "openrouter", rules: { missingSignature: "reasoning_details" } },
  {
    model: /^anthropic\//i,
    at: "openrouter",
    rules: { cacheControl: { type: "ephemeral" } },
  },
];

/** What people call the service at this address; undefined for one that has no row. */
export function serviceName(provider: string, baseUrl: string): string | undefined {
  return find(provider, baseUrl)?.name;
}

/** Whether the service at this address states what an answer has cost. */
export function statesCost(provider: string, baseUrl = ""): boolean {
  return find(provider, baseUrl)?.rules.saysCost !== undefined;
}

/** Where the service at this address tells whether it takes a key; undefined where its list of models does. */
export function keyPath(provider: string, baseUrl: string): string | undefined {
  return find(provider, baseUrl)?.keyPath;
}

/** How the service at this address is told what was chosen; empty for one that is as any other. */
export function optionFormAt({ id, baseUrl }: ServiceAddress): OptionForm {
  return find(id, baseUrl)?.options ?? {};
}

/** The rules for one model of a provider: chosen by the provider's id, else by the host of its address, and by the model's name. */
export function rulesFor(provider: string, baseUrl: string, model: string): ServiceRules {
  const service = find(provider, baseUrl);
  const rules = { ...plain, ...service?.rules };
  if (service !== undefined && !service.routes) return rules;
  for (const row of models)
    if (row.model.test(model) && (row.at === undefined || row.at === service?.id))
      Object.assign(rules, row.rules);
  return rules;
}

function find(provider: string, baseUrl: string): ServiceRow | undefined {
  const host = URL.canParse(baseUrl) ? new URL(baseUrl).hostname : "";
  return (
    services.find(({ id }) => id === provider) ??
    services.find(({ hosts }) => hosts.some((one) => isAt(host, one)))
  );
}

function isAt(host: string, one: string): boolean {
  return host === one || host.endsWith(one.startsWith("-") ? one : `.${one}`);
}
