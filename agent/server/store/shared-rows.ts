/**
 * What a node of a cluster shares: the rows as they are in the file, and which sessions have some that the shared database
 * has not got yet. A session is marked in the transaction that writes its rows, so a crash forgets none.
 */
import type { Database } from "bun:sqlite";
import type { BackgroundProcess } from "../../shared/protocol";
import { isRunning } from "../../shared/session-lookup";
import { log } from "../log";

export const sharedTables = ["sessions", "runs", "messages", "parts"] as const;

export interface RowName {
  table: (typeof sharedTables)[number];
  id: string;
  sessionId: string;
}

/** A row as another database takes it: by the names of its columns there. */
export type SharedRow = { id: string; data: string } & Record<
  string,
  string | number | boolean | null
>;

/** Is told what is to be shared. */
export interface Sharing {
  /** These rows are in the file. */
  written(rows: readonly RowName[]): void;
  /** The whole session is new, or is not there any more. */
  changedWhole(sessionId: string): void;
  /** Resolves, within a second, with whether everything that is in the file of a session is shared. */
  shared(sessionId: string): Promise<boolean>;
}

/** The database that this file was shared with last. */
export interface Joined {
  /** Which node of which database, as configured. */
  node: string;
  place: string;
  /** Names the database as it was; "" when something may have been written since that is not marked. */
  identity: string;
  /** Of the node. */
  epoch: number;
}

export interface SharedStates {
  sessions: Map<string, { updatedAt: number; isMarked: boolean; isUnsettled: boolean }>;
  removed: Set<string>;
}

export class SharedRows {
  readonly #database: Database;
  readonly #statements;
  #sharing: Sharing | undefined;

  constructor(database: Database) {
    this.#database = database;
    this.#statements = prepare(database);
  }

  /** From now on what is written is marked and told. */
  share(sharing: Sharing): void {
    this.#sharing = sharing;
  }

  get isShared(): boolean {
    return this.#sharing !== undefined;
  }

  /** See `Sharing.shared`; false where nothing is shared. */
  async shared(sessionId: string): Promise<boolean> {
    return this.#sharing?.shared(sessionId) ?? false;
  }

  /** To be called in the transaction that writes rows of these sessions. */
  mark(sessionIds: Iterable<string>): void {
    if (this.#sharing) for (const id of sessionIds) this.#statements.mark.run(id);
  }

  /** To be called in the transaction that removes the session: what was shared once is to be removed there too. */
  markRemoved(sessionId: string): void {
    this.#statements.markRemoved.run(sessionId);
  }

  /** Nothing of it is to be shared any more. */
  forget(sessionId: string): void {
    this.#statements.unmark.run(sessionId);
  }

  /** To be called when that transaction is committed. */
  written(rows: readonly RowName[]): void {
    this.#sharing?.written(rows);
  }

  /** As `written`, for all of a session. */
  changedWhole(sessionId: string): void {
    this.#sharing?.changedWhole(sessionId);
  }

  /** The sessions that are marked, the newest first; deleted ones before them. */
  unshared(): string[] {
    return this.#statements.unshared.all().map(({ id }) => id);
  }

  /** All of these is shared. What cannot be written now stays marked, and is shared again after a restart. */
  unmark(sessionIds: readonly string[]): void {
    try {
      this.#database.transaction(() => {
        for (const id of sessionIds) this.#statements.unmark.run(id);
      })();
    } catch (err) {
      log.debug({ err }, "The marks of shared sessions could not be removed");
    }
  }

  get joined(): Joined | undefined {
    return this.#statements.joined.get() ?? undefined;
  }

  /** With `all`, every session is marked in the same transaction. Throws what SQLite throws. */
  setJoined(joined: Joined, all: boolean): void {
    this.#database.transaction(() => {
      const { node, place, identity, epoch } = joined;
      this.#statements.forgetJoined.run();
      this.#statements.setJoined.run(node, place, identity, epoch);
      if (all) this.#statements.markAll.run();
    })();
  }

  /** What is written from now on is not marked. */
  workAlone(): void {
    try {
      if (this.joined?.identity) this.#statements.forgetIdentity.run();
    } catch (err) {
      log.warn({ err }, "It could not be noted that this server works alone now");
    }
  }

  /** Of every session, as the file has it, and of those that were removed and are still to be removed there. */
  states(): SharedStates {
    const sessions = new Map(
      this.#statements.states
        .all()
        .map(({ id, updatedAt, isMarked, isUnsettled }) => [
          id,
          { updatedAt: whole(updatedAt) ?? 0, isMarked: !!isMarked, isUnsettled: !!isUnsettled },
        ]),
    );
    const removed = new Set(this.unshared().filter((id) => !sessions.has(id)));
    return { sessions, removed };
  }

  hasRun(sessionId: string, runId: string): boolean {
    return this.#statements.hasRun.get(sessionId, runId) !== null;
  }

  /** These are to be shared whole. Throws what SQLite throws. */
  markWhole(sessionIds: readonly string[]): void {
    this.#database.transaction(() => {
      for (const id of sessionIds) this.#statements.mark.run(id);
    })();
  }

  has(sessionId: string): boolean {
    return this.#statements.has.get(sessionId) !== null;
  }

  /** Undefined when it is not there any more. */
  read({ table, id, sessionId }: RowName): SharedRow | undefined {
    const row = this.#statements.rows[table].get(id);
    return row === null ? undefined : toShared[table](row, sessionId);
  }

  /** The names of all rows of a session, its own first; none where it is not there. */
  namesOf(sessionId: string): RowName[] {
    return this.#statements.names
      .all({ id: sessionId })
      .map(({ table, id }) => ({ table, id, sessionId }));
  }
}

type Row = Record<string, unknown> & { id: string; data: string };

/** What stands in the JSON is read here: SQLite takes several times as long, while the answer to a stop waits. */
const toShared: Record<RowName["table"], (row: Row, sessionId: string) => SharedRow> = {
  sessions: ({ id, updatedAt, data }) => {
    const { user, deletedAt, processes } = fieldsOf(data);
    return {
      id,
      user_id: textOf(user),
      updated_at: whole(updatedAt) ?? 0,
      deleted_at: whole(deletedAt),
      living: hasRunning(processes),
      data,
    };
  },
  runs: ({ id, position, settled, data }, sessionId) => {
    const { startedAt, copied, stop } = fieldsOf(data);
    const { askedAt } = (stop ?? {}) as Record<string, unknown>;
    return {
      id,
      session_id: sessionId,
      position: whole(position) ?? 0,
      settled: settled === 1,
      started_at: whole(startedAt),
      stopped_at: settled === 1 && (copied ?? null) === null ? whole(askedAt) : null,
      data,
    };
  },
  messages: ({ id, agentId, position, data }, sessionId) => ({
    id,
    session_id: sessionId,
    run_id: textOf(fieldsOf(data)["runId"]),
    agent_id: textOf(agentId),
    position: whole(position) ?? 0,
    data,
  }),
  parts: ({ id, messageId, position, data }, sessionId) => ({
    id,
    session_id: sessionId,
    message_id: String(messageId),
    position: whole(position) ?? 0,
    data,
  }),
};

/** None of a row that is damaged. */
function fieldsOf(data: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** Whether a background process of the session is said to run. */
function hasRunning(processes: unknown): boolean {
  if (!Array.isArray(processes)) return false;
  return processes.some((one: BackgroundProcess | null) => one !== null && isRunning(one));
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

/** Of what a damaged row may hold. */
function whole(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null;
}

function prepare(database: Database) {
  const row = (sql: string) => database.query<Row, [string]>(sql);
  return {
    mark: database.query<unknown, [string]>(
      "INSERT OR IGNORE INTO unshared (session_id) VALUES (?)",
    ),
    markRemoved: database.query<unknown, [string]>(
      "INSERT OR IGNORE INTO unshared (session_id) SELECT ? WHERE EXISTS (SELECT 1 FROM joined)",
    ),
    markAll: database.query<unknown, []>(
      "INSERT OR IGNORE INTO unshared (session_id) SELECT id FROM sessions",
    ),
    unmark: database.query<unknown, [string]>("DELETE FROM unshared WHERE session_id = ?"),
    unshared: database.query<{ id: string }, []>(
      `SELECT session_id AS id FROM unshared LEFT JOIN sessions ON sessions.id = session_id
       ORDER BY sessions.id IS NOT NULL, updated_at DESC`,
    ),
    joined: database.query<Joined, []>("SELECT node, place, identity, epoch FROM joined"),
    forgetJoined: database.query<unknown, []>("DELETE FROM joined"),
    setJoined: database.query<unknown, [string, string, string, number]>(
      "INSERT INTO joined (node, place, identity, epoch) VALUES (?, ?, ?, ?)",
    ),
    forgetIdentity: database.query<unknown, []>("UPDATE joined SET identity = ''"),
    has: database.query<unknown, [string]>("SELECT 1 FROM sessions WHERE id = ?"),
    hasRun: database.query<unknown, [string, string]>(
      "SELECT 1 FROM runs WHERE session_id = ? AND id = ?",
    ),
    states: database.query<
      { id: string; updatedAt: unknown; isMarked: number; isUnsettled: number },
      []
    >(
      `SELECT id, updated_at AS updatedAt, EXISTS (SELECT 1 FROM unshared WHERE session_id = sessions.id) AS isMarked,
         EXISTS (SELECT 1 FROM runs WHERE session_id = sessions.id AND settled = 0) AS isUnsettled
       FROM sessions`,
    ),
    rows: {
      sessions: row("SELECT id, updated_at AS updatedAt, data FROM sessions WHERE id = ?"),
      runs: row("SELECT id, position, settled, data FROM runs WHERE id = ?"),
      messages: row("SELECT id, agent_id AS agentId, position, data FROM messages WHERE id = ?"),
      parts: row("SELECT id, message_id AS messageId, position, data FROM parts WHERE id = ?"),
    },
    names: database.query<Pick<RowName, "table" | "id">, { id: string }>(
      `SELECT 'sessions' AS "table", id FROM sessions WHERE id = $id
       UNION ALL SELECT 'runs', id FROM runs WHERE session_id = $id
       UNION ALL SELECT 'messages', id FROM messages WHERE session_id = $id
       UNION ALL SELECT 'parts', parts.id FROM parts JOIN messages ON messages.id = message_id WHERE session_id = $id`,
    ),
  };
}
