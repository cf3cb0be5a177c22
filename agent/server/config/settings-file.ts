/** The settings of the settings page: provider keys and defaults, in a file that only its owner can read. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { errorCode } from "../../shared/error-code";
import type { Limits } from "../../shared/protocol";
import { limitsRequest, type SettingsRequest } from "../../shared/requests";
import { writeDurably } from "../durable-file";

const schema = z.object({
  provider: z.string().optional(),
  model: z.string().optional(),
  limits: limitsRequest.prefault({}),
  providers: z
    .record(z.string(), z.object({ apiKey: z.string().optional(), baseUrl: z.string().optional() }))
    .default({}),
});

export type Settings = z.infer<typeof schema>;

export class SettingsFile {
  readonly #path: string;
  #settings: Settings;

  /** Throws when the file exists but cannot be read or is not what Rein writes. */
  constructor(path: string) {
    this.#path = path;
    this.#settings = read(path);
  }

  get(): Settings {
    return this.#settings;
  }

  /** Changes what is named and writes the file (mode 0600, by a rename). Throws what the file system throws, and then changes nothing. */
  update(request: SettingsRequest): void {
    const next: Settings = structuredClone(this.#settings);
    set(next, "provider", request.provider);
    set(next, "model", request.model);
    for (const [id, change] of Object.entries(request.providers ?? {})) {
      const provider = (next.providers[id] ??= {});
      set(provider, "apiKey", change.apiKey);
      set(provider, "baseUrl", change.baseUrl);
    }
    this.#save(next);
  }

  setLimits(limits: Limits): void {
    this.#save({ ...this.#settings, limits });
  }

  #save(next: Settings): void {
    writeDurably(this.#path, `${JSON.stringify(next, null, 2)}\n`);
    this.#settings = next;
  }
}

function read(path: string): Settings {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return schema.parse({});
    throw new Error(
      `The settings file cannot be read: ${(error as Error).message}. Give it to the user that Rein runs as, or choose another directory with REIN_DATA_DIR.`,
      { cause: error },
    );
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(
      `The settings file ${path} is not what Rein writes there. Repair it, or move it away to start with the defaults.`,
      { cause: error },
    );
  }
}

function set<Key extends string>(
  target: { [key in Key]?: string | undefined },
  key: Key,
  value: string | null | undefined,
): void {
  if (value === null) delete target[key];
  else if (value !== undefined) target[key] = value;
}
