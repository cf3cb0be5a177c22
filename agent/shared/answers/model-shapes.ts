/** The schemas of what can be chosen: providers, their models, and engines. */
import { z } from "zod";
import {
  type AllowedOptions,
  editForms,
  efforts,
  type EngineGives,
  type EngineInfo,
  type ModelInfo,
  type ModelPrice,
  type Models,
  type OwnModels,
  type ProviderInfo,
  type ProviderState,
  type ProviderTest,
  type SearchTest,
  type WebView,
  type RoleChoices,
} from "../protocol";
import { ownModels, roleChoiceFields, titleChoice } from "../requests";
import { shape } from "./shape";
import { count, modelOptions, takes, text, yes } from "./value-shapes";

const rates = {
  input: count,
  cacheRead: count.optional(),
  cacheWrite: count.optional(),
  output: count,
};

const modelPrice = shape<ModelPrice>(
  "ModelPrice",
  "US dollars for a million tokens.",
)(
  z.strictObject({
    ...rates,
    request: count.optional(),
    tiers: z.array(z.strictObject({ ...rates, above: count })).optional(),
  }),
);

const allowedOptions = shape<AllowedOptions>(
  "AllowedOptions",
  "What options a model takes.",
)(
  z.strictObject({
    efforts: z.array(z.enum(efforts)),
    maxTemperature: count.optional(),
    temperatureNeedsOff: z.boolean().optional(),
    maxOutputTokens: count.optional(),
    serviceTiers: z.array(text),
  }),
);

const modelInfo = shape<ModelInfo>(
  "ModelInfo",
  "A model that can be chosen.",
)(
  z.strictObject({
    provider: text,
    id: text,
    name: text,
    contextTokens: count.optional(),
    takes: takes.optional(),
    edits: z.enum(editForms).optional().describe("How it changes files."),
    allows: allowedOptions.optional(),
    price: modelPrice.optional(),
  }),
);

const providerState = shape<ProviderState>(
  "ProviderState",
  "How a provider does.",
)(
  z.enum([
    "ready",
    "not-set-up",
    "absent",
    "wrong-address",
    "wrong-key",
    "key-refused",
    "access-refused",
    "unreachable",
    "silent",
    "no-api",
    "no-list",
    "empty",
    "failed",
  ]),
);

const providerInfo = shape<ProviderInfo>(
  "ProviderInfo",
  "A provider, and its models.",
)(
  z.strictObject({
    id: text,
    name: text,
    ready: z.boolean().describe("It has the key and the address that it needs."),
    state: providerState,
    reason: text.optional(),
    key: z.enum(["environment", "settings", "none"]).optional(),
    isStored: yes.optional(),
    keyPage: text.optional(),
    runs: z.enum(["here", "anywhere"]).optional(),
    baseUrl: text.optional(),
    statesCost: yes.optional(),
    models: z.array(modelInfo),
  }),
);

const role = z.strictObject({ ...roleChoiceFields.shape, options: modelOptions.optional() });

const roleChoices = shape<RoleChoices>(
  "RoleChoices",
  "What subagents use, by their role.",
)(z.record(text, role));

const own = shape<OwnModels>(
  "OwnModels",
  "What was entered about models, by provider and model.",
)(ownModels);

const web = shape<WebView>(
  "Web",
  "The settings of the web tools.",
)(
  z.strictObject({
    allowedPrivate: z.array(text),
    search: z
      .union([
        z.strictObject({ service: z.enum(["provider", "brave", "tavily"]) }),
        z.strictObject({ service: z.literal("searxng"), url: text }),
      ])
      .optional(),
  }),
);

export const searchTest = shape<SearchTest>(
  "SearchTest",
  "What the search service found for a word, or why nothing.",
)(z.strictObject({ results: count, reason: text.optional() }));

export const models = shape<Models>(
  "Models",
  "What can be chosen.",
)(
  z.strictObject({
    providers: z.array(providerInfo),
    default: z.strictObject({ provider: text, model: text }),
    own,
    options: modelOptions,
    roles: roleChoices,
    titles: titleChoice,
    web,
    cwd: text.describe("The default working directory of a new session."),
  }),
);

export const providerTest = shape<ProviderTest>(
  "ProviderTest",
  "What a service said to a key and an address before they are saved.",
)(
  z.strictObject({
    state: providerState,
    reason: text.optional(),
    models: count,
    examples: z.array(text),
  }),
);

const engineGives = shape<EngineGives>(
  "EngineGives",
  "What an engine can do.",
)(
  z.strictObject({
    toolOutput: z.enum(["live", "end", "none"]),
    stopsSubagents: z.boolean(),
    steers: z.boolean(),
    sumsUp: yes.optional(),
    takesMcpServers: yes.optional(),
    takes: takes.optional(),
    efforts: z.array(z.enum(efforts)).optional(),
    keeps: z.strictObject({ message: z.boolean(), text: z.boolean(), output: z.boolean() }),
  }),
);

export const engineInfo = shape<EngineInfo>(
  "EngineInfo",
  "An engine, and whether it was found.",
)(
  z.strictObject({
    id: text,
    name: text,
    state: z.enum(["ready", "missing", "unusable"]),
    version: text.optional(),
    path: text.optional(),
    reason: text.optional(),
    install: text.optional(),
    providers: z.array(text),
    ownLogin: z.boolean(),
    gives: engineGives,
    enteredPath: text.optional(),
    own: z
      .strictObject({
        command: z.array(text),
        variables: z.array(text),
        writable: z.array(text),
      })
      .optional(),
  }),
);
