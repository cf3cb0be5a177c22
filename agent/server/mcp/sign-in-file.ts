/** What people's sign-ins to MCP servers have brought, in a file that only its owner can read. None of it leaves the server but to where it was signed in. */
import { z } from "zod";
import { readJson, writeJson } from "../json-file";

const kept = z.strictObject({
  /** What is kept for one address is never sent to another. */
  url: z.string(),
  client: z.looseObject({ client_id: z.string() }).optional(),
  tokens: z.looseObject({ access_token: z.string(), token_type: z.string() }).optional(),
  /** When the person signed in, in milliseconds since 1970. */
  since: z.number().optional(),
});

const schema = z.record(z.string(), kept);

export type KeptSignIn = z.infer<typeof kept>;

export class SignInFile {
  readonly #path: string;
  #all: Record<string, KeptSignIn>;

  /** Throws when the file exists but cannot be read or is not what Rein writes. */
  constructor(path: string) {
    this.#path = path;
    this.#all =
      readJson({
        path,
        name: "MCP sign-ins",
        parse: (text) => schema.parse(JSON.parse(text)),
        without: "without them: then people sign in to MCP servers again",
      }) ?? {};
  }

  of(key: string, url: string): KeptSignIn {
    const known = Object.hasOwn(this.#all, key) ? this.#all[key] : undefined;
    return known?.url === url ? known : { url };
  }

  /** Throws what the file system throws, and then changes nothing. */
  keep(key: string, next: KeptSignIn): void {
    this.#save({ ...this.#all, [key]: next });
  }

  /** Forgets those that are not wanted. Throws as `keep` does. */
  retain(isWanted: (key: string, url: string) => boolean): void {
    const rest = Object.entries(this.#all).filter(([key, { url }]) => isWanted(key, url));
    if (rest.length < Object.keys(this.#all).length) this.#save(Object.fromEntries(rest));
  }

  #save(next: Record<string, KeptSignIn>): void {
    writeJson(this.#path, next);
    this.#all = next;
  }
}
