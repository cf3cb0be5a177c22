/** Which node owns a session: this one, as the list has it, as the database has it, or as the others say. */
import { log } from "../log";
import type { SharedDatabase } from "./cluster-types";
import { readMs } from "./connect-postgres";
import type { NodeCalls, Unreached } from "./node-calls";
import type { NodeDirectory } from "./node-directory";
import type { OwnSessions } from "./own-sessions";
import type { RemoteSessions } from "./remote-sessions";

/** How long the search for a session takes at most: an id that no node has is a mistake, or a session that is about to begin. */
const askMs = 1500;

interface Stored {
  node: string | undefined;
}

/** The database cannot be asked. */
const unknown: Stored = { node: undefined };

interface Parts {
  database: Pick<SharedDatabase, "node" | "state" | "reader">;
  directory: Pick<NodeDirectory, "current">;
  remote: Pick<RemoteSessions, "nodeOf">;
  calls: Pick<NodeCalls, "call">;
  /** Whether this node has it, deleted ones too, or is about to. */
  isHere: (sessionId: string) => boolean;
  own: Pick<OwnSessions, "isLost" | "bring">;
}

export interface Place {
  /** Absent: no node that has answered has it. */
  node?: string;
  /** One that may have it and did not answer, while the database cannot say either. */
  missing?: Unreached;
}

export class SessionPlaces {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * `isPatient`: a node that lives and the database may take their time, where they are busy. Never rejects but with the signal's
   * reason.
   */
  async ownerOf(sessionId: string, isPatient: boolean, signal: AbortSignal): Promise<Place> {
    await this.bring(sessionId);
    const known = this.knownOwner(sessionId);
    if (known !== undefined) return { node: known };
    if (!isText(sessionId)) return {};
    const ms = isPatient ? readMs : askMs;
    const stored = await this.#inDatabase(sessionId, ms, signal);
    if (stored.node !== undefined) return { node: stored.node };
    const mayTakeLong = isPatient && stored === unknown;
    const { node, missing } = await this.#askOthers(sessionId, mayTakeLong, signal);
    if (node !== undefined) return { node };
    if (missing === undefined) return {};
    if (stored === unknown) return { missing };
    // One that is slow has written it down meanwhile.
    const later = await this.#inDatabase(sessionId, ms, signal);
    return later.node === undefined ? {} : { node: later.node };
  }

  /** One of this node's own that its disk has lost is back when it resolves, where that can be. Never rejects. */
  async bring(sessionId: string): Promise<void> {
    if (this.#parts.own.isLost(sessionId)) await this.#parts.own.bring(sessionId);
  }

  /** Where nothing is asked for: undefined says only that this node does not know. */
  knownOwner(sessionId: string): string | undefined {
    const { isHere, database, remote } = this.#parts;
    return isHere(sessionId) ? database.node : remote.nodeOf(sessionId);
  }

  async #inDatabase(id: string, withinMs: number, signal: AbortSignal): Promise<Stored> {
    const { database } = this.#parts;
    if (database.state.name !== "joined") return unknown;
    const own = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
    try {
      return { node: await database.reader.nodeOf(id, own) };
    } catch (err) {
      signal.throwIfAborted();
      log.debug({ err }, "The owner of a session could not be read");
      return unknown;
    }
  }

  /** It may have begun a moment ago, or while the database is gone. */
  async #askOthers(sessionId: string, mayTakeLong: boolean, signal: AbortSignal): Promise<Place> {
    const { directory, calls } = this.#parts;
    const path = `/api/sessions/${encodeURIComponent(sessionId)}/processes`;
    const request = { method: "HEAD", path, ...(!mayTakeLong && { withinMs: askMs }) };
    let missing: Unreached | undefined;
    const others = await directory.current();
    const asked = others.map(async ({ id }) => {
      const called = await calls.call(id, request, signal);
      if ("answer" in called && called.answer.status === 200) return id;
      if ("unreached" in called) missing = called.unreached;
      throw new Error(`not at ${id}`);
    });
    try {
      return { node: await Promise.any(asked) };
    } catch {
      signal.throwIfAborted();
      return missing ? { missing } : {};
    }
  }
}

/** PostgreSQL cannot be asked for anything else, and no session has such an id. */
function isText(id: string): boolean {
  return !id.includes("\0") && id.isWellFormed();
}
