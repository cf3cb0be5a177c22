/** What the person has set up of one provider: variables of the environment, and the settings of this machine's server. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { placeOf } from "../../cli/data-directory";
import { providerEntries } from "../../server/catalog/provider-entries";
import { SettingsFile } from "../../server/config/settings-file";
import type { Rein } from "../../sdk/create-rein";
import { defined } from "../../shared/defined";
import type { TaskServerOptions } from "./task-server";

/** What cannot be asked for, as a sentence that says what to do. */
export class WrongChoice extends Error {}

type Environment = Record<string, string | undefined>;

/** Of this provider alone: no other's key is in the server of the tasks. Throws WrongChoice for an unknown one. */
export function settingsOf(provider: string, environment: Environment): TaskServerOptions {
  const entry = providerEntries.find(({ id }) => id === provider);
  if (entry === undefined)
    throw new WrongChoice(
      `There is no provider “${provider}”. There are: ${providerEntries.map(({ id }) => id).join(", ")}.`,
    );
  const names = [entry.keyVariable, entry.baseUrlVariable].filter((name) => name !== undefined);
  const providers = defined(Object.fromEntries(names.map((name) => [name, environment[name]])));
  const path = join(placeOf(undefined, environment).dataDir, "settings.json");
  if (!existsSync(path)) return { providers, settings: {} };
  const { providers: stored, models } = new SettingsFile(path).get();
  return {
    providers,
    settings: {
      ...(stored[provider] && { providers: { [provider]: defined(stored[provider]) } }),
      ...(models[provider] && { models: { [provider]: models[provider] } }),
    },
  };
}

/** Throws WrongChoice when the provider lacks its key or its address. */
export async function checkReady(rein: Rein, provider: string, signal: AbortSignal): Promise<void> {
  const { providers } = await rein.models(signal);
  const found = providers.find(({ id }) => id === provider);
  if (found?.ready === true) return;
  throw new WrongChoice(
    found?.reason ?? `The provider “${provider}” was not found on this machine.`,
  );
}
