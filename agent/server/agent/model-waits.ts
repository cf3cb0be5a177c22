/** What the model requests of a run wait for: a connection, bytes of a service, or the end of a countdown. A person can have them sent again. */
import { longestTimerMs } from "../abort";

/** Until it is disposed of. */
export interface RequestWait extends Disposable {
  /** To be called with every piece of the answer. */
  onBytes: () => void;
  /** To be called when it begins to wait for a free connection, and when it has one: meanwhile it is not silent. */
  onWait: (waits: boolean) => void;
}

export interface ModelWaitsOptions {
  /** After so many milliseconds without a byte a request has stalled; undefined: never. */
  stallMs(): number | undefined;
  /** Since when the longest silence of a stalled request lasts; undefined when none is stalled any more. */
  onStall(since: number | undefined): void;
  /** Since when a request waits for a free connection; undefined when none does any more. */
  onConnecting(since: number | undefined): void;
}

interface Wait {
  /** Absent: it cannot be sent anew. */
  again: (() => void) | undefined;
  /** Of a request: when the last byte came. Of a countdown: absent. */
  bytesAt?: number;
  isStalled?: boolean;
  /** Since when it waits for a free connection. */
  connectingSince?: number | undefined;
}

export class ModelWaits {
  readonly #options: ModelWaitsOptions;
  readonly #waits = new Set<Wait>();
  #stall: number | undefined;
  #connecting: number | undefined;

  constructor(options: ModelWaitsOptions) {
    this.#options = options;
  }

  /** A request that has been sent. `again` cuts it, so that it is sent anew; without it a person can only wait or stop. */
  request(again?: () => void): RequestWait {
    const wait: Wait & { bytesAt: number } = { again, bytesAt: Date.now(), isStalled: false };
    let timer: Timer | undefined;
    const arm = () => {
      const stallMs = this.#options.stallMs();
      if (stallMs === undefined) return;
      const leftMs = stallMs - (Date.now() - wait.bytesAt);
      if (leftMs > 0) timer = setTimeout(arm, Math.min(leftMs, longestTimerMs));
      else {
        wait.isStalled = true;
        this.#show();
      }
    };
    this.#waits.add(wait);
    arm();
    return {
      onBytes: () => {
        wait.bytesAt = Date.now();
        if (!wait.isStalled || !this.#waits.has(wait)) return;
        wait.isStalled = false;
        this.#show();
        arm();
      },
      onWait: (waits) => {
        clearTimeout(timer);
        wait.connectingSince = waits ? Date.now() : undefined;
        wait.bytesAt = Date.now();
        if (!this.#waits.has(wait)) return;
        this.#show();
        if (!waits) arm();
      },
      [Symbol.dispose]: () => {
        clearTimeout(timer);
        this.#waits.delete(wait);
        this.#show();
      },
    };
  }

  /** The wait before a failed request is sent anew. `again` ends it. */
  countdown(again: () => void): Disposable {
    const wait = { again };
    this.#waits.add(wait);
    return { [Symbol.dispose]: () => void this.#waits.delete(wait) };
  }

  /** Sends everything that waits anew: stalled requests, and those in a countdown. False when there is none. */
  askAgain(): boolean {
    const waiting = [...this.#waits].filter(
      ({ again, bytesAt, isStalled }) => again && (bytesAt === undefined || isStalled),
    );
    for (const { again } of waiting) again!();
    return waiting.length > 0;
  }

  #show(): void {
    const all = [...this.#waits];
    const stall = earliest(all.map(({ isStalled, bytesAt }) => (isStalled ? bytesAt : undefined)));
    const connecting = earliest(all.map(({ connectingSince }) => connectingSince));
    const isStallNew = stall !== this.#stall;
    const isConnectingNew = connecting !== this.#connecting;
    this.#stall = stall;
    this.#connecting = connecting;
    if (isStallNew) this.#options.onStall(stall);
    if (isConnectingNew) this.#options.onConnecting(connecting);
  }
}

function earliest(times: (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
