/** The file of schedules, which only its owner can read: what is claimed in it is never begun again. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import { type Schedule, skipReasons } from "../../shared/protocol";
import { id, scheduleFields } from "../../shared/requests";
import { newId } from "../id";
import { readJson, writeJson } from "../json-file";

export const maxSchedules = 100;

/** The names of a run that is to begin, and the time for which it does. */
export interface Claim {
  at: number;
  sessionId: string;
  runId: string;
}

/** `claimed`: a run that was about to begin when this was saved. */
export type StoredSchedule = Schedule & { claimed?: Claim };

export function newClaim(at: number): Claim {
  return { at, sessionId: newId(), runId: newId() };
}

/** Without what only the file is for. */
export function shown({ claimed: _claimed, ...schedule }: StoredSchedule): Schedule {
  return schedule;
}

const time = z.int().nonnegative();
const claim = { at: time, sessionId: id, runId: id };

const schema = z.strictObject({
  schedules: z
    .array(
      z.strictObject({
        ...scheduleFields,
        id,
        cwd: z.string().startsWith("/"),
        user: z.string().optional(),
        nextAt: time.optional(),
        last: z
          .strictObject({ ...claim, outcome: z.enum(["done", "failed", "stopped"]).optional() })
          .optional(),
        skipped: z
          .strictObject({
            at: time,
            because: z.enum(skipReasons),
            message: z.string().optional(),
          })
          .optional(),
        claimed: z.strictObject(claim).optional(),
      }),
    )
    .max(maxSchedules),
});

export class SchedulesFile {
  readonly #path: string;
  #schedules: readonly StoredSchedule[];

  /** Throws when the file exists but cannot be read or is not what Rein writes. */
  constructor(path: string) {
    this.#path = path;
    const parse = (text: string) => schema.parse(JSON.parse(text));
    const stored = readJson({ path, name: "schedules", parse, without: "without schedules" });
    this.#schedules = (stored?.schedules ?? []).map((one) => defined(one) as StoredSchedule);
  }

  get all(): readonly StoredSchedule[] {
    return this.#schedules;
  }

  find(id: string): StoredSchedule | undefined {
    return this.#schedules.find((one) => one.id === id);
  }

  /** All, with this one in the place of that of its id. */
  with(changed: StoredSchedule): StoredSchedule[] {
    return this.#schedules.map((one) => (one.id === changed.id ? changed : one));
  }

  /** Written when something is saved. */
  hold(schedules: readonly StoredSchedule[]): void {
    this.#schedules = schedules;
  }

  /** Durable when this returns. Throws what the file system throws, and then changes nothing. */
  save(schedules: readonly StoredSchedule[]): void {
    writeJson(this.#path, { schedules });
    this.#schedules = schedules;
  }
}
