/** The names of models that were typed in this browser: they are offered again, though no list has them. */
import { createSignal } from "solid-js";
import { host } from "./host";

interface TypedModel {
  provider: string;
  model: string;
}

const name = "rein.typedModels";
const maxKept = 12;
/** As long as the server takes one. */
export const maxNameLength = 200;

const [typed, setTyped] = createSignal(read());

/** Of one provider, the newest first. */
export function typedModels(provider: string): string[] {
  return typed().flatMap((one) => (one.provider === provider ? one.model : []));
}

export function keepTypedModel(provider: string, model: string): void {
  const others = typed().filter((one) => one.provider !== provider || one.model !== model);
  setTyped([{ provider, model }, ...others].slice(0, maxKept));
  try {
    host().sharedStorage().setItem(name, JSON.stringify(typed()));
  } catch (error) {
    console.warn("The name of a model could not be stored:", error);
  }
}

/** What was stored by another version or by hand is left out. */
function read(): TypedModel[] {
  try {
    const stored: unknown = JSON.parse(host().sharedStorage().getItem(name) ?? "[]");
    return Array.isArray(stored) ? stored.filter(isTyped).slice(0, maxKept) : [];
  } catch {
    return []; // no JSON
  }
}

function isTyped(value: unknown): value is TypedModel {
  const { provider, model } = (value ?? {}) as Partial<Record<keyof TypedModel, unknown>>;
  return isName(provider) && isName(model);
}

function isName(value: unknown): boolean {
  return typeof value === "string" && value.trim() !== "" && value.length <= maxNameLength;
}
