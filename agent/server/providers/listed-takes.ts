/** What a model reads besides text, as the lists of models say it: each service in a field of its own. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import type { ModelInfo } from "../../shared/protocol";

const names = z.array(z.string()).nullish().catch(undefined);
const supported = z.object({ supported: z.boolean() }).optional().catch(undefined);

/** Fields of a listed model. */
export const listedTakes = {
  /** OpenRouter and llama.cpp, and xAI without the object around it. */
  architecture: z.object({ input_modalities: names }).nullish().catch(undefined),
  input_modalities: names,
  /** Mistral says `vision`, Anthropic what is below; Ollama and llama.cpp list names. */
  capabilities: z
    .union([
      z.array(z.string()),
      z.object({
        vision: z.boolean().optional().catch(undefined),
        image_input: supported,
        pdf_input: supported,
      }),
    ])
    .nullish()
    .catch(undefined),
};

const listed = z.object(listedTakes);

/** Undefined when the list says nothing of it. */
export function takesOf(model: {
  [Field in keyof typeof listedTakes]?: unknown;
}): ModelInfo["takes"] {
  const { architecture, input_modalities, capabilities } = listed.parse(model);
  const modalities = architecture?.input_modalities ?? input_modalities ?? undefined;
  if (modalities !== undefined) {
    const pdfs = modalities.includes("file") || modalities.includes("pdf") || undefined;
    return defined({ images: modalities.includes("image"), pdfs });
  }
  if (!capabilities) return undefined;
  if (Array.isArray(capabilities)) {
    if (capabilities.some((name) => name === "vision" || name === "multimodal"))
      return { images: true };
    // Only of lists that have a name for it is its absence known.
    return capabilities.includes("completion") ? { images: false } : undefined;
  }
  const images = capabilities.vision ?? capabilities.image_input?.supported;
  const pdfs = capabilities.pdf_input?.supported;
  return images === undefined && pdfs === undefined ? undefined : defined({ images, pdfs });
}
