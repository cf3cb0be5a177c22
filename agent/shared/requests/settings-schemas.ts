/** The schemas of the requests that change the settings of the whole server. */
import { z } from "zod";
import { defined } from "../defined";
import { limitBounds, sandboxChoices } from "../protocol";
import { definitionsOff } from "./definition-schemas";
import { engineChanges } from "./engine-schemas";
import { mcpChanges } from "./mcp-schemas";
import { modelOptions, ownFacts, roleChoices, titleChoice } from "./model-schemas";
import { name } from "./value-schemas";

/** Of one provider. */
const entered = z.strictObject({
  apiKey: z.string().trim().min(1).max(10_000).nullable().optional(),
  baseUrl: z
    .string()
    .trim()
    .min(1)
    .max(2000)
    .nullable()
    .optional()
    .describe("As people paste it; the server says what is wrong with it."),
});

/** As it would be saved. The model is asked for a word where the service has no list. */
export const providerTestRequest = entered.extend({ model: name.optional() });

const allowedPrivate = z
  .array(
    z
      .string()
      .trim()
      .toLowerCase()
      .max(300)
      .regex(
        /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$|^[0-9a-f:]+$/,
        "expected a host or an address, with or without a port",
      ),
  )
  .max(100);
const searchKey = z.string().trim().min(1).max(10_000);
const searxng = z.strictObject({
  service: z.literal("searxng"),
  url: z
    .url({ protocol: /^https?$/, message: "expected an address with http:// or https://" })
    .max(2000)
    .refine((text) => {
      const url = URL.parse(text);
      return url?.username === "" && url.password === "";
    }, "expected an address without a user name and a password"),
});
/** The model's own service, within its answer. */
const provided = z.strictObject({ service: z.literal("provider") });
const keyed = z.enum(["brave", "tavily"]);

/** As the settings file has them. */
export const webSettings = z.object({
  allowedPrivate: allowedPrivate.default([]),
  search: z
    .discriminatedUnion("service", [
      z.strictObject({ service: keyed, apiKey: searchKey }),
      searxng,
      provided,
    ])
    .optional(),
});

/** `null` turns the search off. A key that is not named is kept while the service stays. */
const webChange = z.strictObject({
  search: z
    .discriminatedUnion("service", [
      z.strictObject({
        service: keyed,
        apiKey: searchKey
          .regex(/^[\x21-\x7E]+$/, "expected a key as the service gives it, of ASCII and no spaces")
          .optional(),
      }),
      searxng,
      provided,
    ])
    .nullable()
    .optional(),
  allowedPrivate: allowedPrivate
    .optional()
    .describe("Hosts of private networks that fetch may reach, replaced as a whole."),
});

/** `null` removes a value; absent leaves it as it is. */
export const settingsRequest = z.strictObject({
  provider: name.nullable().optional(),
  model: name.nullable().optional(),
  models: z
    .record(
      name,
      z.record(
        name,
        ownFacts
          .refine((facts) => Object.keys(defined(facts)).length > 0, {
            message: "expected a price, a window, or how it changes files",
          })
          .nullable(),
      ),
    )
    .optional(),
  options: modelOptions.optional(),
  roles: roleChoices.optional().describe("Each that is named is replaced."),
  titles: titleChoice.optional(),
  providers: z.record(z.string(), entered).optional(),
  engines: engineChanges.optional(),
  web: webChange.optional(),
  mcp: mcpChanges.optional(),
  definitionsOff: definitionsOff
    .optional()
    .describe("What of the person’s own instructions, commands, skills and roles is off."),
});

const limitChoice = (name: keyof typeof limitBounds, expected: string) => {
  const { least, most } = limitBounds[name];
  const number = z.number().refine((value) => value >= least && value <= most, {
    message: `expected “auto”, “none”, or ${expected}`,
  });
  return z.union([z.enum(["auto", "none"]), name === "jobCpus" ? number : number.int()]);
};

/** Absent leaves a value as it is. The server checks each domain and name as it checks those of its options. */
export const commandsRequest = z.strictObject({
  sandbox: z.enum(sandboxChoices).optional(),
  network: z.union([z.enum(["on", "off"]), z.array(z.string()).max(1000)]).optional(),
  environment: z.array(z.string()).max(1000).optional(),
  jobMemory: limitChoice("jobMemory", "at least 64 MB").optional().describe("In bytes."),
  jobProcesses: limitChoice("jobProcesses", "at least 16 processes").optional(),
  jobCpus: limitChoice("jobCpus", "at least 0.1 processors").optional(),
});

export type CommandsRequest = z.infer<typeof commandsRequest>;
export type ProviderTestRequest = z.infer<typeof providerTestRequest>;
export type WebSettings = z.output<typeof webSettings>;
export type WebChange = z.output<typeof webChange>;
export type SettingsRequest = z.input<typeof settingsRequest>;
