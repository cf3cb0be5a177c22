/** Which node owns a session: this one, as the list has it, as the database has it, or as the others say. */
import { log } from "../log";
import type { SharedDatabase } from "./cluster-types";
import type { NodeCalls } from "./node-calls";
import type { NodeDirectory } from "./node-directory";
import type { RemoteSessions } from "./remote-sessions";

/** One that nobody has is asked for by mistake: nobody waits longer to hear that. */
const askMs = 1500;

interface Parts {
  database: Pick<SharedDatabase, "node" | "state" | "reader">;
  directory: Pick<NodeDirectory, "others">;
  remote: Pick<RemoteSessions, "nodeOf">;
  calls: Pick<NodeCalls, "call">;
  /** Whether this node has it, deleted ones too, or is about to. */
  isHere: (sessionId: string) => boolean;
}

export class SessionPlaces {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Undefined: no node that answers in time has it. Never rejects but with the signal's reason. */
  async ownerOf(sessionId: string, signal: AbortSignal): Promise<string | undefined> {
    const { isHere, database, remote } = this.#parts;
    if (isHere(sessionId)) return database.node;
    return (
      remote.nodeOf(sessionId) ??
      (await this.#inDatabase(sessionId, signal)) ??
      (await this.#askOthers(sessionId, signal))
    );
  }

  /** Where nothing is asked for: undefined says only that this node does not know. */
  knownOwner(sessionId: string): string | undefined {
    const { isHere, database, remote } = this.#parts;
    return isHere(sessionId) ? database.node : remote.nodeOf(sessionId);
  }

  async #inDatabase(sessionId: string, signal: AbortSignal): Promise<string | undefined> {
    const { database } = this.#parts;
    if (database.state.name !== "joined") return undefined;
    const own = AbortSignal.any([signal, AbortSignal.timeout(askMs)]);
    return database.reader.nodeOf(sessionId, own).catch((err: unknown) => {
      signal.throwIfAborted();
      log.debug({ err }, "The owner of a session could not be read");
      return undefined;
    });
  }

  /** It may have begun a moment ago, or while the database is gone. */
  async #askOthers(sessionId: string, signal: AbortSignal): Promise<string | undefined> {
    const { directory, calls } = this.#parts;
    const path = `/api/sessions/${encodeURIComponent(sessionId)}/processes`;
    const request = { method: "HEAD", path, withinMs: askMs };
    const asked = directory.others.map(async ({ id }) => {
      const called = await calls.call(id, request, signal);
      if ("answer" in called && called.answer.status === 200) return id;
      throw new Error(`not at ${id}`);
    });
    return Promise.any(asked).catch(() => {
      signal.throwIfAborted();
      return undefined;
    });
  }
}
