/** Sends messages at their times, each in a session of its own. Nobody is asked in their runs. */
import { defined } from "../../shared/defined";
import type { Limits, Schedule } from "../../shared/protocol";
import { newId } from "../id";
import { log } from "../log";
import type { ActiveRun } from "../run/active-run";
import { isDayUsedUp } from "../run/day-limits";
import type { SessionRegistry } from "../session/session-registry";
import { StoreClosedError } from "../store/storage-errors";
import { advanced, dueAt } from "./due-schedule";
import { begunRun, withLastRun } from "./last-run";
import { nextTime } from "./next-time";
import {
  type Claim,
  maxSchedules,
  newClaim,
  type SchedulesFile,
  shown,
  type StoredSchedule,
} from "./schedules-file";

/** Missed runs that are made up for begin so far apart. */
const staggerMs = 10_000;
/** What became of runs is written together. */
const noteMs = 100;
/** The clock is looked at again: it may have been set, or the machine may have slept. */
const longestWaitMs = 60_000;

export interface ScheduleParts {
  sessions: SessionRegistry;
  /** The run of a session that has not settled. */
  activeRun(sessionId: string): Pick<ActiveRun, "id" | "settled"> | undefined;
  limits(): Limits;
  /**
   * Begins the run in a session of these names. Throws what keeps it from that, for people, and the signal's reason, and then
   * nothing has begun.
   */
  begin(schedule: Schedule, names: Claim, signal: AbortSignal): Promise<void>;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** What a person decides of a schedule. */
export type ScheduleFields = Omit<Schedule, "id" | "nextAt" | "last" | "skipped">;

/*
   due ──► claimed (saved: the next time, and the names of the run) ──► begun (saved: last) ──► outcome
     └──► skipped: its last run still runs, nothing can be saved, a limit of the day

   Claimed is before begun: killed between the two, no run begins by the next server but as a missed time does.
   missed: told, and skipped, or due once again.
*/

export class Schedules {
  readonly #file: SchedulesFile;
  readonly #parts: ScheduleParts;
  readonly #closing = new AbortController();
  /** Claimed, and not begun yet. */
  readonly #beginning = new Map<string, Promise<void>>();
  #timer: Timer | undefined;
  /** What is held is written then. */
  #saving: Timer | undefined;
  #nextMadeUpAt = 0;

  constructor(file: SchedulesFile, parts: ScheduleParts) {
    this.#file = file;
    this.#parts = parts;
  }

  list(): Schedule[] {
    return this.#file.all.map(shown);
  }

  find(id: string): Schedule | undefined {
    const stored = this.#file.find(id);
    return stored && shown(stored);
  }

  /** How many have a time that comes. */
  get waiting(): number {
    return this.#file.all.filter(({ nextAt }) => nextAt !== undefined).length;
  }

  /**
   * Undefined when there are as many as there may be. A time since `askedAt` is due at once. Throws what the file system
   * throws.
   */
  add(fields: ScheduleFields, askedAt = this.#parts.now()): Schedule | undefined {
    const { all } = this.#file;
    if (all.length >= maxSchedules) return undefined;
    const added = { ...fields, id: newId(), ...defined({ nextAt: nextOf(fields, askedAt) }) };
    this.#save([...all, added]);
    return added;
  }

  /** Undefined when there is none of this id. It is whose who changes it. What runs of it goes on. Throws as `add` does. */
  change(
    id: string,
    fields: Partial<ScheduleFields>,
    askedAt = this.#parts.now(),
  ): Schedule | undefined {
    const before = this.#file.find(id);
    if (before === undefined) return undefined;
    const { nextAt, user: _user, ...kept } = before;
    const after = { ...kept, ...fields };
    if (fields.message !== undefined) delete after.command;
    if (fields.command !== undefined) delete after.message;
    const isSame = Bun.deepEquals(before.when, after.when) && before.isOn === after.isOn;
    const next = isSame ? nextAt : nextOf(after, askedAt);
    this.#save(this.#file.with({ ...after, ...defined({ nextAt: next }) }));
    return this.find(id);
  }

  /** False when there is none of this id. What runs of it goes on. Throws as `add` does. */
  remove(id: string): boolean {
    const rest = this.#file.all.filter((one) => one.id !== id);
    if (rest.length === this.#file.all.length) return false;
    this.#save(rest);
    return true;
  }

  /** All of a person's. What runs of them goes on. Throws as `add` does. */
  turnOff(user: string): void {
    const { all } = this.#file;
    const isMeant = (one: StoredSchedule) => one.user === user && one.isOn;
    const off = ({ nextAt: _nextAt, ...one }: StoredSchedule) => ({ ...one, isOn: false });
    if (all.some(isMeant)) this.#save(all.map((one) => (isMeant(one) ? off(one) : one)));
  }

  /** The run of it that has not settled, or is about to begin. */
  running({ id, last }: Schedule): Omit<Claim, "at"> | undefined {
    if (this.#beginning.has(id)) return this.#file.find(id)?.claimed;
    const isActive = last && this.#parts.activeRun(last.sessionId)?.id === last.runId;
    return isActive ? last : undefined;
  }

  /** Besides its times. Resolves when its run has begun. It must not be running. Throws what keeps the run from beginning. */
  async run(id: string): Promise<Schedule | undefined> {
    const stored = this.#file.find(id);
    if (stored === undefined) return undefined;
    const claimed = newClaim(this.#parts.now());
    // Saved before anything begins, so that nothing begins twice.
    this.#save(this.#file.with({ ...stored, claimed }));
    await this.#begin(stored, claimed);
    return this.find(id);
  }

  /** Once at the start, when the runs of the server before have been settled or taken over. */
  start(): void {
    try {
      this.#hold(this.#file.all.map((one) => this.#recovered(one)));
      for (const { id, last } of this.#file.all) if (last !== undefined) this.#follow(id, last);
    } catch (err) {
      log.error({ err }, "The schedules of an earlier server could not be settled");
    }
    this.#tick();
  }

  /** Nothing of it begins from now on. Resolves when nothing is about to begin; never rejects. */
  async close(): Promise<void> {
    this.#closing.abort(new StoreClosedError("Rein is shutting down, and begins no run."));
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#beginning.values());
    if (this.#saving !== undefined) this.#saveHeld();
  }

  #recovered(before: StoredSchedule): StoredSchedule {
    const { claimed, ...stored } = before;
    return withLastRun(before, this.#parts.sessions) ?? this.#missed(stored, claimed!.at);
  }

  /** All that begins now is claimed at once: each writing of the file takes its time. */
  #tick(): void {
    if (this.#closing.signal.aborted) return;
    const { all } = this.#file;
    const madeUpAt = this.#nextMadeUpAt;
    try {
      const looked = all.map((one) => this.#looked(one));
      if (looked.some((one, index) => one !== all[index])) this.#save(looked);
      else this.#arm();
    } catch (err) {
      log.error({ err }, "The schedules could not be saved, and none was run");
      this.#nextMadeUpAt = madeUpAt; // what is due stays due
      return this.#arm(longestWaitMs);
    }
    for (const [index, stored] of this.#file.all.entries()) {
      const { claimed } = stored;
      if (claimed === undefined || claimed === all[index]?.claimed) continue;
      // Why it failed is told where the schedule is.
      this.#begin(stored, claimed).catch(() => undefined);
    }
  }

  /** As it is to be saved, with a new claim where its run is to begin. */
  #looked(stored: StoredSchedule): StoredSchedule {
    const now = this.#parts.now();
    const due = dueAt(stored, now);
    if (due === undefined) return stored;
    if (due.is === "moved") return { ...stored, nextAt: due.at };
    if (due.is === "now") return this.#fired(stored, due.at);
    const told = this.#missed(advanced(stored, now, due.at), due.at);
    return told.nextAt !== undefined && told.nextAt <= now ? this.#fired(told, now) : told;
  }

  #fired(stored: StoredSchedule, at: number): StoredSchedule {
    const because = this.#whyNot(stored);
    const after = advanced(stored, this.#parts.now(), at);
    if (because === undefined) return { ...after, claimed: newClaim(at) };
    log.warn({ scheduleId: stored.id, at, because }, "A scheduled run was skipped");
    return { ...after, skipped: { at, because } };
  }

  #whyNot(stored: StoredSchedule): "running" | "full" | "limit" | undefined {
    const { sessions } = this.#parts;
    if (this.running(stored) !== undefined) return "running";
    if (sessions.isFull) return "full";
    return isDayUsedUp(this.#parts.limits(), sessions) ? "limit" : undefined;
  }

  /** However many times have passed: it is told, and at most one run makes up for them. */
  #missed(stored: StoredSchedule, at: number): StoredSchedule {
    const { id: scheduleId, missed } = stored;
    log.warn({ scheduleId, at, missed }, "A scheduled time passed while the server did not run");
    const told = { ...stored, skipped: { at, because: "down" as const } };
    if (missed === "skip" || !stored.isOn) return told;
    const nextAt = Math.max(this.#parts.now(), this.#nextMadeUpAt);
    this.#nextMadeUpAt = nextAt + staggerMs;
    return { ...told, nextAt };
  }

  #begin({ id }: StoredSchedule, claimed: Claim): Promise<void> {
    const begun = this.#beginNow(id, claimed).finally(() => this.#beginning.delete(id));
    this.#beginning.set(id, begun);
    return begun;
  }

  async #beginNow(id: string, claimed: Claim): Promise<void> {
    const { signal } = this.#closing;
    try {
      await this.#parts.begin(this.find(id)!, claimed, signal);
    } catch (error) {
      // A claim without a run: the next server tells it as a missed one.
      if (!signal.aborted) this.#noteFailure(id, claimed, error);
      throw error;
    }
    this.#note(id, (one) => ({ ...shown(one), last: begunRun(claimed, this.#parts.sessions) }));
    this.#follow(id, claimed);
  }

  #noteFailure(id: string, { at }: Claim, err: unknown): void {
    log.warn({ err, scheduleId: id }, "A scheduled run could not begin");
    const message = err instanceof Error ? err.message : String(err);
    this.#note(id, (one) => ({ ...shown(one), skipped: { at, because: "failed", message } }));
  }

  /** Notes how the run ends. */
  #follow(id: string, { sessionId, runId }: Claim): void {
    const active = this.#parts.activeRun(sessionId);
    if (active?.id !== runId) return;
    active.settled
      .then((answer) => {
        if (!answer.stopped) return;
        const { outcome } = answer;
        this.#note(id, (one) =>
          one.last?.runId === runId ? { ...one, last: { ...one.last, outcome } } : one,
        );
      })
      .catch((err: unknown) =>
        log.error({ err, scheduleId: id }, "The end of a scheduled run could not be noted"),
      );
  }

  #note(id: string, change: (stored: StoredSchedule) => StoredSchedule): void {
    const stored = this.#file.find(id);
    if (stored !== undefined) this.#hold(this.#file.with(change(stored)));
  }

  /** Saved soon: what is lost by a kill the next server finds in the sessions. */
  #hold(schedules: readonly StoredSchedule[]): void {
    const isSame = schedules.every((one, index) => one === this.#file.all[index]);
    this.#file.hold(schedules);
    if (!isSame && !this.#closing.signal.aborted)
      this.#saving ??= setTimeout(() => this.#saveHeld(), noteMs);
  }

  #saveHeld(): void {
    try {
      this.#save(this.#file.all);
    } catch (err) {
      log.error({ err }, "What became of scheduled runs could not be saved");
      this.#parts.sessions.listViewers.tell({ type: "schedules-changed" });
    }
  }

  #save(schedules: readonly StoredSchedule[]): void {
    clearTimeout(this.#saving);
    this.#saving = undefined;
    this.#file.save(schedules);
    this.#parts.sessions.listViewers.tell({ type: "schedules-changed" });
    this.#arm();
  }

  /** One timer, for the next of all. */
  #arm(leastMs = 0): void {
    clearTimeout(this.#timer);
    if (this.#closing.signal.aborted) return;
    const times = this.#file.all.flatMap(({ nextAt }) => nextAt ?? []);
    if (times.length === 0) return;
    const left = Math.min(...times) - this.#parts.now();
    this.#timer = setTimeout(() => this.#tick(), Math.min(Math.max(left, leastMs), longestWaitMs));
  }
}

function nextOf({ when, isOn }: Pick<Schedule, "when" | "isOn">, now: number): number | undefined {
  return isOn ? nextTime(when, now) : undefined;
}
