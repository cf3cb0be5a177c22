/** Which browsers may speak to the server: one-time tokens, and the credentials of those that signed in. Only hashes are kept. */
import { z } from "zod";
import type { SignIn } from "../../shared/protocol";
import { log } from "../log";
import { CredentialEntries, type CredentialParts } from "./credential-entries";
import { hashOf, newEntryId, newSecret } from "./secrets";
import { EntriesGoneError, type EntryKind, type SharedEntries } from "./shared-entries";

const oneTimeMs = 60 * 60 * 1000;
const dayMs = 24 * oneTimeMs;
const maxUnusedMs = 30 * dayMs;
/** Of one person. */
const maxSignIns = 100;
const maxOneTime = 20;
const laterMs = 1000;
const maxBrowserLength = 200;

const entry = z.strictObject({
  id: z.string(),
  hash: z.string(),
  host: z.string(),
  browser: z.string(),
  /** Absent: of a server that has no names for people, or of one who had its script token. */
  user: z.string().optional(),
  /** A proxy said who it is, and has to say so with each request. */
  viaProxy: z.literal(true).optional(),
  createdAt: z.number(),
  usedAt: z.number(),
});

type Entry = z.infer<typeof entry>;

const signIns: EntryKind<Entry> = {
  name: "sign-ins",
  file: "sign-ins.json",
  schema: entry,
  isMarked: true,
  ifDamaged: "The file of sign-ins cannot be used: every browser has to sign in again",
};

/** `id`: the hash of the token. */
const oneTimeEntry = z.strictObject({
  id: z.string(),
  user: z.string().optional(),
  expiresAt: z.number(),
});

type OneTime = z.infer<typeof oneTimeEntry>;

/** Not in a file: a restart prints a new one. */
const oneTime: EntryKind<OneTime> = { name: "one-time-tokens", schema: oneTimeEntry };

/** A credential of a sign-in, as a request shows it. */
type UsedSignIn = Pick<Entry, "id" | "user" | "viaProxy">;

/**
 * A credential belongs to the host (with its port) that it was made for, and ends when it was not used for 30 days.
 * Methods that change something reject as the entries do, and then nothing has changed.
 */
export class SignIns {
  readonly #credentials: CredentialEntries<Entry>;
  readonly #entries: SharedEntries<Entry>;
  readonly #oneTime: SharedEntries<OneTime>;

  constructor(parts: CredentialParts) {
    this.#credentials = new CredentialEntries(parts, signIns, { name: "a browser", useMs: dayMs });
    this.#entries = this.#credentials.entries;
    this.#oneTime = parts.openEntries(oneTime);
  }

  /** A token that signs one browser in, within an hour. Of more than 20 unused ones of one person the oldest ends. */
  async offer(user?: string): Promise<{ token: string; expiresAt: number }> {
    const token = newSecret();
    return { token, expiresAt: await this.#offer(token, user) };
  }

  /** The same of nobody by name; where nothing can be changed now, it is valid as soon as that can be. */
  async offerOrLater(): Promise<{ token: string; isKnown: boolean }> {
    const token = newSecret();
    const isKnown = await this.#attempt(token);
    const until = performance.now() + oneTimeMs;
    const again = (): void => {
      const timer = setTimeout(() => {
        this.#attempt(token).then(
          (isDone) => !isDone && performance.now() < until && again(),
          (err: unknown) => log.warn({ err }, "The printed address is not valid"),
        );
      }, laterMs);
      timer.unref();
    };
    if (!isKnown) again();
    return { token, isKnown };
  }

  async #attempt(token: string): Promise<boolean> {
    try {
      await this.#offer(token);
      return true;
    } catch (error) {
      if (error instanceof EntriesGoneError) return false;
      throw error;
    }
  }

  async #offer(token: string, user?: string): Promise<number> {
    const now = Date.now();
    const expiresAt = now + oneTimeMs;
    await this.#oneTime.add({ id: hashOf(token), ...(user !== undefined && { user }), expiresAt });
    const own = this.#oneTime.all().filter((one) => one.user === user);
    const over = own.toSorted((a, b) => b.expiresAt - a.expiresAt).slice(maxOneTime);
    const expired = this.#oneTime.all().filter((one) => one.expiresAt <= now);
    await this.#oneTime.remove([...over, ...expired].map(({ id }) => id));
    return expiresAt;
  }

  /** For whom a one-time token is, which stays; undefined for any other text. */
  async userOfToken(token: string): Promise<{ name: string | undefined } | undefined> {
    const known = await this.#oneTime.find({ id: hashOf(token) });
    return known && { name: known.user };
  }

  /** A credential for a valid one-time token, which is used up; undefined for any other text. */
  async redeem(token: string, place: Pick<Entry, "host" | "browser">): Promise<string | undefined> {
    const known = await this.#oneTime.find({ id: hashOf(token) });
    if (known === undefined || known.expiresAt <= Date.now() || !this.#credentials.mayBe(known))
      return undefined;
    const [taken] = await this.#oneTime.remove([known.id]);
    if (taken === undefined) return undefined;
    try {
      return await this.admit({ ...place, user: taken.user });
    } catch (error) {
      // It signs a browser in, or stays.
      await this.#oneTime.add(taken);
      throw error;
    }
  }

  /** A new credential. Of more than 100 of one person the one that was unused for longest ends. */
  async admit(
    given: Pick<Entry, "host" | "browser" | "viaProxy"> & { user: string | undefined },
  ): Promise<string> {
    const { host, browser, user, viaProxy } = given;
    const credential = newSecret();
    const now = Date.now();
    await this.#entries.add({
      id: newEntryId(),
      hash: hashOf(credential),
      host: host.toLowerCase(),
      browser: browser.slice(0, maxBrowserLength).toWellFormed(),
      ...(user !== undefined && { user }),
      ...(viaProxy && { viaProxy }),
      createdAt: now,
      usedAt: now,
    });
    const valid = new Set(this.#valid().map(({ id }) => id));
    const own = this.#valid().filter((one) => one.user === user);
    const over = own.toSorted((a, b) => b.usedAt - a.usedAt).slice(maxSignIns);
    const old = this.#entries.all().filter(({ id, usedAt }) => !valid.has(id) && isOld(usedAt));
    await this.#entries.remove([...over, ...old].map(({ id }) => id));
    return credential;
  }

  /** The sign-in that a credential belongs to; undefined when it is not valid for this host. */
  async use(credential: string, host: string): Promise<UsedSignIn | undefined> {
    // Found by its hash: how long that takes tells nothing of the credential.
    const found = await this.#entries.find({ hash: hashOf(credential) });
    if (found?.host !== host.toLowerCase() || !this.#isValid(found)) return undefined;
    this.#credentials.noteUse(found);
    return found;
  }

  has(id: string): boolean {
    return this.#valid().some((one) => one.id === id);
  }

  userOf(id: string): string | undefined {
    return this.#entries.get(id)?.user;
  }

  /** Resolves when `list` has what other nodes know by now. */
  catchUp(): Promise<void> {
    return this.#entries.catchUp();
  }

  /** The one used last first. */
  list(): SignIn[] {
    return this.#valid()
      .toSorted((a, b) => b.usedAt - a.usedAt)
      .map(({ hash: _hash, viaProxy: _via, ...shown }) => shown);
  }

  /** Ends one. False when there is none with this id. */
  async remove(id: string): Promise<boolean> {
    return (await this.#entries.remove([id])).length > 0;
  }

  /** Ends all, or all of a person, and their one-time tokens. */
  async removeAll(of?: { user: string | undefined }): Promise<void> {
    const isMeant = (one: { user?: string | undefined }) =>
      of === undefined || one.user === of.user;
    const idsIn = (all: { id: string; user?: string | undefined }[]) =>
      all.filter(isMeant).map(({ id }) => id);
    await Promise.all([this.#oneTime.catchUp(), this.#entries.catchUp()]);
    await this.#oneTime.remove(idsIn(this.#oneTime.all()));
    await this.#entries.remove(idsIn(this.#entries.all()));
  }

  #valid(): Entry[] {
    return this.#entries.all().filter((one) => this.#isValid(one));
  }

  #isValid(one: Entry): boolean {
    return !isOld(one.usedAt) && this.#credentials.mayBe(one);
  }
}

function isOld(usedAt: number): boolean {
  return usedAt <= Date.now() - maxUnusedMs;
}
