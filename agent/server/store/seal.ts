/** Seals the database: counts its synchronised commits, in it and, a little later, in a file beside it. */
import type { Database } from "bun:sqlite";
import { log } from "../log";
import { describeMissing } from "./missing-words";
import { type Missing, type SealFile, writeSeal } from "./seal-file";

/** After a commit that matters most of the time a stop is answered: the file can wait. */
const delayMs = 100;
const maxTitle = 200;

export class Seal {
  readonly #path: string;
  readonly #statements;
  /** Of the newest commit that was counted, and of the newest of which it is known that it is on the disk. */
  #number: number;
  #synchronised: number;
  #missing: Missing[];
  #timer: Timer | undefined;

  /** `missing`: what was found to be missing, now and at earlier starts, and no person has confirmed. */
  constructor(database: Database, path: string, missing: Missing[]) {
    this.#path = path;
    this.#statements = prepare(database);
    this.#number = this.#statements.number.get()!.number;
    this.#synchronised = this.#number;
    this.#missing = missing;
  }

  /** What is missing in the database, in words a person can act on; undefined when nothing is, or it was confirmed. */
  get missing(): string | undefined {
    return this.#missing.length === 0 ? undefined : describeMissing(this.#missing);
  }

  get number(): number {
    return this.#number;
  }

  /** To be called in a transaction whose commit is synchronised to the disk, at once or next. */
  count(): void {
    this.#statements.setNumber.run(this.#number + 1);
  }

  /** That transaction has been committed, and is not known to be on the disk. */
  counted(): void {
    this.#number++;
  }

  /** That transaction has been committed and synchronised. */
  committed(): void {
    this.counted();
    this.synchronised(this.#number);
  }

  /** The commit of this number is on the disk, and so are those before it. */
  synchronised(number: number): void {
    if (number <= this.#synchronised) return;
    this.#synchronised = number;
    this.#timer ??= setTimeout(() => this.#writeLater(), delayMs).unref();
  }

  /** From now on only what is in the database now is known. Throws when the file cannot be written. */
  renew(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#path === ":memory:") return;
    writeSeal(this.#path, this.#state());
  }

  /** A person has read what is missing. Throws when that cannot be written; then it is told again. */
  confirm(): void {
    const told = this.#missing;
    this.#missing = [];
    try {
      this.renew();
    } catch (error) {
      this.#missing = told;
      throw error;
    }
  }

  /** Writes the file where it is behind. */
  close(): void {
    if (this.#timer !== undefined) this.#writeLater();
  }

  /** A seal that is behind promises less, and is wrong in nothing. */
  #writeLater(): void {
    try {
      this.renew();
    } catch (err) {
      log.debug({ err }, "The seal of the database could not be written");
    }
  }

  #state(): SealFile {
    const { sessions, lastMessage } = this.#statements.counts.get()!;
    const newest = this.#statements.newest.all().map(({ id, title }) => {
      const text = typeof title === "string" ? title : "";
      return { id, title: text.slice(0, maxTitle) };
    });
    const known = { number: this.#synchronised, sessions, lastMessage, newest };
    return { ...known, at: Date.now(), missing: this.#missing };
  }
}

function prepare(database: Database) {
  return {
    number: database.query<{ number: number }, []>("SELECT number FROM seal"),
    setNumber: database.query<unknown, [number]>("UPDATE seal SET number = ?"),
    counts: database.query<Counts, []>(countsSql),
    newest: database.query<{ id: string; title: unknown }, []>(
      `SELECT id, CASE WHEN json_valid(data) THEN data ->> '$.title' END AS title
       FROM sessions ORDER BY rowid DESC LIMIT 20`,
    ),
  };
}

export interface Counts {
  sessions: number;
  /** The greatest row id so far: counting every message would take too long. */
  lastMessage: number;
}

export const countsSql = `SELECT (SELECT COUNT(*) FROM sessions) AS sessions,
  COALESCE((SELECT MAX(rowid) FROM messages), 0) AS lastMessage`;
