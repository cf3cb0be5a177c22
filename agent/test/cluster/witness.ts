/** A viewer of one session through HAProxy that comes back whenever its connection ends, and counts how often each run ended. */
import { createRein } from "../../sdk/create-rein";
import { apply } from "../../shared/apply";
import type { Session } from "../../shared/protocol";
import { clusterToken } from "../cluster-node";

export class Witness {
  readonly session = { seq: 0, messages: [], runs: [] } as unknown as Session;
  /** How many events ended this run. */
  readonly ends = new Map<string, number>();
  readonly ended: Promise<void>;
  readonly #after = new Map<string, string>();

  constructor(
    readonly sessionId: string,
    url: string,
    signal: AbortSignal,
  ) {
    this.ended = this.#watch(url, signal);
  }

  /** Text that came for a run after the event that ended it: `run: text`. */
  get afterEnd(): string[] {
    return [...this.#after].map(([run, text]) => `${run}: ${text}`);
  }

  async #watch(url: string, signal: AbortSignal): Promise<void> {
    const rein = createRein({ url, credential: clusterToken });
    while (!signal.aborted) {
      try {
        const { seq } = this.session;
        for await (const event of rein.events(this.sessionId, seq || undefined, signal)) {
          this.#check(event);
          apply(this.session, event);
        }
      } catch {
        // A node or HAProxy has ended the connection.
      }
      await Bun.sleep(200); // as pages do
    }
  }

  #check({ type, runId, messageId }: { type: string; runId?: string; messageId?: string }): void {
    if (type === "run-end" && runId !== undefined)
      this.ends.set(runId, (this.ends.get(runId) ?? 0) + 1);
    if (type !== "part-delta") return;
    const run = this.session.messages.find(({ id }) => id === messageId)?.runId;
    if (run !== undefined && this.ends.has(run)) this.#after.set(run, "a delta after the end");
  }
}
