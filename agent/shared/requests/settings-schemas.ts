/** The schemas of the requests that change the settings of the whole server. */
import { z } from "zod";
import { defined } from "../defined";
import { sandboxChoices } from "../protocol";
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
            message: "expected a price, a window, or both",
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
  mcp: mcpChanges.optional(),
});

/** Absent leaves a value as it is. The server checks each domain and name as it checks those of its options. */
export const commandsRequest = z.strictObject({
  sandbox: z.enum(sandboxChoices).optional(),
  network: z.union([z.enum(["on", "off"]), z.array(z.string()).max(1000)]).optional(),
  environment: z.array(z.string()).max(1000).optional(),
});

export type CommandsRequest = z.infer<typeof commandsRequest>;
export type ProviderTestRequest = z.infer<typeof providerTestRequest>;
export type SettingsRequest = z.input<typeof settingsRequest>;
