/**
 * The index of the messages' words, in a file of its own. It holds nothing that is not in the database: where it is missing,
 * damaged, or of another version, it is made anew, and what it finds is looked up there.
 */
import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { log } from "../log";
import type { Store } from "../store/store";
import { indexedText, matchOf, type Piece } from "./find-words";
import { textToFind } from "./text-to-find";

/** One that an earlier version has made is made anew. */
const version = 1;
const schema = `
CREATE VIRTUAL TABLE words USING fts5(
  session, text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0', prefix='2 3');
CREATE TABLE messages (
  id INTEGER PRIMARY KEY, session_id TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE,
  position INTEGER NOT NULL, finished INTEGER NOT NULL) STRICT;
CREATE INDEX messages_of_session ON messages (session_id);
CREATE INDEX messages_by_position ON messages (position);
CREATE INDEX unfinished ON messages (id) WHERE finished = 0;
PRAGMA user_version = ${version};
`;

/** Other work has its turn after so much of this. */
const stepMs = 8;
const stepPauseMs = 8;
/** After a change: a message that is being written is not looked at for each of its words. */
const changeMs = 500;
/** Read from the database at once. */
const batch = 20;

export interface FoundMessage {
  /** Newer ones have a larger one. */
  position: number;
  sessionId: string;
  messageId: string;
}

export interface Wanted {
  pieces: Piece[];
  sessionId?: string;
  /** Only those older than this one. */
  before?: number;
  limit: number;
}

type Source = Pick<Store["messages"], "after" | "now" | "countAfter">;

export class SearchIndex {
  readonly #path: string;
  readonly #source: Source;
  #open: { database: Database; statements: ReturnType<typeof prepare> } | undefined;
  #timer: Timer | undefined;
  #isClosed = false;
  #problem: string | undefined;

  /** `path` may be ":memory:". Never throws: `problem` says why nothing is found. */
  constructor(path: string, source: Source) {
    this.#path = path;
    this.#source = source;
    this.#attempt(() => this.#opened());
  }

  /** Why nothing can be found now, in words a person can act on. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Messages have come, or have ended. */
  changed(): void {
    this.#wake(changeMs);
  }

  /** Goes on, in steps, until nothing is left. */
  start(): void {
    this.#wake(0);
  }

  /** Nothing of this session is found from now on. */
  forget(sessionId: string): void {
    this.#attempt(() => {
      const { database, statements } = this.#opened();
      database.transaction(() => {
        for (const { id } of statements.ofSession.all(sessionId)) this.#drop(id);
      })();
    });
  }

  /**
   * The newest messages that have all pieces. `left`: so many messages are not in the index yet. What is returned may be of a
   * message that is gone: `drop` it then.
   */
  find(wanted: Wanted): { found: FoundMessage[]; left: number } {
    // Where it cannot catch up, what it has is found.
    const isBehind = this.#attempt(() => this.#catchUp(4 * stepMs));
    const left = isBehind === false ? 0 : (this.#attempt(() => this.#left(isBehind === true)) ?? 0);
    if (left > 0 && this.#problem === undefined) this.#wake(stepPauseMs);
    return { found: this.#attempt(() => this.#matches(wanted)) ?? [], left };
  }

  /** A message that was found is gone. */
  drop({ position }: FoundMessage): void {
    this.#attempt(() => this.#drop(position));
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#open?.database.close();
    this.#open = undefined;
  }

  #matches({ pieces, sessionId, before, limit }: Wanted): FoundMessage[] {
    const own = sessionId === undefined ? "" : `session : ${sessionWord(sessionId)} AND `;
    const match = `${own}text : (${matchOf(pieces)})`;
    const { find } = this.#opened().statements;
    return find.all(match, before ?? Number.MAX_SAFE_INTEGER, limit);
  }

  #wake(inMs: number): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const isBehind = this.#attempt(() => this.#catchUp(stepMs));
      if (isBehind) this.#wake(stepPauseMs);
    }, inMs);
  }

  /** At least one while it is behind: it may still have to drop what is gone, behind which others have come. */
  #left(isBehind: boolean): number {
    const { last } = this.#opened().statements;
    const count = this.#source.countAfter(last.get()!.position);
    return isBehind ? Math.max(count, 1) : count;
  }

  /** Returns whether something is left. */
  #catchUp(budgetMs: number): boolean {
    const { database, statements } = this.#opened();
    const end = performance.now() + budgetMs;
    // Those that were being written when they were looked at.
    database.transaction(() => {
      for (const { id, messageId } of statements.unfinished.all()) {
        const now = this.#source.now(messageId);
        if (now === undefined) this.#drop(id);
        else if (now.isFinished) this.#write(id, now.sessionId, textToFind(now.parts));
      }
    })();
    if (!this.#dropGone(end)) return true;
    for (;;) {
      const rows = this.#source.after(statements.last.get()!.position, batch);
      database.transaction(() => {
        for (const { position, id, sessionId, isFinished, parts } of rows) {
          const added = statements.add.get(sessionId, id, position, isFinished ? 1 : 0);
          if (added !== null && isFinished) this.#write(added.id, sessionId, textToFind(parts));
        }
      })();
      this.#problem = undefined;
      if (rows.length < batch) return false;
      if (performance.now() > end) return true;
    }
  }

  /**
   * The newest messages may have gone, as those of an import that was cut, and others have their positions now. Returns
   * whether all of those are dropped.
   */
  #dropGone(end: number): boolean {
    const { newest } = this.#opened().statements;
    for (let last = newest.get(); last !== null; last = newest.get()) {
      const now = this.#source.now(last.messageId);
      if (now?.position === last.position) return true;
      this.#drop(last.id);
      if (performance.now() > end) return false;
    }
    return true;
  }

  #write(id: number, sessionId: string, text: string): void {
    const { write, finish } = this.#opened().statements;
    finish.run(id);
    write.run(id, sessionWord(sessionId), indexedText(text));
  }

  #drop(id: number): void {
    const { dropWords, dropMessage } = this.#opened().statements;
    dropWords.run(id);
    dropMessage.run(id);
  }

  #opened() {
    return (this.#open ??= open(this.#path, this.#source));
  }

  /** What fails is told, and tried again at the next time: with a new index, but on a full disk with what there is. */
  #attempt<T>(work: () => T): T | undefined {
    if (this.#isClosed) return undefined;
    try {
      return work();
    } catch (err) {
      const isFull = (err as { code?: unknown }).code === "SQLITE_FULL";
      if (this.#problem === undefined)
        log.warn(
          { err },
          `The search does not work${isFull ? "" : ", and its index is made anew"}`,
        );
      this.#problem = `The search does not work now: ${(err as Error).message}`;
      if (isFull && this.#open !== undefined) return undefined;
      this.#open?.database.close();
      this.#open = undefined;
      removeFiles(this.#path);
      return undefined;
    }
  }
}

function open(path: string, source: Source) {
  let database = new Database(path, { create: true, strict: true });
  if (!isUsable(database, source)) {
    database.close();
    removeFiles(path);
    database = new Database(path, { create: true, strict: true });
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = OFF");
    database.run(schema);
  }
  database.run("PRAGMA synchronous = OFF");
  return { database, statements: prepare(database) };
}

/** Of this version, whole, and not newer than the database, which may have been brought back from a copy. */
function isUsable(database: Database, source: Source): boolean {
  try {
    const { user_version: found } = database
      .query<{ user_version: number }, []>("PRAGMA user_version")
      .get()!;
    if (found !== version) return false;
    const last = prepare(database).last.get()!;
    return last.position === 0 || source.after(last.position - 1, 1).length > 0;
  } catch {
    return false; // damaged: it is made anew
  }
}

function prepare(database: Database) {
  return {
    last: database.query<{ position: number }, []>(
      "SELECT COALESCE(MAX(position), 0) AS position FROM messages",
    ),
    newest: database.query<{ id: number; messageId: string; position: number }, []>(
      "SELECT id, message_id AS messageId, position FROM messages ORDER BY position DESC LIMIT 1",
    ),
    unfinished: database.query<{ id: number; messageId: string }, []>(
      "SELECT id, message_id AS messageId FROM messages WHERE finished = 0",
    ),
    ofSession: database.query<{ id: number }, [string]>(
      "SELECT id FROM messages WHERE session_id = ?",
    ),
    add: database.query<{ id: number }, [string, string, number, number]>(
      `INSERT INTO messages (session_id, message_id, position, finished) VALUES (?, ?, ?, ?)
       ON CONFLICT (message_id) DO UPDATE SET position = excluded.position RETURNING id`,
    ),
    finish: database.query<unknown, [number]>("UPDATE messages SET finished = 1 WHERE id = ?"),
    write: database.query<unknown, [number, string, string]>(
      "INSERT OR REPLACE INTO words (rowid, session, text) VALUES (?, ?, ?)",
    ),
    dropWords: database.query<unknown, [number]>("DELETE FROM words WHERE rowid = ?"),
    dropMessage: database.query<unknown, [number]>("DELETE FROM messages WHERE id = ?"),
    find: database.query<FoundMessage, [string, number, number]>(
      `SELECT messages.id AS position, session_id AS sessionId, message_id AS messageId
       FROM words JOIN messages ON messages.id = words.rowid
       WHERE words MATCH ? AND words.rowid < ? ORDER BY words.rowid DESC LIMIT ?`,
    ),
  };
}

/** One word of the index, whatever the id. */
function sessionWord(id: string): string {
  return `s${Buffer.from(id).toString("hex")}`;
}

function removeFiles(path: string): void {
  if (path === ":memory:") return;
  for (const end of ["", "-wal", "-shm"]) {
    try {
      rmSync(`${path}${end}`, { force: true, recursive: true });
    } catch (err) {
      log.warn({ err }, "A file of the search could not be removed");
    }
  }
}
