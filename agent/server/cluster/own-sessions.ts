/**
 * When a node joins: what the shared database has of its own sessions and its disk has not comes back to it, and what others
 * own by now, or have deleted, leaves it.
 *
 * The rule: the database's row wins where it has a run, an end of a run or a message that the file has not, or a session's
 * row that is newer and that the file has not marked as changed; what only the file has stays beside it, as a branch.
 */
import { neverAborts } from "../abort";
import type { SQL } from "bun";
import { findRun, activeRun, isLiving, isUnknown } from "../../shared/session-lookup";
import type { Run, Session, Stop } from "../../shared/protocol";
import { sentence } from "../../shared/sentences";
import { log } from "../log";
import { newId } from "../id";
import { settleAfterCrash } from "../run/recovery";
import type { RunParts } from "../run/run-types";
import type { Runs } from "../run/runs";
import { isBehind, mergedSession } from "../session/merged-session";
import type { SessionRegistry } from "../session/session-registry";
import { DamagedSessionError } from "../store/storage-errors";
import type { Store } from "../store/store";
import type { SharedDatabase } from "./cluster-types";
import { compareOwn, type Differences } from "./compare-own";
import { readUndamaged } from "./shared-reader";

/** Of a run whose machine has lost its disk, or has got an older one back. */
const lostSnapshots = sentence(
  "The snapshots of this run are not on its machine any more, so it cannot be undone.",
).text;

export interface Snapshots {
  /** Whether this machine has what an undo of the run needs. */
  isRecorded(runId: string): boolean;
}

interface Parts {
  node: string;
  store: Store;
  sessions: SessionRegistry;
  runs: Pick<Runs, "active">;
  undo: Snapshots;
  engines: RunParts["engines"];
}

export class OwnSessions {
  readonly #parts: Parts;
  /** In the database, and not on this disk yet; the first comes next. */
  #lost = new Set<string>();
  readonly #coming = new Map<string, Promise<void>>();
  /** Given to the node that has them, in this moment. */
  readonly #leaving = new Set<string>();
  #database: Pick<SharedDatabase, "reader" | "state"> | undefined;
  #signal = AbortSignal.abort();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * To be called with the lock held and before anything is copied. Those whose runs are not settled are back when it resolves;
   * the others come later, or when they are asked for. `alive` is called after each step. Rejects with what the databases say.
   */
  async join(sql: SQL, alive: () => void): Promise<void> {
    const { node, store, sessions } = this.#parts;
    const found = await compareOwn(sql, node, store.shared);
    for (const id of found.foreign) await this.#giveAway(sql, id).finally(alive);
    for (const id of found.removed) this.#remove(id);
    if (found.removed.length > 0) await sql`DELETE FROM removed_sessions WHERE node = ${node}`;
    for (const id of found.doubtful) await this.#catchUp(sql, id).finally(alive);
    this.#lost = new Set(found.lost.map(({ id }) => id));
    for (const { id } of found.lost.filter(({ isUnsettled }) => isUnsettled)) {
      const stored = await readUndamaged(sql, id);
      if (stored !== undefined) await this.#keep(stored, neverAborts);
      this.#lost.delete(id);
      alive();
    }
    store.shared.markWhole(found.unshared.filter((id) => sessions.has(id)));
    tell(found);
  }

  /** Takes the others back, until the signal aborts. */
  attend(
    database: Pick<SharedDatabase, "reader" | "state" | "onState" | "onForeign">,
    signal: AbortSignal,
  ): void {
    this.#database = database;
    this.#signal = signal;
    database.onForeign = (ids) => {
      for (const id of ids) this.#foundForeign(id);
    };
    const end = database.onState(({ name }) => name === "joined" && this.#bringAll());
    signal.addEventListener("abort", end, { once: true });
    this.#bringAll();
  }

  isLost(id: string): boolean {
    return this.#lost.has(id);
  }

  /** Resolves when a session that is lost is back, or cannot be brought back now. Never rejects. */
  async bring(id: string): Promise<void> {
    if (!this.#lost.has(id)) return;
    const coming =
      this.#coming.get(id) ??
      this.#bring(id)
        .catch((err: unknown) => {
          if (!this.#signal.aborted)
            log.warn({ err, sessionId: id }, "A session could not be taken back yet");
        })
        .finally(() => this.#coming.delete(id));
    this.#coming.set(id, coming);
    await coming;
  }

  #bringAll(): void {
    const all = async () => {
      for (const id of this.#lost) {
        if (this.#signal.aborted || this.#database?.state.name !== "joined") return;
        await this.bring(id);
      }
      if (this.#lost.size === 0) log.debug("All sessions of this node are on its disk");
    };
    all().catch((err: unknown) => log.error({ err }, "Sessions could not be taken back"));
  }

  async #bring(id: string): Promise<void> {
    const session = await this.#database?.reader
      .session(id, this.#signal)
      .catch((error: unknown) => {
        if (!(error instanceof DamagedSessionError)) throw error;
        log.error({ err: error, sessionId: id }, "A session that was lost cannot be read");
        return undefined;
      });
    if (this.#database === undefined) return;
    if (session !== undefined) await this.#keep(session, this.#signal);
    this.#lost.delete(id);
  }

  /** Settles what ran; before the runs of an earlier server are recovered, that is left to them. */
  async #keep(session: Session, signal: AbortSignal): Promise<void> {
    const { sessions, engines } = this.#parts;
    const live = await sessions.createWhole(this.#asLost(session), signal);
    const run = activeRun(session);
    if (run !== undefined && this.#database !== undefined) settleAfterCrash(live, run, engines);
  }

  /** What was beside the rows is gone: jobs, and the snapshots of those runs that have none here. */
  #asLost(session: Session): Session {
    const stop: Stop = { by: "crash", from: "server", askedAt: Date.now() };
    const ended = { state: "stopped", endedAt: stop.askedAt, stop } as const;
    const processes = session.processes?.map((one) =>
      isLiving(one) || isUnknown(one) ? { ...one, ...ended } : one,
    );
    for (const run of session.runs) this.#noteSnapshots(run);
    return { ...session, ...(processes && { processes }) };
  }

  #noteSnapshots(run: Run): void {
    const { changes } = run;
    if (changes?.state !== "known" || changes.count === 0) return;
    if (this.#parts.undo.isRecorded(run.id) || changes.unseen.includes(lostSnapshots)) return;
    run.changes = { ...changes, unseen: [lostSnapshots, ...changes.unseen] };
  }

  async #catchUp(sql: SQL, id: string): Promise<void> {
    const { sessions, store } = this.#parts;
    const live = sessions.getReadable(id);
    const stored = await readUndamaged(sql, id);
    if (live === undefined || stored === undefined) return;
    const isMarked = store.shared.states().sessions.get(id)?.isMarked === true;
    const isNewer = !isMarked && stored.updatedAt > live.session.updatedAt;
    if (!isNewer && !isBehind(live.session, stored)) return;
    live.replaceWhole(this.#asLost(mergedSession(live.session, stored)));
    log.warn({ sessionId: id }, "The shared database has more of a session than this disk had");
  }

  /** What only this disk has of it stays here, as a session of its own. */
  async #giveAway(sql: SQL, id: string): Promise<void> {
    await this.#giveAwayTo(id, () => readUndamaged(sql, id));
  }

  /** Begun by the same id at two nodes while the database was gone. */
  #foundForeign(id: string): void {
    if (this.#leaving.has(id)) return;
    this.#leaving.add(id);
    const read = () => this.#database!.reader.session(id, this.#signal);
    this.#giveAwayTo(id, read)
      .catch((err: unknown) => log.error({ err, sessionId: id }, "It stays, and is not shared"))
      .finally(() => this.#leaving.delete(id));
  }

  async #giveAwayTo(id: string, read: () => Promise<Session | undefined>): Promise<void> {
    const { sessions } = this.#parts;
    const stored = await read();
    if (stored === undefined) return;
    await this.#endRuns(id);
    // From here on nothing is waited for, so that no run begins.
    const own = sessions.getReadable(id)?.session;
    const hasMore = own?.runs.some((run) => findRun(stored, run.id) === undefined) === true;
    const kept = hasMore ? this.#ownCopy(own) : undefined;
    sessions.giveAway(id, kept);
    log.warn(
      { sessionId: id, kept: kept?.id },
      "Another node has taken over a session of this one",
    );
  }

  /** Also one that has begun while another of it ended. */
  async #endRuns(sessionId: string): Promise<void> {
    const { active } = this.#parts.runs;
    for (let run = active.ofSession(sessionId); run; run = active.ofSession(sessionId)) {
      run.abort({ by: "crash", from: "server", askedAt: Date.now() });
      await run.settled;
    }
  }

  #ownCopy(session: Session): Session {
    const title = `${session.title} (as ${this.#parts.node} had it)`;
    return { ...session, id: newId(), title, titledBy: "person", queue: [] };
  }

  #remove(id: string): void {
    this.#parts.sessions.giveAway(id);
    log.info({ sessionId: id }, "A session was deleted elsewhere while this node was gone");
  }
}

function tell({ lost, unshared }: Differences): void {
  if (lost.length > 0)
    log.warn(
      { sessions: lost.length },
      "The shared database has sessions of this node that its disk has not: they are taken back",
    );
  if (unshared.length > 0)
    log.info({ sessions: unshared.length }, "Sessions that the shared database lacks are shared");
}
