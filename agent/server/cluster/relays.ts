/** The relays of this node: one for each session of another node that has viewers here. */
import { log } from "../log";
import type { Asker } from "../../shared/protocol";
import { withNewestMessages } from "../session/history-page";
import { encode } from "../stream/sse-frame";
import type { Viewer, ViewerOptions } from "../stream/viewer";
import type { Notice, RemoteSummary, SharedDatabase } from "./cluster-types";
import { readMs } from "./connect-postgres";
import type { OwnerCalls } from "./owner-stream";
import type { Stored } from "./relayed-events";
import { type NoBeginning, SessionRelay } from "./session-relay";

/** With `untilRunId` the viewer ends once the database has the end of that run. */
type OpenViewer = (
  options: ViewerOptions & { untilRunId?: string },
  onClose: (viewer: Viewer) => void,
) => Viewer;

interface Followed {
  node: string;
  sessionId: string;
  after?: number;
  /** Who looks: the stream ends when the session is shared with them no longer. */
  asker: Asker;
}

interface Parts {
  database: Pick<SharedDatabase, "onNotice" | "onState" | "reader">;
  calls: OwnerCalls;
  /** A node answers no longer, or again; once, however many relays notice it. */
  onReached: (isReached: boolean) => void;
}

export class Relays {
  readonly #parts: Parts;
  readonly #relays = new Map<string, SessionRelay>();
  /** Nodes that were not reached last: each new relay to one finds that again. */
  readonly #silent = new Set<string>();

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.database.onNotice((notice) => this.#noted(notice));
  }

  /**
   * Resolves with what opens a viewer of the session, to be called in the same tick: after the event `after`, or with a
   * snapshot first. Or with why there is none. Rejects with the signal's reason.
   */
  async follow(
    { node, sessionId, after, asker }: Followed,
    signal: AbortSignal,
  ): Promise<NoBeginning | { open: OpenViewer }> {
    for (;;) {
      const relay = this.#relay(node, sessionId);
      try {
        const begun = await relay.begin(after, asker, signal);
        if (!("seq" in begun)) return begun;
        return { open: (options, onClose) => relay.join(begun, { ...options, asker }, onClose) };
      } catch (error) {
        // It has just ended, because its last viewer left.
        if (signal.aborted || !relay.isClosed) throw error;
      }
    }
  }

  /** The row of a session has changed in the shared database. */
  noteRow(row: RemoteSummary): void {
    this.#relays.get(row.id)?.noteOwned(row);
  }

  close(): void {
    for (const relay of this.#relays.values()) relay.close();
  }

  #relay(node: string, sessionId: string): SessionRelay {
    const known = this.#relays.get(sessionId);
    if (known?.node === node && !known.isClosed) return known;
    known?.close();
    const relay: SessionRelay = new SessionRelay({
      node,
      sessionId,
      calls: this.#parts.calls,
      readStored: (seq, signal) => this.#readStored(sessionId, seq, signal),
      onReached: (isReached) => this.#reached(node, isReached),
      onEnd: () => {
        if (this.#relays.get(sessionId) === relay) this.#relays.delete(sessionId);
      },
    });
    this.#relays.set(sessionId, relay);
    return relay;
  }

  async #readStored(id: string, seq: number, signal: AbortSignal): Promise<Stored | undefined> {
    try {
      const own = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
      const session = await this.#parts.database.reader.session(id, own);
      if (session === undefined || session.deletedAt !== undefined) return undefined;
      const shown = withNewestMessages({ ...session, seq });
      const settled = session.runs.filter(({ state }) => state === "settled");
      return {
        frame: encode({ type: "snapshot", session: shown, seq }),
        owned: { user: session.user, people: session.people },
        settledRuns: new Set(settled.map(({ id }) => id)),
      };
    } catch (err) {
      log.debug({ err, sessionId: id }, "A session of another node could not be read");
      return undefined;
    }
  }

  #reached(node: string, isReached: boolean): void {
    if (isReached !== this.#silent.has(node)) return;
    if (isReached) this.#silent.delete(node);
    else this.#silent.add(node);
    this.#parts.onReached(isReached);
  }

  #noted(notice: Notice | undefined): void {
    // It may be back without a relay to it.
    if (notice === undefined) this.#silent.clear();
    else if (notice.type === "node") this.#silent.delete(notice.id);
    for (const relay of this.#relays.values())
      if (isSettled(notice, relay))
        relay.showStored().catch((err: unknown) => log.error({ err }, "A relay has failed"));
      else if (notice?.type === "node" && notice.id === relay.node) relay.retry();
  }
}

/** After a gap it may have been said meanwhile. */
function isSettled(notice: Notice | undefined, { node, isReached }: SessionRelay): boolean {
  return notice === undefined ? !isReached : notice.type === "settled" && notice.node === node;
}
