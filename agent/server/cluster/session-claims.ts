/** The id of a session that its caller has chosen: of several nodes that begin one by it in the same moment, one does. */
import type { ClusterConfig } from "./cluster-types";
import type { SharedConnection } from "./shared-connection";

/** A database that takes longer is as good as gone: the message does not wait for it. */
const withinMs = 1000;
const againMs = 200;
/** Of one node at once: PostgreSQL has room for some thousand locks, and those of the nodes must be among them. */
const mostOpen = 256;

/** The session may begin here; to be disposed of once it has begun, or was refused. Or another node has it: its name, where it is known. */
export type Claim = (Disposable & { by?: undefined }) | { by: string | undefined };

interface ClaimParts {
  own: Pick<ClusterConfig, "node" | "key">;
  connection: Pick<SharedConnection, "run" | "state">;
  /** Resolves, within a second, with whether all of a session that is in this node's file is in the shared database. */
  shared: (sessionId: string) => Promise<boolean>;
  /** Whether this node has the session. */
  has: (sessionId: string) => boolean;
}

export class SessionClaims {
  readonly #parts: ClaimParts;
  #open = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(parts: ClaimParts) {
    this.#parts = parts;
  }

  /**
   * A lock of the connection that holds the node's own, kept until the session's row is in the database. Without the database
   * nothing is claimed: what has begun twice then is noticed when it is copied. Rejects only with the signal's reason.
   */
  async claim(id: string, signal: AbortSignal): Promise<Claim> {
    const nothing: Claim = { [Symbol.dispose]: () => {} };
    if (this.#parts.connection.state.name === "gone") return nothing;
    const within = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
    const { promise: late, reject } = Promise.withResolvers<never>();
    const giveUp = () => reject(within.reason as Error);
    within.addEventListener("abort", giveUp, { once: true });
    try {
      return await Promise.race([this.#take(id, within), late]);
    } catch {
      signal.throwIfAborted();
      return nothing;
    } finally {
      within.removeEventListener("abort", giveUp);
    }
  }

  async #take(id: string, signal: AbortSignal): Promise<Claim> {
    await this.#turn();
    let isKept = false;
    try {
      signal.throwIfAborted();
      const { taken, owner } = await this.#ask(id, signal);
      const isFree = owner === null || owner === this.#parts.own.node;
      // Nobody waits for it any more.
      const isWanted = isFree && !signal.aborted;
      isKept = taken;
      if (taken && !isWanted) this.#release(id);
      if (!taken || !isWanted) return { by: owner ?? undefined };
      return { [Symbol.dispose]: () => this.#release(id) };
    } finally {
      if (!isKept) this.#next();
    }
  }

  /** Two numbers, which no caller can compute: of an id that is chosen for it, the lock would be that of another. A node's is one number. */
  #numbers(id: string): [number, number] {
    const digest = new Bun.CryptoHasher("sha256", this.#parts.own.key)
      .update(`session ${id}`)
      .digest();
    return [digest.readInt32BE(0), digest.readInt32BE(4)];
  }

  async #ask(id: string, signal: AbortSignal): Promise<{ taken: boolean; owner: string | null }> {
    const [first, second] = this.#numbers(id);
    const rows = await this.#parts.connection.run(
      (sql) => sql`
        SELECT pg_try_advisory_lock(${first}::int, ${second}::int) AS taken,
          (SELECT node FROM sessions WHERE id = ${id}) AS owner`,
      0,
      signal,
    );
    return (rows as { taken: boolean; owner: string | null }[])[0]!;
  }

  /** Resolves when there are less than the most. */
  async #turn(): Promise<void> {
    if (this.#open < mostOpen) this.#open++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #next(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#open--;
    else next();
  }

  #release(id: string): void {
    void this.#unlock(id).finally(() => this.#next());
  }

  /** Never rejects: a connection that is lost has given all up. */
  async #unlock(id: string): Promise<void> {
    const { connection, shared, has } = this.#parts;
    const [first, second] = this.#numbers(id);
    while (connection.state.name === "joined" && has(id) && !(await shared(id)))
      await Bun.sleep(againMs);
    await connection
      .run(
        (sql) => sql`SELECT pg_advisory_unlock(${first}::int, ${second}::int)`,
        0,
        AbortSignal.timeout(60_000),
      )
      .catch(() => {});
  }
}
