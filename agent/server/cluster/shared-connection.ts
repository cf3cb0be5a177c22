/**
 * The one connection that holds the lock of this node, and by which the node writes: a node that loses its lock can no
 * longer write. PostgreSQL ends the connection when this node is silent, the node ends it when PostgreSQL is, and opens a
 * new one.
 */
import type { ReservedSQL, SQL, TransactionSQL } from "bun";
import { type Reason, reasonOf, sentence } from "../../shared/sentences";
import { neverAborts } from "../abort";
import { log } from "../log";
import type { ClusterConfig, SharedState } from "./cluster-types";
import { ClockCheck } from "./compare-clocks";
import {
  abandon,
  connectionReason,
  endNow,
  idleMs,
  openPool,
  databaseSilentMs,
  timesAtWork,
  timesOf,
} from "./connect-postgres";
import { refusePooler, registerNode, waitForLock } from "./register-node";
import { identityOf, prepareSchema, RefusedError } from "./shared-schema";

const pulseMs = 500;
/** A node that was killed with its machine keeps its lock for as long as PostgreSQL waits for it. */
const lockWaitMs = databaseSilentMs + 2000;
/** The time for all that other nodes have settled of this one, for each session that comes back, and for the schema. */
const joiningMs = 60_000;
/**
 * For each step of the first join, by either side: it happens while the server starts, on a machine that may be busy with that.
 * Other nodes wait meanwhile only for what this one left. Later joins get less time, and are tried again instead.
 */
const firstStepMs = 20_000;
const firstRetryMs = 50;
const maxRetryMs = 500;
/** What is sent in a second on the slowest network. */
const bytesPerSecond = 100_000;
const maxSendMs = 120_000;

/** Of a node that has taken its lock, before it counts as joined. */
export interface Joining {
  sql: SQL;
  /** Greater than before where others have settled what this node left. */
  epoch: number;
  /** See `identityOf`. */
  identity: string;
  /** The cluster does not know this node: it is new, was removed, or others have taken its sessions over. */
  isNew: boolean;
  /** To be called after each step of what takes long. */
  alive: () => void;
}

interface ConnectionParts {
  config: ClusterConfig;
  boot: string;
  version: string;
  /** Called with the lock held, before anything else is written. What it throws ends the connection. */
  onJoining: (joining: Joining) => Promise<void>;
}

/** Nothing is written: see `SharedState`. */
class GoneError extends Error {
  override readonly name = "GoneError";
}

interface Connection {
  pool: SQL;
  sql: ReservedSQL;
}

export class SharedConnection {
  readonly #parts: ConnectionParts;
  readonly #listeners = new Set<(state: SharedState) => void>();
  #state: SharedState = {
    name: "gone",
    since: Date.now(),
    ...reasonOf(sentence("It is being connected.")),
  };
  #epoch = 0;
  #connection: Connection | undefined;
  /** What is asked for is done one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #timer: Timer | undefined;
  #retryMs = firstRetryMs;
  readonly #clock = new ClockCheck();
  #isClosed = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get state(): SharedState {
    return this.#state;
  }

  get epoch(): number {
    return this.#epoch;
  }

  onState(listener: (state: SharedState) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Joins for the first time. Rejects with an Error in words; then `keepTrying` goes on in the background. */
  async join(): Promise<void> {
    try {
      await this.#join(true);
    } catch (error) {
      if (error instanceof RefusedError) throw error;
      throw new Error(this.#why(error).reason, { cause: error });
    }
  }

  keepTrying(): void {
    this.#rejoinLater();
  }

  /** In a transaction; see `SharedDatabase.write`. */
  write<Result>(
    work: (sql: TransactionSQL) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    return this.run((sql) => sql.begin(work) as Promise<Result>, 0, signal);
  }

  /** Without a transaction; `bytes`: about how many it sends. An abort is noticed before it begins. */
  run<Result>(
    work: (sql: SQL) => Promise<Result>,
    bytes: number,
    signal: AbortSignal,
  ): Promise<Result> {
    const done = this.#last.then(() => {
      signal.throwIfAborted();
      const connection = this.#connection;
      if (connection === undefined || this.#state.name === "gone") throw this.#gone();
      return this.#within(connection, work, bytes);
    });
    this.#last = done.catch(() => {});
    return done;
  }

  /** To be called when nothing can be written by it: the node is gone until it can join again. */
  drop(error: unknown): void {
    this.#lose(error);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) await endNow(connection.pool);
  }

  async #join(isFirst: boolean): Promise<void> {
    const { config, onJoining } = this.#parts;
    // Of each step but those that have a time of their own.
    const stepMs = isFirst ? firstStepMs : databaseSilentMs;
    const pool = this.#open(isFirst);
    try {
      const sql = await pool.reserve();
      const connection = { pool, sql };
      const step = <Result>(work: (sql: SQL) => Promise<Result>) =>
        this.#within(connection, work, 0, stepMs);
      await this.#within(connection, prepareSchema, 0, joiningMs);
      await step((one) => refusePooler(one, isFirst ? stepMs : idleMs));
      await waitForLock(step, config.node, isFirst ? lockWaitMs : 0);
      this.#connection = connection;
      const { epoch, isNew } = await step((one) => registerNode(one, this.#parts, this.#clock));
      const identity = await step(identityOf);
      const join = (_: SQL, alive: () => void) => onJoining({ sql, epoch, identity, isNew, alive });
      await this.#within(connection, join, 0, joiningMs);
      if (isFirst) await step((one) => one.unsafe(setting(timesAtWork)).simple());
      if (this.#isClosed || this.#connection !== connection) throw this.#gone();
      this.#epoch = epoch;
    } catch (error) {
      this.#connection = undefined;
      await endNow(pool);
      throw error;
    }
    this.#retryMs = firstRetryMs;
    this.#change({ name: "joined" });
    log.info({ node: config.node, epoch: this.#epoch }, "This node has joined the others");
    this.#pulseLater();
  }

  #open(isFirst: boolean): SQL {
    const { databaseUrl: url, node } = this.#parts.config;
    const pool = openPool({
      url,
      name: `rein ${node}`,
      max: 1,
      settings: isFirst ? timesOf({ idle: firstStepMs, lock: firstStepMs }) : timesAtWork,
      ...(isFirst && { withinSeconds: firstStepMs / 1000 }),
      onClose: (error) => {
        if (this.#connection?.pool === pool) this.#lose(error);
      },
    });
    return pool;
  }

  /** PostgreSQL that does not answer in time has not answered: the connection is ended. */
  async #within<Result>(
    connection: Connection,
    work: (sql: SQL, alive: () => void) => Promise<Result>,
    bytes: number,
    leastMs = databaseSilentMs,
  ): Promise<Result> {
    const ms = Math.min(maxSendMs, leastMs + (bytes / bytesPerSecond) * 1000);
    const late = setTimeout(() => {
      const error = new Error(`it has not answered for ${Math.round(ms / 1000)} seconds`);
      if (this.#connection === connection) this.#lose(error);
      abandon(connection.pool);
    }, ms);
    try {
      const alive = () => void late.refresh();
      const { sql } = connection;
      if (bytes < bytesPerSecond) return await work(sql, alive);
      // The server counts the time of a long message as silence.
      await sql.unsafe(`SET idle_session_timeout = ${Math.round(ms)}`);
      const reset = () => sql.unsafe(`SET idle_session_timeout = ${idleMs}`);
      try {
        const result = await work(sql, alive);
        await reset();
        return result;
      } catch (error) {
        // It refuses what was sent: else the lock of a node that vanishes would be kept for so long.
        await reset().catch(() => undefined); // the connection is gone
        throw error;
      }
    } finally {
      clearTimeout(late);
    }
  }

  #pulseLater(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.run((sql) => sql`SELECT 1`, 0, neverAborts)
        .catch((error: unknown) => this.#lose(error))
        .finally(() => {
          if (this.#state.name === "joined") this.#pulseLater();
        });
    }, pulseMs);
  }

  #lose(error: unknown): void {
    const connection = this.#connection;
    if (connection === undefined || this.#isClosed) return;
    this.#connection = undefined;
    abandon(connection.pool);
    // While it joins, that fails by itself.
    if (this.#state.name === "gone") return;
    this.#change({ name: "gone", since: Date.now(), ...this.#why(error) });
    this.#rejoinLater();
  }

  #rejoinLater(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    const delayMs = this.#retryMs * (0.5 + Math.random());
    this.#retryMs = Math.min(maxRetryMs, this.#retryMs * 2);
    this.#timer = setTimeout(() => {
      this.#join(false).catch((error: unknown) => {
        this.#noteReason(this.#why(error));
        this.#rejoinLater();
      });
    }, delayMs);
  }

  /** Since when it is gone does not change by why. */
  #noteReason(why: Reason): void {
    if (this.#state.name === "joined" || this.#state.reason === why.reason) return;
    this.#change({ name: "gone", since: this.#state.since, ...why });
  }

  #change(state: SharedState): void {
    if (this.#isClosed) return;
    this.#state = state;
    if (state.name === "gone") log.warn(state.reason);
    for (const listener of this.#listeners) listener(state);
  }

  #why(error: unknown): Reason {
    return connectionReason(this.#parts.config.databaseUrl, error);
  }

  #gone(): GoneError {
    return new GoneError(this.#state.name === "gone" ? this.#state.reason : "It is not connected.");
  }
}

function setting(times: Record<string, string>): string {
  return Object.entries(times)
    .map(([name, value]) => `SET ${name} = ${value}`)
    .join("; ");
}
