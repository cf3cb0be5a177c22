/** As which Unix accounts a proxy on this machine may run: the system's, and those that were named. */
import { neverAborts } from "../abort";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { leastUid, lookUp } from "./unix-accounts";

/** The number of a named one can change: a service may be given another at each start (DynamicUser). */
const keptMs = 5000;

export class ProxyAccounts {
  readonly #named: readonly string[];
  readonly #jobs: Pick<Jobs, "run">;
  #known: { until: number; uids: Promise<ReadonlySet<number>> } | undefined;

  constructor(named: readonly string[], jobs: Pick<Jobs, "run">) {
    this.#named = named;
    this.#jobs = jobs;
  }

  /** Never rejects: an account that cannot be looked up is not believed. */
  async has(uid: number): Promise<boolean> {
    return uid < leastUid() || (await this.isNamed(uid));
  }

  /** Whether it is believed though its number could be a person's. */
  async isNamed(uid: number): Promise<boolean> {
    if (this.#named.length === 0) return false;
    const now = performance.now();
    if (this.#known === undefined || this.#known.until < now)
      this.#known = { until: now + keptMs, uids: this.#lookUpAll() };
    return (await this.#known.uids).has(uid);
  }

  async #lookUpAll(): Promise<ReadonlySet<number>> {
    const found = this.#named.map(async (name) => {
      try {
        return (await lookUp(name, this.#jobs, neverAborts))?.uid;
      } catch (err) {
        log.warn({ err, name }, "The account of a proxy was not looked up");
        return undefined;
      }
    });
    return new Set((await Promise.all(found)).filter((uid) => uid !== undefined));
  }
}
