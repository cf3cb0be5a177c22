/** Keys by which programs speak for a person: each has a name, is shown once, and can be revoked. Only hashes are kept. */
import { z } from "zod";
import type { ApiKey, NewApiKey } from "../../shared/protocol";
import { log } from "../log";
import { hashOf, newEntryId, newSecret } from "./secrets";
import {
  EntriesGoneError,
  type EntryKind,
  type OpenEntries,
  type SharedEntries,
} from "./shared-entries";

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

interface ApiKeyParts {
  openEntries: OpenEntries;
  /** As for sign-ins: without names, no key of a person is valid. */
  hasPeople: boolean;
  /** Is told the id of each key that has ended. */
  onRemoved: (id: string) => void;
}

/** Methods that change something reject as the entries do, and then nothing has changed. */
export class ApiKeys {
  readonly #parts: ApiKeyParts;
  readonly #entries: SharedEntries<Entry>;
  #known: Set<string>;

  constructor(parts: ApiKeyParts) {
    this.#parts = parts;
    this.#entries = parts.openEntries(kind);
    this.#known = new Set(this.#entries.all().map(({ id }) => id));
    this.#entries.onChange(() => this.#tellRemoved());
  }

  /** Undefined when the person has as many as may be. */
  async add(name: string, user: string | undefined): Promise<NewApiKey | undefined> {
    if (this.list().filter((one) => one.user === user).length >= maxKeys) return undefined;
    const key = keyPrefix + newSecret();
    const made: Entry = {
      id: newEntryId(),
      hash: hashOf(key),
      name,
      ...(user !== undefined && { user }),
      createdAt: Date.now(),
    };
    await this.#entries.add(made);
    return { key, entry: shown(made) };
  }

  /** The key that is shown; undefined for any other text. */
  async use(key: string): Promise<Pick<Entry, "id" | "user"> | undefined> {
    if (!isApiKey(key)) return undefined;
    const found = await this.#entries.find({ hash: hashOf(key) });
    if (found === undefined || !this.#isValid(found)) return undefined;
    if (Date.now() - (found.usedAt ?? 0) > useMs) {
      found.usedAt = Date.now();
      // Not before the answer: the disk may be slow.
      setTimeout(() => void this.#saveUse(found.id), 1000).unref();
    }
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
    return this.#entries.all().filter((one) => this.#isValid(one));
  }

  #isValid({ user }: Entry): boolean {
    return user === undefined || this.#parts.hasPeople;
  }

  #tellRemoved(): void {
    const before = this.#known;
    this.#known = new Set(this.#entries.all().map(({ id }) => id));
    for (const id of before) if (!this.#known.has(id)) this.#parts.onRemoved(id);
  }

  async #saveUse(id: string): Promise<void> {
    try {
      await this.#entries.change(id, (one) => ({ ...one, usedAt: Date.now() }));
    } catch (err) {
      if (!(err instanceof EntriesGoneError))
        log.warn({ err }, "When a key was last used could not be saved");
    }
  }
}

function shown({ hash: _hash, ...rest }: Entry): ApiKey {
  return rest;
}
