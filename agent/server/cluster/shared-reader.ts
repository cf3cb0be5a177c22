/** What all nodes have written, as the shared database has it. */
import { DamagedSessionError } from "../store/storage-errors";
import type { SQL } from "bun";
import type { Run, Session } from "../../shared/protocol";
import { parseRow, sessionOf } from "../store/load-session";
import { ListedRows, remoteSummaryOf, type RemoteRow } from "./listed-rows";
import type {
  ClusterConfig,
  EntryRow,
  LeftWork,
  NodeRow,
  RemoteSummary,
  SharedReader,
} from "./cluster-types";
import { abandon, endNow, openPool } from "./connect-postgres";
import { readLeft } from "./left-work";
import { isLockHeld } from "./node-lock";

const maxConnections = 4;
const maxStopped = 10_000;
const mostNewest = 100;

const listedSql = `
  SELECT sessions.id, sessions.node, updated_at AS "updatedAt", sessions.data, last.id AS "runId", last.data AS run
  FROM sessions LEFT JOIN LATERAL (
    SELECT id, data FROM runs WHERE session_id = sessions.id ORDER BY position DESC LIMIT 1) AS last ON true`;
/** Found by their keys, however many sessions there are: with OR, PostgreSQL reads all of them. */
const isNamedSql = "sessions.id = ANY (ARRAY(SELECT json_array_elements_text($2::text::json)))";

/** Its connections are opened anew with `renew`: those of before an outage may never answer. */
export class PooledReader implements SharedReader {
  readonly #config: ClusterConfig;
  readonly #listed = new ListedRows();
  #pool: SQL;

  constructor(config: ClusterConfig) {
    this.#config = config;
    this.#pool = this.#open();
  }

  async nodes(signal: AbortSignal): Promise<NodeRow[]> {
    const rows = await this.#ask(
      (sql) => sql`SELECT id, address, boot, epoch, version FROM nodes ORDER BY id`,
      signal,
    );
    return rows.map((row) => ({
      ...row,
      address: addressIn(row.address),
      epoch: Number(row.epoch),
    }));
  }

  left(signal: AbortSignal): Promise<LeftWork[]> {
    return this.#within((sql) => readLeft(sql, this.#config.node), signal);
  }

  async summaries({ ids }: { ids?: string[] }, signal: AbortSignal): Promise<RemoteSummary[]> {
    const { node } = this.#config;
    const rows = await this.#ask<RemoteRow>(
      (sql) =>
        ids === undefined
          ? sql.unsafe(`${listedSql} WHERE sessions.node <> $1 ORDER BY updated_at DESC`, [node])
          : sql.unsafe(`${listedSql} WHERE sessions.node <> $1 AND ${isNamedSql}`, [
              node,
              JSON.stringify(ids),
            ]),
      signal,
    );
    if (ids !== undefined) return rows.flatMap((row) => remoteSummaryOf(row) ?? []);
    return this.#listed.takeAll(rows);
  }

  async newest(signal: AbortSignal): Promise<{ id: string; updatedAt: number }[]> {
    const { node } = this.#config;
    const rows = await this.#ask<{ id: string; updatedAt: string }>(
      (sql) => sql`
        SELECT id, updated_at AS "updatedAt" FROM sessions WHERE node <> ${node}
        ORDER BY updated_at DESC LIMIT ${mostNewest}`,
      signal,
    );
    return rows.map(({ id, updatedAt }) => ({ id, updatedAt: Number(updatedAt) }));
  }

  entries(
    kind: string,
    { id = null, hash = null }: { id?: string | null; hash?: string | null },
    signal: AbortSignal,
  ): Promise<EntryRow[]> {
    return this.#ask<EntryRow>(
      (sql) =>
        hash === null
          ? sql`SELECT id, data FROM shared_entries
                WHERE kind = ${kind} AND (${id}::text IS NULL OR id = ${id}) ORDER BY id`
          : sql`SELECT id, data FROM shared_entries WHERE kind = ${kind} AND hash = ${hash}`,
      signal,
    );
  }

  async nodeOf(sessionId: string, signal: AbortSignal): Promise<string | undefined> {
    const [row] = await this.#ask<{ node: string }>(
      (sql) => sql`SELECT node FROM sessions WHERE id = ${sessionId}`,
      signal,
    );
    return row?.node;
  }

  placesOfRun(runId: string, signal: AbortSignal): Promise<{ node: string; sessionId: string }[]> {
    return this.#ask(
      (sql) => sql`SELECT node, session_id AS "sessionId" FROM runs WHERE id = ${runId}`,
      signal,
    );
  }

  isJoined(node: string, signal: AbortSignal): Promise<boolean> {
    return this.#within((sql) => isLockHeld(sql, node), signal);
  }

  session(id: string, signal: AbortSignal): Promise<Session | undefined> {
    return this.#within((sql) => readSession(sql, id), signal);
  }

  async stopped(
    signal: AbortSignal,
  ): Promise<{ sessionId: string; node: string; title: string; run: Run }[]> {
    const { node } = this.#config;
    const rows = await this.#ask<Record<"id" | "data" | "sessionId" | "node" | "session", string>>(
      (sql) => sql`
        SELECT runs.id, runs.data, sessions.id AS "sessionId", sessions.node, sessions.data AS session
        FROM runs JOIN sessions ON sessions.id = session_id
        WHERE stopped_at IS NOT NULL AND settled AND sessions.node <> ${node} AND deleted_at IS NULL
        ORDER BY stopped_at DESC LIMIT ${maxStopped}`,
      signal,
    );
    return rows.flatMap(({ id, data, sessionId, node: owner, session }) => {
      const run = parseRow({ id, data }, "runs", sessionId);
      const title = parseRow({ id: sessionId, data: session }, "sessions", sessionId)?.title;
      return run === undefined ? [] : { sessionId, node: owner, title: title ?? "", run };
    });
  }

  renew(): void {
    const old = this.#pool;
    this.#pool = this.#open();
    abandon(old);
  }

  async close(): Promise<void> {
    await endNow(this.#pool);
  }

  #open(): SQL {
    const { databaseUrl: url, node } = this.#config;
    return openPool({
      url,
      name: `rein ${node} (reads)`,
      max: maxConnections,
      settings: { default_transaction_read_only: "on", statement_timeout: "10s" },
    });
  }

  // The rows are as the statement names them.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  #ask<Row = any>(query: (sql: SQL) => Promise<unknown>, signal: AbortSignal): Promise<Row[]> {
    return this.#within(async (sql) => [...((await query(sql)) as Row[])], signal);
  }

  /** An abort ends only the wait: the query itself runs until its own time limit. */
  async #within<Result>(work: (sql: SQL) => Promise<Result>, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    const { promise, reject } = Promise.withResolvers<never>();
    const onAbort = () => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([work(this.#pool), promise]);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }
}

/** The whole session, all of one moment; undefined when there is none. */
export async function readSession(sql: SQL, id: string): Promise<Session | undefined> {
  return sql.begin("isolation level repeatable read", (transaction) => readRows(transaction, id));
}

/** As `readRows`; undefined, too, when it cannot be read: then what a node has itself stays. */
export async function readUndamaged(transaction: SQL, id: string): Promise<Session | undefined> {
  try {
    return await readRows(transaction, id);
  } catch (error) {
    if (error instanceof DamagedSessionError) return undefined;
    throw error;
  }
}

/** The same, in a transaction of the caller. */
export async function readRows(transaction: SQL, id: string): Promise<Session | undefined> {
  const [session] = await transaction`SELECT id, data FROM sessions WHERE id = ${id}`;
  if (session === undefined) return undefined;
  const runs = await transaction`
      SELECT id, settled, data FROM runs WHERE session_id = ${id} ORDER BY position`;
  const messages = await transaction`
      SELECT id, agent_id, data FROM messages WHERE session_id = ${id} ORDER BY agent_id IS NOT NULL, position`;
  const parts = await transaction`
      SELECT id, message_id, data FROM parts WHERE session_id = ${id} ORDER BY position`;
  return sessionOf(id, { session, runs, messages, parts });
}

/** Everyone reads it: a password in it is not passed on. What is no URL stays as it is, and cannot be reached. */
function addressIn(text: string): string {
  const url = URL.parse(text);
  return url?.protocol === "http:" || url?.protocol === "https:" ? url.origin : text;
}
