/** Hears what other nodes tell by NOTIFY, on a connection of its own. */
import type { SQL } from "bun";
import { log } from "../log";
import type { ClusterConfig, Notice } from "./cluster-types";
import { causeOf, openPool } from "./connect-postgres";
import { channel, noticeOf } from "./notices";

export class Listener {
  readonly #config: ClusterConfig;
  readonly #listeners = new Set<(notice: Notice | undefined) => void>();
  #pool: SQL | undefined;

  constructor(config: ClusterConfig) {
    this.#config = config;
  }

  /** See `SharedDatabase.onNotice`. */
  onNotice(listener: (notice: Notice | undefined) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Listens on a new connection; each time it begins to, what was told before may be lost. */
  open(): void {
    void this.close();
    const { databaseUrl: url, node } = this.#config;
    const pool = openPool({ url, name: `rein ${node} (listens)`, max: 1 });
    this.#pool = pool;
    pool
      .listen(
        channel,
        (payload) => {
          const notice = noticeOf(payload, node);
          if (notice !== "own") this.#tell(notice);
        },
        () => this.#tell(undefined),
      )
      .catch((error: unknown) => {
        if (this.#pool === pool) log.warn({ cause: causeOf(error) }, "Other nodes cannot be heard");
      });
  }

  async close(): Promise<void> {
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.close({ timeout: 0 }).catch(() => {});
  }

  #tell(notice: Notice | undefined): void {
    for (const listener of this.#listeners) listener(notice);
  }
}
