/** The people that this server knows by name: made when they are first seen, with a role that admins can change. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import {
  type Asker,
  type Person,
  type ServerRole,
  serverRoles,
  type Stop,
  stopClients,
} from "../../shared/protocol";
import { log } from "../log";
import { hashOf } from "./secrets";
import {
  EntriesGoneError,
  type EntryKind,
  type OpenEntries,
  type SharedEntries,
} from "./shared-entries";

const dayMs = 24 * 60 * 60 * 1000;
/** More are let in, and not noted. */
const maxPeople = 10_000;

const entry = z.strictObject({
  /** Of the name, so that two nodes that see somebody first note the same. */
  id: z.string(),
  name: z.string(),
  role: z.enum(serverRoles),
  removedAt: z.number().optional(),
  removedBy: z
    .strictObject({ from: z.enum([...stopClients, "server"]), user: z.string().optional() })
    .optional(),
  /** Who this is at the service that signs people in: nobody else there can take the name later. */
  account: z.strictObject({ issuer: z.string(), subject: z.string() }).optional(),
  createdAt: z.number(),
  seenAt: z.number(),
});

type Entry = z.infer<typeof entry>;

/** A damaged file stops the start: it says who was removed. */
const kind: EntryKind<Entry> = {
  name: "people",
  file: "people.json",
  schema: entry,
  // Who was removed on either side stays out.
  merge: (theirs, { removedAt, removedBy }) => ({
    ...defined({ removedAt, removedBy }),
    ...theirs,
  }),
};

export class People {
  readonly #entries: SharedEntries<Entry>;
  readonly #admins: ReadonlySet<string>;
  /** Names that are being noted. */
  readonly #coming = new Set<string>();

  /**
   * `admins`: names that are admins whatever the entries say. `onChanged`: is told the name of each one who may do something
   * else than before, and of each one who is first heard of as removed. Throws as `openEntries`.
   */
  constructor(
    openEntries: OpenEntries,
    admins: readonly string[],
    onChanged: (name: string) => void,
  ) {
    this.#entries = openEntries(kind);
    this.#admins = new Set(admins);
    const standings = () => new Map(this.#entries.all().map((one) => [one.name, standingOf(one)]));
    let before = standings();
    this.#entries.onChange(() => {
      const now = standings();
      const changed = [...before.keys()].filter((name) => now.get(name) !== before.get(name));
      const unheardOf = [...now.keys()].filter(
        (name) => !before.has(name) && now.get(name) === "removed",
      );
      before = now;
      for (const name of [...changed, ...unheardOf]) onChanged(name);
    });
  }

  /** Who has this name, noted at first sight; undefined when an admin has removed them. */
  see(name: string): Asker | undefined {
    const known = this.#entries.get(idOf(name));
    if (known?.removedAt !== undefined) return undefined;
    const now = Date.now();
    if (known === undefined || now - known.seenAt > dayMs) this.#note(name, known, now);
    return this.#askerOf(name, known);
  }

  /** As `see`, and notes nobody. */
  asker(name: string): Asker | undefined {
    const known = this.#entries.get(idOf(name));
    return known?.removedAt === undefined ? this.#askerOf(name, known) : undefined;
  }

  /** As `see`, of one who signs in with an account elsewhere; "taken" when the name is another account's. */
  async seeAccount(
    name: string,
    account: Entry["account"] & {},
  ): Promise<Asker | "taken" | undefined> {
    const now = Date.now();
    await this.#entries.add({ ...newEntry(name, now), account });
    const known = await this.#entries.change(idOf(name), (one) =>
      one.removedAt === undefined && isFree(one, account) ? { ...one, account, seenAt: now } : one,
    );
    if (known === undefined || known.removedAt !== undefined) return undefined;
    return isFree(known, account) ? this.#askerOf(name, known) : "taken";
  }

  /** Resolves when `list` has what other nodes know by now. */
  catchUp(): Promise<void> {
    return this.#entries.catchUp();
  }

  /** By name; without what others know of them. */
  list(): Omit<Person, "signIns" | "keys">[] {
    return this.#entries
      .all()
      .toSorted((a, b) => a.name.localeCompare(b.name))
      .map((one) => this.#shown(one));
  }

  async find(id: string): Promise<Omit<Person, "signIns" | "keys"> | undefined> {
    const found = await this.#entries.find({ id });
    return found && this.#shown(found);
  }

  /** Of all who are removed: the stop of what they have begun. */
  removals(): Map<string, Stop> {
    return new Map(
      this.#entries.all().flatMap((one) => {
        const stop = removalOf(one);
        return stop ? [[one.name, stop] as const] : [];
      }),
    );
  }

  /** The same of one; undefined when they are let in. */
  removalOf(name: string): Stop | undefined {
    const known = this.#entries.get(idOf(name));
    return known && removalOf(known);
  }

  get hasAdmin(): boolean {
    return (
      this.#admins.size > 0 ||
      this.#entries.all().some(({ role, removedAt }) => role === "admin" && removedAt === undefined)
    );
  }

  /**
   * Changes one; false when there is none with this id. `removal`: they are refused from now on; "undone" lets them in again,
   * with whichever account signs in first. Rejects as the entries do.
   */
  async change(
    id: string,
    { role, removal }: { role?: ServerRole | undefined; removal?: Entry["removedBy"] | "undone" },
  ): Promise<boolean> {
    const changed = await this.#entries.change(id, (one) => {
      const { removedAt, removedBy, account, ...rest } = one;
      const next = { ...rest, ...defined({ role }) };
      if (removal === "undone") return next;
      const before = defined({ removedAt, removedBy, account });
      if (removal === undefined || removedAt !== undefined) return { ...next, ...before };
      return { ...next, ...before, removedAt: Date.now(), removedBy: removal };
    });
    return changed !== undefined;
  }

  isFixed(name: string): boolean {
    return this.#admins.has(name);
  }

  #askerOf(name: string, known: Entry | undefined): Asker {
    return { name, role: this.isFixed(name) ? "admin" : (known?.role ?? "member") };
  }

  #shown({
    account: _account,
    removedBy: _removedBy,
    ...one
  }: Entry): Omit<Person, "signIns" | "keys"> {
    const isFixed = this.isFixed(one.name);
    return { ...one, ...(isFixed && { isFixed, role: "admin" as const }) };
  }

  /** Not before the answer: the disk may be slow. */
  #note(name: string, known: Entry | undefined, now: number): void {
    if (this.#coming.has(name)) return;
    if (known === undefined && this.#entries.all().length >= maxPeople) return;
    this.#coming.add(name);
    const noted: Promise<unknown> =
      known === undefined
        ? this.#entries.add(newEntry(name, now))
        : this.#entries.change(known.id, (one) => ({ ...one, seenAt: now }));
    noted
      .catch((err: unknown) => {
        if (!(err instanceof EntriesGoneError))
          log.warn({ err }, "Who was seen could not be saved");
      })
      .finally(() => this.#coming.delete(name));
  }
}

function isFree({ account: had }: Entry, account: Entry["account"] & {}): boolean {
  return had === undefined || (had.issuer === account.issuer && had.subject === account.subject);
}

function standingOf({ role, removedAt }: Entry): ServerRole | "removed" {
  return removedAt === undefined ? role : "removed";
}

function removalOf({ removedAt, removedBy }: Entry): Stop | undefined {
  if (removedAt === undefined) return undefined;
  return { by: "user", ...(removedBy ?? { from: "api" }), askedAt: removedAt };
}

function newEntry(name: string, now: number): Entry {
  return { id: idOf(name), name, role: "member", createdAt: now, seenAt: now };
}

function idOf(name: string): string {
  return hashOf(name).slice(0, 22);
}
