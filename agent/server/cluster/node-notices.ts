/** What nodes tell each other by NOTIFY: names only, each with the node that says it. */
import type { Notice } from "./cluster-types";

export const channel = "rein";

/** PostgreSQL takes no longer payload. */
const maxPayload = 7900;
/** When more than this wait, their names are dropped: the receivers read everything again. */
const maxWaiting = 1000;

/** Of one node, those that wait to be sent; equal ones are one. */
export class Notices {
  readonly #node: string;
  readonly #waiting = new Set<string>();

  constructor(node: string) {
    this.#node = node;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(notice: Notice): void {
    this.#add(payloadOf(this.#node, notice));
  }

  take(): string[] {
    const all = [...this.#waiting];
    this.#waiting.clear();
    return all;
  }

  putBack(payloads: readonly string[]): void {
    for (const payload of payloads) this.#add(payload);
  }

  #add(payload: string): void {
    if (this.#waiting.size < maxWaiting) return void this.#waiting.add(payload);
    this.#waiting.clear();
    this.#waiting.add(JSON.stringify([this.#node, null]));
  }
}

/** For `pg_notify(channel, payload)`. */
export function payloadOf(node: string, notice: Notice): string {
  const payload = JSON.stringify([node, notice]);
  return Buffer.byteLength(payload) <= maxPayload ? payload : JSON.stringify([node, null]);
}

/** "own": of this node itself. Undefined: some notice, of which the name is not known. */
export function noticeOf(payload: string, node: string): Notice | undefined | "own" {
  try {
    const [from, notice] = JSON.parse(payload) as [string, Notice | null];
    return from === node ? "own" : (notice ?? undefined);
  } catch {
    return undefined; // of another program on the same channel, or of a newer Rein
  }
}
