/**
 * Settles the runs that dead nodes have left, and says of their background processes that nothing is known, so that nothing
 * is shown as running that does not run. A node whose lock no process holds is asked whether it lives: one that answers is left
 * alone, with a proof of the key or as the process that has joined; one that refuses the connection is dead, and so is one that
 * stays silent. Of several nodes that notice it, exactly one settles each run.
 */
import { log } from "../log";
import type { RunParts } from "../run/run-types";
import { askHealth, claimsToLive } from "./ask-health";
import type { ClusterConfig, LeftWork, SharedDatabase } from "./cluster-types";
import { settleLeft } from "./settle-left";

const lookMs = 500;
/** With the time until the database has given up its lock, four seconds: above the longest pause of a process that is well. */
const deadAfterMs = 2000;
/** An address that is not reached may say so at once. */
const againMs = 100;

interface SettleParts {
  own: Pick<ClusterConfig, "node" | "key">;
  database: SharedDatabase;
  engines: RunParts["engines"];
}

/** Looks twice a second until the signal aborts, and when what is returned is called: a node has just been found to be away. */
export function settleDead(parts: SettleParts, signal: AbortSignal): () => void {
  const dead = new DeadNodes(parts, signal);
  let isLooking = false;
  const look = () => {
    if (isLooking || signal.aborted || parts.database.state.name === "gone") return;
    isLooking = true;
    dead
      .look()
      .catch((err: unknown) => log.debug({ err }, "Dead nodes could not be looked for"))
      .finally(() => (isLooking = false));
  };
  const timer = setInterval(look, lookMs);
  signal.addEventListener("abort", () => clearInterval(timer), { once: true });
  return look;
}

class DeadNodes {
  readonly #parts: SettleParts;
  readonly #signal: AbortSignal;
  readonly #asked = new Set<string>();
  readonly #told = new Map<string, string>();

  constructor(parts: SettleParts, signal: AbortSignal) {
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Rejects with what the database says. */
  async look(): Promise<void> {
    const all = await this.#parts.database.reader.left(this.#signal);
    const names = new Set(all.map(({ node }) => node.id));
    for (const id of this.#told.keys()) if (!names.has(id)) this.#told.delete(id);
    // One that is silent keeps none of the others waiting.
    for (const left of all)
      if (!this.#asked.has(left.node.id))
        this.#ask(left).catch((err: unknown) => this.#logFailure(err, left));
  }

  async #ask(left: LeftWork): Promise<void> {
    const { id } = left.node;
    this.#asked.add(id);
    try {
      if (await this.#isDead(left)) await settleLeft(this.#parts, left, this.#signal);
    } finally {
      this.#asked.delete(id);
    }
  }

  #logFailure(err: unknown, { node }: LeftWork): void {
    if (this.#signal.aborted) return;
    log.warn({ err, node: node.id }, "A dead node could not be settled yet");
  }

  async #isDead({ node }: LeftWork): Promise<boolean> {
    const { id, address } = node;
    const begun = performance.now();
    for (;;) {
      const [health, isClaimed] = await Promise.all([
        askHealth(this.#parts.own, node, this.#signal),
        claimsToLive(node, this.#signal),
      ]);
      if (this.#signal.aborted) return false;
      if (health === "lives") {
        this.#tell(id, "lives", `Node ${id} has no connection to the shared database, but lives`);
        return false;
      }
      if (health === "refused") {
        this.#tell(id, "dead", `Node ${id} is dead: ${address} refuses the connection`);
        return true;
      }
      // Forged, this keeps runs shown as running until an admin removes the node, which asks for a proof. Disbelieved, a node
      // that lives has its runs written down as ended while they go on, out of reach of every stop: that is worse.
      if (isClaimed) {
        this.#tell(id, "claimed", claimed(node));
        return false;
      }
      if (performance.now() - begun >= deadAfterMs) break;
      await Bun.sleep(againMs);
    }
    this.#tell(id, "dead", `Node ${id} counts as dead: ${address} does not answer`);
    return true;
  }

  /** Once, until it changes. */
  #tell(id: string, state: string, words: string): void {
    if (this.#told.get(id) !== state) log.warn(words);
    this.#told.set(id, state);
  }
}

function claimed({ id, address }: LeftWork["node"]): string {
  return `Node ${id} has no connection to the shared database, and ${address} says that it lives, without a proof of the key: its runs are left as they are. Give all nodes the same REIN_CLUSTER_KEY and version; one that is gone for good can be removed`;
}
