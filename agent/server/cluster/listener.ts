/** Hears what other nodes tell by NOTIFY, on a connection of its own. */
import type { SQL } from "bun";
import { log } from "../log";
import type { ClusterConfig, Notice } from "./cluster-types";
import { abandon, causeOf, openPool } from "./connect-postgres";
import { channel, noticeOf } from "./node-notices";

/** PostgreSQL may have as many connections as it may have when all nodes come back at once. */
const againMs = 1000;

export class Listener {
  readonly #config: ClusterConfig;
  readonly #listeners = new Set<(notice: Notice | undefined) => void>();
  #pool: SQL | undefined;
  #again: Timer | undefined;
  #hasFailed = false;

  constructor(config: ClusterConfig) {
    this.#config = config;
  }

  /** See `SharedDatabase.onNotice`. */
  onNotice(listener: (notice: Notice | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Listens on a new connection, until it is closed; each time it begins to, what was told before may be lost. */
  open(): void {
    this.close();
    const { databaseUrl: url, node } = this.#config;
    const pool = openPool({ url, name: `rein ${node} (listens)`, max: 1 });
    this.#pool = pool;
    const onNotice = (payload: string): void => {
      const notice = noticeOf(payload, node);
      if (notice !== "own") this.#tell(notice);
    };
    const onListening = (): void => {
      this.#hasFailed = false;
      this.#tell(undefined);
    };
    pool.listen(channel, onNotice, onListening).catch((error: unknown) => {
      if (this.#pool === pool) this.#openLater(error);
    });
  }

  close(): void {
    clearTimeout(this.#again);
    if (this.#pool) void abandon(this.#pool);
    this.#pool = undefined;
  }

  /** Bun listens again by itself only after it has listened once. */
  #openLater(error: unknown): void {
    if (!this.#hasFailed)
      log.warn({ cause: causeOf(error) }, "Other nodes cannot be heard: it is tried each second");
    this.#hasFailed = true;
    this.#again = setTimeout(() => this.open(), againMs);
  }

  #tell(notice: Notice | undefined): void {
    for (const listener of this.#listeners) listener(notice);
  }
}
