/** Sends rows of this node's file to the shared database. A row that PostgreSQL refuses is left out, and keeps no other from it. */
import type { SQL } from "bun";
import { neverAborts } from "../abort";
import { log } from "../log";
import type { RowName, SharedRow, SharedRows } from "../store/shared-rows";
import { causeOf, stateOf } from "./connect-postgres";
import type { SharedConnection } from "./shared-connection";
import { copyRows, type RowsByTable } from "./shared-statements";

const maxBytes = 500_000;
/** A text that is larger is no JSON to PostgreSQL. */
const maxRowBytes = 200_000_000;
/** A large row during which the connection was lost so often is not tried again. */
const maxLosses = 3;

/** Does work of so many bytes on a connection. */
type Run = (work: (sql: SQL) => Promise<void>, bytes: number) => Promise<void>;

interface ReadRow {
  name: RowName;
  row: SharedRow;
}

export class RowSender {
  readonly #rows: SharedRows;
  readonly #connection: SharedConnection;
  readonly #node: string;
  readonly #losses = new Map<string, number>();

  constructor(rows: SharedRows, connection: SharedConnection, node: string) {
    this.#rows = rows;
    this.#connection = connection;
    this.#node = node;
  }

  /**
   * Sends as many of these as one statement should have, as they are in the file now, and returns the names of the others.
   * Rejects where the database cannot be written now: then all of them are to be sent again.
   */
  async send(names: readonly RowName[], notices: readonly string[]): Promise<RowName[]> {
    const { batch, rest } = this.#read(names);
    try {
      await this.#sendAll(batch, notices, (work, bytes) =>
        this.#connection.run(work, bytes, neverAborts),
      );
    } catch (error) {
      if (batch.length === 1) this.#noteLoss(batch[0]!.name);
      throw error;
    }
    return rest;
  }

  /** The same on this connection, and nothing is told: whether the database takes them. */
  async attempt(names: readonly RowName[], sql: SQL): Promise<void> {
    await this.#sendAll(this.#read(names).batch, [], (work) => work(sql));
  }

  #read(names: readonly RowName[]): { batch: ReadRow[]; rest: RowName[] } {
    const batch: ReadRow[] = [];
    const keys = new Set<string>();
    let bytes = 0;
    for (const [index, name] of names.entries()) {
      const key = keyOf(name);
      // What changes while its session is copied whole is named twice, and no statement takes a row twice.
      if (keys.has(key)) continue;
      keys.add(key);
      const row = this.#rows.read(name);
      if (row === undefined) continue;
      if (row.data.length > maxRowBytes || (this.#losses.get(key) ?? 0) >= maxLosses) {
        refuse(name, new Error(`It has ${row.data.length} characters`));
        continue;
      }
      bytes += row.data.length;
      // A large one goes alone.
      if (bytes > maxBytes && batch.length > 0) return { batch, rest: names.slice(index) };
      batch.push({ name, row });
    }
    return { batch, rest: [] };
  }

  /** In halves, where PostgreSQL refuses one of them. */
  async #sendAll(batch: readonly ReadRow[], notices: readonly string[], run: Run): Promise<void> {
    if (batch.length === 0 && notices.length === 0) return;
    const rows: RowsByTable = { sessions: [], runs: [], messages: [], parts: [] };
    for (const { name, row } of batch) rows[name.table].push(row);
    const bytes = batch.reduce((sum, { row }) => sum + row.data.length, 0);
    try {
      await run((sql) => copyRows(sql, this.#node, rows, notices), bytes);
    } catch (error) {
      if (!isOfRows(error) || batch.length === 0) throw error;
      if (batch.length === 1) {
        refuse(batch[0]!.name, error);
        return this.#sendAll([], notices, run);
      }
      const half = Math.ceil(batch.length / 2);
      await this.#sendAll(batch.slice(0, half), [], run);
      await this.#sendAll(batch.slice(half), notices, run);
    }
  }

  #noteLoss(name: RowName): void {
    const key = keyOf(name);
    this.#losses.set(key, (this.#losses.get(key) ?? 0) + 1);
  }
}

/** Whether PostgreSQL refuses what the rows hold, and would whenever they came. */
function isOfRows(error: unknown): boolean {
  return /^(?:2[123]|54|53200|XX)/.test(stateOf(error) ?? "");
}

function refuse({ sessionId, table, id }: RowName, error: unknown): void {
  const facts = { cause: causeOf(error), sessionId, table, row: id };
  log.error(facts, "A row cannot be copied to the shared database");
}

function keyOf({ table, sessionId, id }: RowName): string {
  return `${table} ${sessionId} ${id}`;
}
