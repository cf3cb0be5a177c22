/** The credentials of one kind as entries that all nodes share: which of them have ended is told, and when one was last used is kept. */
import { log } from "../log";
import {
  EntriesGoneError,
  type EntryKind,
  type OpenEntries,
  type SharedEntries,
} from "./shared-entries";

interface Credential {
  id: string;
  /** Absent: of a server that has no names for people, or of one who had its script token. */
  user?: string | undefined;
  usedAt?: number | undefined;
}

interface CredentialKind {
  /** What the log calls one: "a key". */
  name: string;
  /** Between two uses that are kept, in milliseconds. */
  useMs: number;
}

export interface CredentialParts {
  openEntries: OpenEntries;
  /** Without names, no credential of a person is valid. */
  hasPeople: boolean;
  /** Is told the id of each that has ended. */
  onRemoved: (id: string) => void;
}

export class CredentialEntries<Entry extends Credential> {
  readonly entries: SharedEntries<Entry>;
  readonly #parts: CredentialParts;
  readonly #facts: CredentialKind;
  #known: Set<string>;

  constructor(parts: CredentialParts, kind: EntryKind<Entry>, facts: CredentialKind) {
    this.#parts = parts;
    this.#facts = facts;
    this.entries = parts.openEntries(kind);
    this.#known = this.#ids();
    this.entries.onChange(() => this.#tellRemoved());
  }

  /** Whether a credential of this person, or of nobody by name, may be used here. */
  mayBe({ user }: Pick<Credential, "user">): boolean {
    return user === undefined || this.#parts.hasPeople;
  }

  /** It is used now: kept a second later, as the disk may be slow, and once in `useMs` at most. */
  noteUse(used: Entry): void {
    if (Date.now() - (used.usedAt ?? 0) <= this.#facts.useMs) return;
    used.usedAt = Date.now();
    setTimeout(() => void this.#saveUse(used.id), 1000).unref();
  }

  #ids(): Set<string> {
    return new Set(this.entries.all().map(({ id }) => id));
  }

  #tellRemoved(): void {
    const before = this.#known;
    this.#known = this.#ids();
    for (const id of before) if (!this.#known.has(id)) this.#parts.onRemoved(id);
  }

  async #saveUse(id: string): Promise<void> {
    try {
      await this.entries.change(id, (one) => ({ ...one, usedAt: Date.now() }));
    } catch (err) {
      if (!(err instanceof EntriesGoneError))
        log.warn({ err }, `When ${this.#facts.name} was last used could not be saved`);
    }
  }
}
