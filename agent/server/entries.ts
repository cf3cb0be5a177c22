/** The providers Rein knows, in the order in which one is chosen when nothing else was said. A part of index.ts. */
import type { ProviderEntry } from "./catalog";
import { createDemo } from "./providers/demo";

export const providerEntries: ProviderEntry[] = [
  { id: "demo", name: "Demo (scripted)", create: () => createDemo(), defaultModel: "scripted" },
];
