/** The models that a service lists, as far as each can be used: what a service says is shown, sent back, and counted with. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import { efforts, type ModelInfo } from "../../shared/protocol";
import { bounds } from "./bounds";

const name = z
  .string()
  .min(1)
  .max(bounds.nameCharacters)
  .regex(/^\P{C}*$/u);
const usd = z.number().min(0).max(1e6);

const price = z.object({
  input: usd,
  cacheRead: usd.optional().catch(undefined),
  cacheWrite: usd.optional().catch(undefined),
  output: usd,
});

/** What only describes a model is left out when it cannot be used. */
const model = z.object({
  provider: z.string(),
  id: name,
  name: name.optional().catch(undefined),
  contextTokens: z.int().min(1).max(bounds.tokens).optional().catch(undefined),
  takes: z
    .object({ images: z.boolean().optional(), pdfs: z.boolean().optional() })
    .optional()
    .catch(undefined),
  price: price.optional().catch(undefined),
  allows: z
    .object({
      efforts: z.array(z.enum(efforts)).max(efforts.length),
      maxTemperature: z.number().min(0).max(2).optional().catch(undefined),
      temperatureNeedsOff: z.boolean().optional(),
      maxOutputTokens: z.int().min(1).max(bounds.tokens).optional().catch(undefined),
      serviceTiers: z.array(name).max(20),
    })
    .transform(defined)
    .optional()
    .catch(undefined),
});

/** The first `bounds.models` of those that have a usable id. */
export function validModels(listed: ModelInfo[]): ModelInfo[] {
  const models: ModelInfo[] = [];
  for (const one of listed) {
    const { data } = model.safeParse(one);
    if (data !== undefined) models.push(defined({ ...data, name: data.name ?? data.id }));
    if (models.length === bounds.models) break;
  }
  return models;
}
