/** Where the requests of an engine go, and with which key: what the gate adds to them. */
import { officialUrls } from "../providers/official-urls";
import type { SaidCost } from "../providers/openai/chat-usage";
import { rulesFor } from "../providers/openai/service-profiles";
import type { ProviderConfig } from "../providers/provider";
import type { ProviderEntry } from "./provider-set-up";

/** The API that is spoken there, which decides the paths and the header of the key. */
export type GateWire = "anthropic" | "openai" | "gemini";

export interface GateTarget {
  /** For people. */
  name: string;
  wire: GateWire;
  /** To which the wire's client adds its paths, without a slash at the end. */
  baseUrl: string;
  /** Absent: the server takes none. */
  apiKey?: string;
  /** How the service says what an answer of this model has cost. */
  saysCost(model: string): SaidCost | undefined;
}

/** Of a provider that is set up. `missing`: none reaches it from outside of Rein. */
export function gateTarget(
  { id, name, form }: ProviderEntry,
  { apiKey, baseUrl }: ProviderConfig,
): GateTarget | { missing: string } {
  if (form === undefined) return { missing: `${name} answers only Rein itself.` };
  const wire = form === "ollama" ? "openai" : form;
  // Ollama speaks its own API beside Chat Completions.
  const url = form === "ollama" ? `${baseUrl}/v1` : (baseUrl ?? officialUrls[wire]);
  const saysCost = (model: string) => rulesFor(id, url, model).saysCost;
  return { name, wire, baseUrl: url, ...(apiKey !== undefined && { apiKey }), saysCost };
}
