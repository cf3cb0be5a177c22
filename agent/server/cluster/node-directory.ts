/** The nodes of the cluster, as the shared database has them; what was read last stays while that is gone. */
import { log } from "../log";
import type { NodeRow, SharedDatabase } from "./cluster-types";
import { Reload } from "./reload";

type Database = Pick<SharedDatabase, "node" | "state" | "onState" | "onNotice" | "reader">;

export class NodeDirectory {
  #rows = new Map<string, NodeRow>();
  readonly #listeners = new Set<() => void>();
  readonly #reload: Reload;

  /** Reads them anew whenever one may have changed, until the signal aborts. */
  constructor(database: Database, signal: AbortSignal) {
    this.#reload = new Reload(async () => {
      const rows = await database.reader.nodes(signal);
      this.#rows = new Map(
        rows.filter(({ id }) => id !== database.node).map((row) => [row.id, row]),
      );
      for (const listener of this.#listeners) listener();
    }, signal);
    database.onState(({ name }) => name === "joined" && this.#reload.ask());
    database.onNotice((notice) => {
      if (notice === undefined || notice.type === "node") this.#reload.ask();
    });
    this.#reload.onFailure = (err) => log.debug({ err }, "The nodes could not be read");
    this.#reload.ask();
  }

  /** All but this one, by their names. */
  get others(): NodeRow[] {
    return [...this.#rows.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(node: string): NodeRow | undefined {
    return this.#rows.get(node);
  }

  /** Resolves once they have been read anew, or could not be. Never rejects. */
  refreshed(): Promise<void> {
    return this.#reload.ask();
  }

  /** Calls `listener` whenever they were read. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }
}
