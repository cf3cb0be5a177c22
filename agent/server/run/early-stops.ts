/** Stops that came before the messages of their runs: each such run starts stopped. */
import type { Stop } from "../../shared/protocol";

/** More than this many at once are a caller's mistake, and are forgotten. */
const maxStops = 1000;

export class EarlyStops {
  readonly #stops = new Map<string, Stop>();

  add(runId: string, stop: Stop): void {
    if (this.#stops.size >= maxStops) this.#stops.clear();
    this.#stops.set(runId, stop);
  }

  get(runId: string): Stop | undefined {
    return this.#stops.get(runId);
  }

  /** The run has come: its stop, if there was one, is forgotten here. */
  take(runId: string): Stop | undefined {
    const stop = this.#stops.get(runId);
    this.#stops.delete(runId);
    return stop;
  }
}
