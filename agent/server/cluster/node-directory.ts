/** The nodes of the cluster, as the shared database has them; what was read last stays while that is gone, on the disk too. */
import { log } from "../log";
import type { NodeRow, SharedDatabase } from "./cluster-types";
import type { NodeFile } from "./node-file";
import { Reload } from "./reload";

type Database = Pick<SharedDatabase, "node" | "state" | "onState" | "onNotice" | "reader">;

/** A stop waits no longer for the names of those that have just joined. */
const currentMs = 1000;

export class NodeDirectory {
  #rows = new Map<string, NodeRow>();
  readonly #listeners = new Set<() => void>();
  readonly #reload: Reload;
  readonly #database: Database;
  /** As the listeners were told of them last. */
  #told: string | undefined;
  /** They were read since the start: none is missing but one that has joined since. */
  isRead = false;

  /** Reads them anew whenever one may have changed, until the signal aborts. */
  constructor(database: Database, file: Pick<NodeFile, "read" | "write">, signal: AbortSignal) {
    this.#database = database;
    this.#rows = othersIn(file.read(), database.node);
    this.#reload = new Reload(async () => {
      const rows = await database.reader.nodes(signal);
      this.#rows = othersIn(rows, database.node);
      this.isRead = true;
      // Whoever is told looks at the nodes, which reads them again.
      const now = JSON.stringify(this.others);
      if (now === this.#told) return;
      this.#told = now;
      file.write([...this.#rows.values()]);
      for (const listener of this.#listeners) listener();
    }, signal);
    database.onState(({ name }) => name === "joined" && this.#reload.want());
    database.onNotice((notice) => {
      if (notice === undefined || notice.type === "node") this.#reload.want();
    });
    this.#reload.onFailure = (err) => log.debug({ err }, "The nodes could not be read");
    this.#reload.want();
  }

  /**
   * All but this one, by their names: read anew, or, where the database does not answer at once, as they were read last.
   * Never rejects.
   */
  async current(): Promise<NodeRow[]> {
    if (this.#database.state.name === "joined") await this.#reload.askWithin(currentMs);
    return this.others;
  }

  /** As they were read last. */
  get others(): NodeRow[] {
    return [...this.#rows.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** As `find`; one that has joined a moment ago is looked for in the database first. Never rejects. */
  async known(node: string): Promise<NodeRow | undefined> {
    if (!this.#rows.has(node)) await this.#reload.askWithin(currentMs);
    return this.find(node);
  }

  find(node: string): NodeRow | undefined {
    return this.#rows.get(node);
  }

  /** Calls `listener` when they were read first, and whenever one is another than before. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }
}

function othersIn(rows: readonly NodeRow[], own: string): Map<string, NodeRow> {
  return new Map(rows.filter(({ id }) => id !== own).map((row) => [row.id, row]));
}
