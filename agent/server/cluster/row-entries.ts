/**
 * The entries of one kind as rows that all nodes share. Memory and the local file follow the rows: while the database is gone
 * they are what this node goes by, and nothing is changed.
 */
import type { TransactionSQL } from "bun";
import { neverAborts } from "../abort";
import {
  EntriesGoneError,
  type EntryBound,
  type EntryKind,
  type EntryName,
  type FileEntries,
  type Identified,
  isFull,
  type SharedEntries,
} from "../access/shared-entries";
import { log } from "../log";
import type { EntryRow, SharedDatabase } from "./cluster-types";
import { causeOf, databaseSilentMs } from "./connect-postgres";
import {
  addRow,
  changeRow,
  lockedRows,
  mergeRows,
  removeRows,
  tellEntries,
} from "./entry-statements";
import type { SharedWith } from "./shared-with";

const readAgainMs = 1000;
/** A node whose connection was ended, as it was silent for a moment, is mostly back within so long. */
const rejoinMs = 2000;
/** Wrong credentials are looked for in the database so often: at once, and in each second after. */
const maxLooks = 40;
const looksPerSecond = 20;

export type EntriesDatabase = Pick<
  SharedDatabase,
  "node" | "identity" | "state" | "onState" | "write" | "onNotice"
> & { reader: Pick<SharedDatabase["reader"], "entries"> };

interface Parts<Entry extends Identified> {
  kind: EntryKind<Entry>;
  database: EntriesDatabase;
  /** What this node had, and what it is to have while the database is gone. */
  cache: FileEntries<Entry>;
  sharedWith: SharedWith;
}

export class RowEntries<Entry extends Identified> implements SharedEntries<Entry> {
  readonly #parts: Parts<Entry>;
  /** Each read and change is put into memory before the next begins, so that the latest one is what stays. */
  #last: Promise<unknown> = Promise.resolve();
  #catchingUp: Promise<void> | undefined;
  /** Of notices that wait. */
  readonly #told = new Set<string>();
  #looks = { left: maxLooks, at: 0 };
  #again: Timer | undefined;
  #isUnread = false;

  constructor(parts: Parts<Entry>) {
    this.#parts = parts;
    parts.database.onNotice((notice) => {
      if (notice === undefined) return this.#read();
      if (notice.type === "entry" && notice.kind === parts.kind.name) this.#noted(notice.id);
    });
  }

  all(): Entry[] {
    return this.#parts.cache.all();
  }

  get(id: string): Entry | undefined {
    return this.#parts.cache.get(id);
  }

  async find(name: EntryName): Promise<Entry | undefined> {
    const known = await this.#parts.cache.find(name);
    if (known !== undefined) return known;
    await this.#joined();
    if (!this.#mayLook()) return undefined;
    return this.#inTurn(async () => {
      const [row] = await this.#rows(name).catch((error: unknown) => {
        throw gone(causeOf(error));
      });
      const found = row && this.#parse(row);
      if (found) this.#adopt([found]);
      return found;
    });
  }

  /** However many ask at once, the database is asked once more. */
  catchUp(): Promise<void> {
    if (this.#parts.database.state.name === "gone") return Promise.resolve();
    this.#catchingUp ??= this.#inTurn(() => {
      this.#catchingUp = undefined;
      return this.#readAll();
    }).catch((error: unknown) => this.#readLater(error));
    return this.#catchingUp;
  }

  async add(entry: Entry, bound?: EntryBound<Entry>): Promise<boolean> {
    const { name } = this.#parts.kind;
    const isNew = await this.#write(
      async (sql) => {
        if (bound === undefined) return addRow(sql, name, entry);
        const rows = await lockedRows(sql, name);
        const all = rows.flatMap((row) => this.#parse(row) ?? []);
        return !isFull(all, bound) && (await addRow(sql, name, entry));
      },
      (added) => added && this.#adopt([entry]),
      [entry.id],
    );
    return isNew;
  }

  async change(id: string, next: (entry: Entry) => Entry): Promise<Entry | undefined> {
    const { name } = this.#parts.kind;
    const change = (row: EntryRow) => {
      const known = this.#parse(row);
      return known && next(known);
    };
    return this.#write(
      (sql) => changeRow(sql, name, id, change),
      (changed) => changed && this.#adopt([changed]),
      [id],
    );
  }

  async remove(ids: readonly string[]): Promise<Entry[]> {
    if (ids.length === 0) return [];
    const { name, file } = this.#parts.kind;
    const removed = await this.#write(
      (sql) => removeRows(sql, { kind: name, ids, isNoted: file !== undefined }),
      () => this.#adopt([], ids),
      ids,
    );
    return removed.flatMap((row) => this.#parse(row) ?? []);
  }

  onChange(listener: () => void): void {
    this.#parts.cache.onChange(listener);
  }

  async #write<Result>(
    work: (sql: TransactionSQL) => Promise<Result>,
    adopt: (result: Result) => unknown,
    ids: readonly string[],
  ): Promise<Result> {
    const { database, kind } = this.#parts;
    return this.#inTurn(async () => {
      await this.#joined();
      const told = { node: database.node, kind: kind.name, ids };
      const result = await database
        .write(async (sql) => {
          const done = await work(sql);
          await tellEntries(sql, told);
          return done;
        }, neverAborts)
        .catch((error: unknown) => {
          throw gone(database.state.name === "gone" ? database.state.reason : causeOf(error));
        });
      adopt(result);
      return result;
    });
  }

  /** Rejects when the database is gone, and did not go a moment ago. */
  async #joined(): Promise<void> {
    const { database } = this.#parts;
    const { state } = database;
    if (state.name === "joined") return;
    // The clock may have been set back since.
    const waitMs = Math.min(rejoinMs, state.since + rejoinMs - Date.now());
    if (waitMs > 0) await changed(database, waitMs);
    if (database.state.name === "gone") throw gone(database.state.reason);
  }

  #read(): void {
    this.catchUp().catch((err: unknown) => log.error({ err }, "Shared entries could not be read"));
  }

  #noted(id: string): void {
    if (id === "") return this.#read();
    this.#told.add(id);
    if (this.#told.size > 1) return;
    void this.#inTurn(async () => {
      const ids = [...this.#told];
      this.#told.clear();
      const rows = await Promise.all(ids.map((one) => this.#rows({ id: one })));
      const found = rows.flat().flatMap((row) => this.#parse(row) ?? []);
      this.#adopt(found, ids);
    }).catch((error: unknown) => this.#readLater(error));
  }

  async #readAll(): Promise<void> {
    const { kind, database, cache, sharedWith } = this.#parts;
    const { identity } = database;
    if (kind.file !== undefined && !sharedWith.is(kind.name, identity)) await this.#merge();
    const rows = await this.#rows({});
    const found = rows.flatMap((row) => this.#parse(row) ?? []);
    const next = new Map(found.map((one) => [one.id, one]));
    if (!isSame(cache.all(), next)) cache.adopt(next);
    this.#isUnread = false;
    // From now on what is not in the rows was removed there.
    if (kind.file !== undefined) sharedWith.note(kind.name, identity);
  }

  /** This node has not shared its entries with this database before. */
  async #merge(): Promise<void> {
    const { kind, database, cache } = this.#parts;
    const own = cache.all();
    if (own.length === 0) return;
    const told = { node: database.node, kind: kind.name, ids: [""] };
    await database.write(async (sql) => {
      await mergeRows(sql, kind, own, (row) => this.#parse(row));
      await tellEntries(sql, told);
    }, neverAborts);
  }

  #readLater(error: unknown): void {
    const { database, kind } = this.#parts;
    // It is read again when the node has joined again.
    if (database.state.name === "gone") return;
    if (!this.#isUnread)
      log.warn(
        { cause: causeOf(error), kind: kind.name },
        "What other nodes know was not read, and is asked for again each second",
      );
    this.#isUnread = true;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => this.#read(), readAgainMs);
    this.#again.unref();
  }

  #rows(name: { id?: string; hash?: string }): Promise<EntryRow[]> {
    const { database, kind } = this.#parts;
    return database.reader.entries(kind.name, name, AbortSignal.timeout(databaseSilentMs));
  }

  /** Undefined for one of a newer Rein. */
  #parse({ id, data }: EntryRow): Entry | undefined {
    const { kind } = this.#parts;
    const parsed = kind.schema.safeParse(JSON.parse(data));
    if (parsed.success) return parsed.data;
    log.warn({ kind: kind.name, id }, "An entry of another node is not what this Rein writes");
    return undefined;
  }

  /** `instead`: the ids of those that these are, if they are still there. */
  #adopt(entries: readonly Entry[], instead: readonly string[] = []): void {
    const next = new Map(this.#parts.cache.all().map((one) => [one.id, one]));
    for (const id of instead) next.delete(id);
    for (const one of entries) next.set(one.id, one);
    if (!isSame(this.#parts.cache.all(), next)) this.#parts.cache.adopt(next);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  #mayLook(): boolean {
    const now = performance.now();
    const { left, at } = this.#looks;
    const more = ((now - at) / 1000) * looksPerSecond;
    this.#looks = { left: Math.min(maxLooks, left + more), at: now };
    if (this.#looks.left < 1) return false;
    this.#looks.left--;
    return true;
  }
}

function gone(reason: string): EntriesGoneError {
  return new EntriesGoneError(
    `Who may come in is shared with other machines, and cannot be looked up or changed now. ${reason}`,
  );
}

function isSame<Entry extends Identified>(all: Entry[], next: Map<string, Entry>): boolean {
  return (
    all.length === next.size &&
    all.every((one) => JSON.stringify(one) === JSON.stringify(next.get(one.id)))
  );
}

/** Resolves when it is joined again, and after `ms` at the latest. */
async function changed(database: Pick<SharedDatabase, "onState">, ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = database.onState(({ name }) => name === "joined" && resolve());
  await promise;
  clearTimeout(timer);
  end();
}
