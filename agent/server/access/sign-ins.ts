/** Who may speak to the server: one-time tokens, and the credentials of the browsers that signed in. Only hashes are kept. */
import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { errorCode } from "../../shared/error-code";
import type { SignIn } from "../../shared/protocol";
import { writeJson } from "../json-file";
import { log } from "../log";

export const oneTimeMs = 60 * 60 * 1000;
const dayMs = 24 * oneTimeMs;
const maxUnusedMs = 30 * dayMs;
const maxSignIns = 100;
const maxOneTime = 20;
const maxBrowserLength = 200;

const schema = z.array(
  z.strictObject({
    id: z.string(),
    hash: z.string(),
    host: z.string(),
    browser: z.string(),
    createdAt: z.number(),
    usedAt: z.number(),
  }),
);

type Entry = z.infer<typeof schema>[number];

/**
 * A credential belongs to the host (with its port) that it was made for, and ends when it was not used for 30 days.
 * `onRemoved` is told the id of each one that has ended. Methods that change the file throw what the file system
 * throws, and then change nothing.
 */
export class SignIns {
  readonly #path: string;
  readonly #onRemoved: (id: string) => void;
  #entries: Entry[];
  /** When each unused one-time token ends, by its hash. Not in the file: a restart prints a new one. */
  readonly #oneTime = new Map<string, number>();

  constructor(path: string, onRemoved: (id: string) => void) {
    this.#path = path;
    this.#onRemoved = onRemoved;
    const stored = read(path);
    this.#entries = stored ?? [];
    if (stored === undefined) this.#save([]);
  }

  /** A token that signs one browser in, within an hour. Of more than 20 unused ones the oldest ends. */
  offer(): { token: string; expiresAt: number } {
    const token = newSecret();
    const expiresAt = Date.now() + oneTimeMs;
    this.#oneTime.set(hashOf(token), expiresAt);
    const [oldest] = this.#oneTime.keys();
    if (this.#oneTime.size > maxOneTime) this.#oneTime.delete(oldest!);
    return { token, expiresAt };
  }

  /** A credential for a valid one-time token, which is used up; undefined for any other text. */
  redeem(token: string, host: string, browser: string): string | undefined {
    const hash = hashOf(token);
    const expiresAt = this.#oneTime.get(hash);
    if (expiresAt === undefined || expiresAt <= Date.now()) return undefined;
    const credential = this.admit(host, browser);
    this.#oneTime.delete(hash);
    return credential;
  }

  /** A new credential. Of more than 100 the one that was unused for longest ends. */
  admit(host: string, browser: string): string {
    const credential = newSecret();
    const now = Date.now();
    const entry: Entry = {
      id: randomBytes(9).toString("base64url"),
      hash: hashOf(credential),
      host: host.toLowerCase(),
      browser: browser.slice(0, maxBrowserLength).toWellFormed(),
      createdAt: now,
      usedAt: now,
    };
    const kept = this.#valid().toSorted((a, b) => b.usedAt - a.usedAt);
    this.#change([entry, ...kept.slice(0, maxSignIns - 1)]);
    return credential;
  }

  /** The id of the sign-in that a credential belongs to; undefined when it is not valid for this host. */
  use(credential: string, host: string): string | undefined {
    // Found by its hash: how long that takes tells nothing of the credential.
    const hash = hashOf(credential);
    const entry = this.#valid().find((one) => one.hash === hash);
    if (entry?.host !== host.toLowerCase()) return undefined;
    if (Date.now() - entry.usedAt > dayMs) {
      entry.usedAt = Date.now();
      // Not before the answer: the disk may be slow.
      setTimeout(() => this.#saveUse(), 1000).unref();
    }
    return entry.id;
  }

  has(id: string): boolean {
    return this.#entries.some((entry) => entry.id === id);
  }

  /** The one used last first. */
  list(): SignIn[] {
    return this.#valid()
      .toSorted((a, b) => b.usedAt - a.usedAt)
      .map(({ id, host, browser, createdAt, usedAt }) => ({
        id,
        host,
        browser,
        createdAt,
        usedAt,
      }));
  }

  /** Ends one. False when there is none with this id. */
  remove(id: string): boolean {
    if (!this.has(id)) return false;
    this.#change(this.#entries.filter((entry) => entry.id !== id));
    return true;
  }

  /** Ends all, and all one-time tokens. */
  removeAll(): void {
    this.#oneTime.clear();
    this.#change([]);
  }

  #valid(): Entry[] {
    const oldest = Date.now() - maxUnusedMs;
    return this.#entries.filter((entry) => entry.usedAt > oldest);
  }

  #change(next: Entry[]): void {
    const before = this.#entries;
    this.#save(next);
    for (const { id } of before) if (!this.has(id)) this.#onRemoved(id);
  }

  #save(next: Entry[]): void {
    writeJson(this.#path, next);
    this.#entries = next;
  }

  #saveUse(): void {
    try {
      this.#save(this.#entries);
    } catch (err) {
      log.warn({ err }, "When the browsers were last used could not be saved");
    }
  }
}

/** In constant time for what it is compared with. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

function newSecret(): string {
  return randomBytes(24).toString("base64url");
}

/** Undefined when there is no usable file: then every browser signs in again, and the server starts. */
function read(path: string): Entry[] | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (err) {
    if (errorCode(err) !== "ENOENT")
      log.warn({ err }, "The file of sign-ins cannot be used: every browser has to sign in again");
    return undefined;
  }
}
