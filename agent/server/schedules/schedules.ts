/** Sends messages at their times, each in a session of its own. Nobody is asked in their runs. */
import { defined } from "../../shared/defined";
import type { Limits, Schedule, StopAnswer } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { newId } from "../id";
import { log } from "../log";
import type { ActiveRun } from "../run/active-run";
import { isDayUsedUp } from "../run/day-limits";
import type { SessionRegistry } from "../session/session-registry";
import { advanced, dueAt } from "./due-schedule";
import { nextTime } from "./next-time";
import {
  type Claim,
  maxSchedules,
  type SchedulesFile,
  type StoredSchedule,
} from "./schedules-file";

/** Missed runs that are made up for begin so far apart. */
const staggerMs = 10_000;
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

  /** Undefined when there are as many as there may be. Throws what the file system throws. */
  add(fields: ScheduleFields): Schedule | undefined {
    const { all } = this.#file;
    if (all.length >= maxSchedules) return undefined;
    const added = { ...fields, id: newId(), ...defined({ nextAt: this.#next(fields) }) };
    this.#save([...all, added]);
    return added;
  }

  /** Undefined when there is none of this id. What runs of it goes on. Throws as `add` does. */
  change(id: string, fields: Partial<ScheduleFields>): Schedule | undefined {
    const before = this.#file.find(id);
    if (before === undefined) return undefined;
    const { nextAt, ...after } = { ...before, ...fields };
    if (fields.message !== undefined) delete after.command;
    if (fields.command !== undefined) delete after.message;
    const isSame = Bun.deepEquals(before.when, after.when) && before.isOn === after.isOn;
    const next = isSame ? nextAt : this.#next(after);
    this.#replace({ ...after, ...defined({ nextAt: next }) });
    return this.find(id);
  }

  /** False when there is none of this id. What runs of it goes on. Throws as `add` does. */
  remove(id: string): boolean {
    const rest = this.#file.all.filter((one) => one.id !== id);
    if (rest.length === this.#file.all.length) return false;
    this.#save(rest);
    return true;
  }

  /** The run of it that has not settled, or is about to begin. */
  running({ id, last }: Schedule): { sessionId: string; runId: string } | undefined {
    const { claimed } = this.#file.find(id) ?? {};
    if (claimed !== undefined && this.#beginning.has(id)) return claimed;
    const isActive = last && this.#parts.activeRun(last.sessionId)?.id === last.runId;
    return isActive ? last : undefined;
  }

  /** Besides its times. Resolves when its run has begun. It must not be running. Throws what keeps the run from beginning. */
  async run(id: string): Promise<Schedule | undefined> {
    const stored = this.#file.find(id);
    if (stored === undefined) return undefined;
    await this.#begin(stored, this.#claim(stored, this.#parts.now()));
    return this.find(id);
  }

  /** Once at the start, when the runs of the server before have been settled or taken over. */
  start(): void {
    try {
      for (const { id } of this.#file.all) this.#recover(id);
    } catch (err) {
      log.error({ err }, "The schedules of an earlier server could not be settled");
    }
    this.#tick();
  }

  /** Nothing of it begins from now on. Resolves when nothing is about to begin; never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#beginning.values());
  }

  #next({ when, isOn }: Pick<Schedule, "when" | "isOn">): number | undefined {
    return isOn ? nextTime(when, this.#parts.now()) : undefined;
  }

  /** What was claimed and has begun is its last run, of which the end is told too. What has not was missed. */
  #recover(id: string): void {
    const { claimed, ...stored } = this.#file.find(id)!;
    const last = claimed === undefined ? stored.last : { ...claimed };
    const session = last && this.#parts.sessions.getReadable(last.sessionId)?.session;
    const run = session && findRun(session, last.runId);
    if (claimed !== undefined && run === undefined) return this.#miss(stored, claimed.at);
    if (last === undefined || last.outcome !== undefined) return;
    // One that no session has any more does not run.
    const outcome = run === undefined ? "failed" : run.outcome;
    this.#replace({ ...stored, last: { ...last, ...defined({ outcome }) } });
    if (outcome === undefined) this.#follow(id, last);
  }

  #tick(): void {
    if (this.#closing.signal.aborted) return;
    let leastMs = 0;
    for (const { id } of this.#file.all)
      try {
        this.#look(id);
      } catch (err) {
        log.error({ err, scheduleId: id }, "A schedule could not be saved, and was not run");
        // It stays due.
        leastMs = longestWaitMs;
      }
    this.#arm(leastMs);
  }

  #look(id: string): void {
    const stored = this.#file.find(id)!;
    const now = this.#parts.now();
    const due = dueAt(stored, now);
    if (due === undefined) return;
    if (due.is === "missed") return this.#miss(stored, due.at);
    if (due.is === "now") return this.#fire(stored, due.at);
    this.#replace({ ...stored, nextAt: due.at });
  }

  #fire(stored: StoredSchedule, at: number): void {
    const { sessions } = this.#parts;
    if (this.running(stored) !== undefined) return this.#skip(stored, at, "running");
    if (sessions.isFull) return this.#skip(stored, at, "full");
    if (isDayUsedUp(this.#parts.limits(), sessions)) return this.#skip(stored, at, "limit");
    const claimed = this.#claim(stored, at);
    // Why it failed is told where the schedule is.
    this.#begin(stored, claimed).catch(() => undefined);
  }

  #skip(stored: StoredSchedule, at: number, because: "running" | "full" | "limit"): void {
    log.warn({ scheduleId: stored.id, at, because }, "A scheduled run was skipped");
    this.#replace({ ...advanced(stored, this.#parts.now(), at), skipped: { at, because } });
  }

  /** However many times have passed: it is told, and at most one run makes up for them. */
  #miss(stored: StoredSchedule, at: number): void {
    const { id: scheduleId, missed } = stored;
    log.warn({ scheduleId, at, missed }, "A scheduled time passed while the server did not run");
    const told = {
      ...advanced(stored, this.#parts.now(), at),
      skipped: { at, because: "down" as const },
    };
    if (missed === "once" && stored.isOn) {
      told.nextAt = Math.max(this.#parts.now(), this.#nextMadeUpAt);
      this.#nextMadeUpAt = told.nextAt + staggerMs;
    }
    this.#replace(told);
    if (told.nextAt !== undefined && told.nextAt <= this.#parts.now()) this.#look(scheduleId);
  }

  /** Saved before anything begins, so that nothing begins twice. */
  #claim(stored: StoredSchedule, at: number): Claim {
    const claimed = { at, sessionId: newId(), runId: newId() };
    const isDue = stored.nextAt !== undefined && stored.nextAt <= at;
    this.#replace({ ...(isDue ? advanced(stored, this.#parts.now(), at) : stored), claimed });
    return claimed;
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
    this.#note(id, { last: claimed });
    this.#follow(id, claimed);
  }

  #noteFailure(id: string, { at }: Claim, err: unknown): void {
    log.warn({ err, scheduleId: id }, "A scheduled run could not begin");
    const message = err instanceof Error ? err.message : String(err);
    this.#note(id, { skipped: { at, because: "failed", message } });
  }

  /** Of a run that was claimed, when it has begun or failed. */
  #note(id: string, what: Partial<StoredSchedule>): void {
    const stored = this.#file.find(id);
    if (stored === undefined) return;
    const { claimed: _claimed, ...rest } = stored;
    try {
      this.#replace({ ...rest, ...what });
    } catch (err) {
      log.error({ err, scheduleId: id }, "What became of a scheduled run could not be saved");
    }
  }

  /** Notes how the run ends. */
  #follow(id: string, claimed: Claim): void {
    const active = this.#parts.activeRun(claimed.sessionId);
    if (active?.id !== claimed.runId) return;
    const note = (answer: StopAnswer) => {
      const stored = this.#file.find(id);
      if (!answer.stopped || stored?.last?.runId !== claimed.runId) return;
      this.#note(id, { last: { ...stored.last, outcome: answer.outcome } });
    };
    active.settled
      .then(note)
      .catch((err: unknown) =>
        log.error({ err, scheduleId: id }, "The end of a scheduled run could not be noted"),
      );
  }

  #replace(changed: StoredSchedule): void {
    this.#save(this.#file.all.map((one) => (one.id === changed.id ? changed : one)));
  }

  #save(schedules: readonly StoredSchedule[]): void {
    this.#file.save(schedules);
    this.#parts.sessions.tellSchedulesChanged();
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

/** Without what only the file is for. */
function shown({ claimed: _claimed, ...schedule }: StoredSchedule): Schedule {
  return schedule;
}
