/** The schemas of what a person chooses for a model and says of it: options, roles, price, window. */
import { z } from "zod";
import { defined } from "../defined";
import { editForms, efforts } from "../protocol";
import { name } from "./value-schemas";

export const modelOptionFields = z.strictObject({
  effort: z.enum(efforts).optional(),
  temperature: z.number().min(0).max(2).optional(),
  /** The smallest that every service takes. */
  maxOutputTokens: z.int().min(16).max(10_000_000).optional(),
  serviceTier: z
    .string()
    .regex(/^[\w-]{1,40}$/, "expected a service tier: letters, digits, - and _")
    .optional(),
});

export const modelOptions = modelOptionFields.transform(defined);

export const roleChoiceFields = z.strictObject({
  engine: name.optional(),
  provider: name.optional(),
  model: name.optional(),
  options: modelOptions.optional(),
});

export const maxRoles = 200;

/** As its file is called. */
const roleName = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, "expected a role: small letters, digits and -");

const roleChoice = roleChoiceFields
  .refine(
    ({ model, provider, engine }) => model === undefined || (provider ?? engine) !== undefined,
    {
      message: "expected a provider beside the model",
    },
  )
  .transform(defined);

/** By the role of a subagent; an empty choice means the session's own. */
export const roleChoices = z
  .record(roleName, roleChoice)
  .refine((all) => Object.keys(all).length <= maxRoles, `expected at most ${maxRoles} roles`);

export const titleChoice = z.union([
  z.enum(["auto", "off"]),
  z.strictObject({ provider: name, model: name }),
]);

/** US dollars for a million tokens. */
const usd = z.number().min(0).max(1e6);

/** What a person knows of a model: its price, its window, or both. */
export const ownFacts = z.strictObject({
  price: z
    .strictObject({
      input: usd,
      cacheRead: usd.optional(),
      cacheWrite: usd.optional(),
      output: usd,
    })
    .optional(),
  contextTokens: z.int().positive().max(1e9).optional(),
  edits: z.enum(editForms).optional(),
});

/** By provider, then by model. */
export const ownModels = z.record(name, z.record(name, ownFacts));

/** Of `GET /api/models`: a model that no list may have, to be told what is known of it. */
/** `cwd`: the directory whose project is looked at; absent, the server's own. */
export const machineQuery = z.strictObject({ cwd: z.string().optional() });

export const modelsQuery = z.strictObject({ provider: name.optional(), model: name.optional() });
