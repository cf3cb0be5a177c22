/** Watches the shared database for runs that are settled, and keeps the text that each had then. */
import { storedRunText } from "./stored";

export class Observer {
  /** By run. */
  readonly texts = new Map<string, string>();
  readonly ended: Promise<void>;

  constructor(sql: Bun.SQL, signal: AbortSignal) {
    this.ended = this.#watch(sql, signal);
  }

  async #watch(sql: Bun.SQL, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.look(sql).catch(() => undefined); // the database is gone for a while
      await Bun.sleep(250);
    }
  }

  async look(sql: Bun.SQL): Promise<void> {
    const runs = (await sql`SELECT id FROM rein.runs WHERE settled`) as { id: string }[];
    for (const { id } of runs)
      if (!this.texts.has(id)) this.texts.set(id, await storedRunText(sql, id));
  }
}
