/** Keys by which programs speak for a person: each has a name, is shown once, and can be revoked. Only hashes are kept. */
import { z } from "zod";
import type { ApiKey, NewApiKey } from "../../shared/protocol";
import { CredentialEntries, type CredentialParts } from "./credential-entries";
import { hashOf, newEntryId, newSecret } from "./secrets";
import type { EntryKind, SharedEntries } from "./shared-entries";

/** By which people and scanners of leaked secrets know one. */
const keyPrefix = "rein_";
/** Of one person. */
export const maxKeys = 50;
const useMs = 60_000;

/** Whether it looks like one. */
export function isApiKey(text: string): boolean {
  return text.startsWith(keyPrefix);
}

const entry = z.strictObject({
  id: z.string(),
  hash: z.string(),
  name: z.string(),
  /** Absent: of a server that has no names for people, or of one who had its script token. */
  user: z.string().optional(),
  createdAt: z.number(),
  usedAt: z.number().optional(),
});

type Entry = z.infer<typeof entry>;

const kind: EntryKind<Entry> = { name: "api-keys", file: "api-keys.json", schema: entry };

/** Methods that change something reject as the entries do, and then nothing has changed. */
export class ApiKeys {
  readonly #credentials: CredentialEntries<Entry>;
  readonly #entries: SharedEntries<Entry>;

  constructor(parts: CredentialParts) {
    this.#credentials = new CredentialEntries(parts, kind, { name: "a key", useMs });
    this.#entries = this.#credentials.entries;
  }

  /** Undefined when the person has as many as may be. */
  async add(name: string, user: string | undefined): Promise<NewApiKey | undefined> {
    const key = keyPrefix + newSecret();
    const made: Entry = {
      id: newEntryId(),
      hash: hashOf(key),
      name,
      ...(user !== undefined && { user }),
      createdAt: Date.now(),
    };
    const bound = {
      most: maxKeys,
      counts: (one: Entry) => this.#credentials.mayBe(one) && one.user === user,
    };
    return (await this.#entries.add(made, bound)) ? { key, entry: shown(made) } : undefined;
  }

  /** The key that is shown; undefined for any other text. */
  async use(key: string): Promise<Pick<Entry, "id" | "user"> | undefined> {
    if (!isApiKey(key)) return undefined;
    const found = await this.#entries.find({ hash: hashOf(key) });
    if (found === undefined || !this.#credentials.mayBe(found)) return undefined;
    this.#credentials.noteUse(found);
    return found;
  }

  has(id: string): boolean {
    return this.#valid().some((one) => one.id === id);
  }

  async find(id: string): Promise<ApiKey | undefined> {
    const found = await this.#entries.find({ id });
    return found && shown(found);
  }

  /** Resolves when `list` has what other nodes know by now. */
  catchUp(): Promise<void> {
    return this.#entries.catchUp();
  }

  /** The newest first. */
  list(): ApiKey[] {
    return this.#valid()
      .toSorted((a, b) => b.createdAt - a.createdAt)
      .map(shown);
  }

  /** Ends one. False when there is none with this id. */
  async remove(id: string): Promise<boolean> {
    return (await this.#entries.remove([id])).length > 0;
  }

  /** Ends all of a person. */
  async removeAll(user: string): Promise<void> {
    await this.#entries.catchUp();
    const own = this.#entries.all().filter((one) => one.user === user);
    await this.#entries.remove(own.map(({ id }) => id));
  }

  #valid(): Entry[] {
    return this.#entries.all().filter((one) => this.#credentials.mayBe(one));
  }
}

function shown({ hash: _hash, ...rest }: Entry): ApiKey {
  return rest;
}
