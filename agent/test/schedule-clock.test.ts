/** When schedules run: by a clock that the tests set, and a beginning of runs that they answer. */
import { afterEach, beforeEach, describe, expect, spyOn, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { abortable } from "../server/abort";
import { nextTime, whyNoTime } from "../server/schedules/next-time";
import { type ScheduleFields, type ScheduleParts, Schedules } from "../server/schedules/schedules";
import { maxSchedules, SchedulesFile } from "../server/schedules/schedules-file";
import { SessionRegistry } from "../server/session/session-registry";
import { Store } from "../server/store/store";
import type { Run, ScheduleTime } from "../shared/protocol";
import { limitsRequest } from "../shared/requests";
import { emptySession } from "./long-session";
import { nextTurn, until } from "./within";

const minute = 60_000;
const hour = 60 * minute;
const noon = Date.UTC(2026, 10, 27, 12);
const berlin = "Europe/Berlin";

let directory: string;
let path: string;
let now: number;
/** What was begun: the names of the schedules. */
let begun: string[];
let open: Schedules[];
let sessions: SessionRegistry;

beforeEach(() => {
  sessions = new SessionRegistry(new Store(":memory:"));
  directory = mkdtempSync(join(tmpdir(), "rein-schedules-"));
  path = join(directory, "schedules.json");
  now = noon;
  begun = [];
  open = [];
});
afterEach(async () => {
  await Promise.all(open.map((one) => one.close()));
  rmSync(directory, { recursive: true, force: true });
});

/** A server's, on the file as it is. `begin`: by default each run begins at once. */
function start(
  begin: ScheduleParts["begin"] = () => Promise.resolve(),
  file = new SchedulesFile(path),
): Schedules {
  const schedules = new Schedules(file, {
    sessions,
    activeRun: () => undefined,
    limits: () => limitsRequest.parse({}),
    begin(schedule, ...rest) {
      begun.push(schedule.name);
      return begin(schedule, ...rest);
    },
    now: () => now,
  });
  schedules.start();
  open.push(schedules);
  return schedules;
}

function fields(when: ScheduleTime, more: Partial<ScheduleFields> = {}): ScheduleFields {
  const rest = { message: "Do it", permissions: "ask", limits: {}, missed: "skip" } as const;
  return { name: "Nightly", cwd: "/", ...rest, isOn: true, when, ...more };
}

/** The clock jumps, and the server looks at it. */
async function jump(schedules: Schedules, to: number): Promise<void> {
  now = to;
  for (const { id } of schedules.list()) schedules.change(id, {});
  await until(() => schedules.list().every(({ nextAt }) => (nextAt ?? now + 1) > now));
}

describe("the next time", () => {
  test("of a cron time is one of its zone: once where the clocks leave it out, and once where they repeat it", () => {
    const cron = { cron: "30 2 * * *", timeZone: berlin };
    const times = (from: number, count: number) => {
      const found: string[] = [];
      for (let at = from; found.length < count;) {
        at = nextTime(cron, at)!;
        found.push(new Date(at).toISOString());
      }
      return found;
    };
    // On 28 March 2027 the clocks go from 2:00 to 3:00.
    const spring = times(Date.UTC(2027, 2, 27, 12), 2);
    expect(spring[0]).toMatch(/^2027-03-28T01:(00|30)/);
    expect(spring[1]).toBe("2027-03-29T00:30:00.000Z");
    // On 31 October 2027 they go from 3:00 to 2:00.
    const autumn = times(Date.UTC(2027, 9, 30, 12), 2);
    expect(autumn).toEqual(["2027-10-31T00:30:00.000Z", "2027-11-01T01:30:00.000Z"]);
  });

  test("of an interval is counted from the one before, without those that have passed", () => {
    expect(nextTime({ everyMinutes: 30 }, noon)).toBe(noon + 30 * minute);
    const late = noon + 100 * minute + 17;
    expect(nextTime({ everyMinutes: 30 }, late, noon)).toBe(noon + 120 * minute);
  });

  test("that never comes is refused", () => {
    expect(whyNoTime({ cron: "0 0 30 2 *", timeZone: berlin }, noon)).toContain("never comes");
    expect(whyNoTime({ at: noon }, noon)).toContain("never comes");
    expect(whyNoTime({ at: noon + 1 }, noon)).toBeUndefined();
  });
});

test("a time that passes while its request is checked is due at once", async () => {
  const schedules = start();
  now = noon + 10;
  const { id } = schedules.add(fields({ at: noon + 5 }), noon)!;
  await until(() => begun.length === 1);
  expect(schedules.find(id)?.nextAt).toBeUndefined();
  schedules.change(id, { when: { at: noon + 8 } }, noon + 6);
  await until(() => begun.length === 2);
});

describe("a time at which the server did not run", () => {
  test("is told, and skipped", async () => {
    const { id } = start().add(fields({ everyMinutes: 60 }))!;
    await open[0]!.close();
    now += 10 * hour + minute;
    const schedules = start();
    await nextTurn();
    expect(begun).toEqual([]);
    expect(schedules.find(id)).toMatchObject({
      skipped: { at: noon + hour, because: "down" },
      nextAt: noon + 11 * hour,
    });
  });

  test("is made up for by one run, however many were missed, and several begin one after the other", async () => {
    const first = start();
    const once = { missed: "once" } as const;
    first.add(fields({ everyMinutes: 60 }, { ...once, name: "A" }));
    first.add(fields({ everyMinutes: 60 }, { ...once, name: "B" }));
    first.add(fields({ at: noon + hour }, { ...once, name: "C" }));
    await first.close();
    now += 10 * hour + minute;
    const schedules = start();
    expect(begun).toEqual(["A"]);
    const ahead = schedules.list().map(({ nextAt = 0 }) => nextAt - now);
    expect(ahead.slice(1)).toEqual([10_000, 20_000]);
    expect(schedules.list().map(({ skipped }) => skipped?.because)).toEqual(
      Array.from({ length: 3 }, () => "down"),
    );
    await jump(schedules, now + 20_000);
    expect(begun).toEqual(["A", "B", "C"]);
    expect(schedules.list()[2]!.nextAt).toBeUndefined();
  });

  test("also when the machine has slept", async () => {
    const schedules = start();
    schedules.add(fields({ cron: "0 13 * * *", timeZone: "UTC" }));
    await jump(schedules, noon + 3 * hour);
    expect(begun).toEqual([]);
    expect(schedules.list()[0]).toMatchObject({ skipped: { because: "down" } });
  });

  test("a few minutes late it runs all the same", async () => {
    const schedules = start();
    schedules.add(fields({ everyMinutes: 60 }));
    await jump(schedules, noon + hour + 4 * minute);
    expect(begun).toEqual(["Nightly"]);
  });
});

describe("a clock that is put back", () => {
  test("by much, brings the next time nearer", async () => {
    const { id } = start().add(fields({ cron: "0 13 * * *", timeZone: "UTC" }))!;
    await open[0]!.close();
    now -= 30 * 24 * hour;
    expect(start().find(id)!.nextAt).toBe(now + hour);
    expect(begun).toEqual([]);
  });

  test("by a correction, runs nothing twice", async () => {
    const schedules = start();
    schedules.add(fields({ cron: "0 13 * * *", timeZone: "UTC" }));
    await jump(schedules, noon + hour);
    await schedules.close();
    now -= 2000;
    await jump(start(), noon + hour + 5);
    expect(begun).toEqual(["Nightly"]);
  });
});

test("a hundred that are due at once are claimed in one writing of the file, and noted in another", async () => {
  const file = new SchedulesFile(path);
  const schedules = start(undefined, file);
  for (let index = 0; index < maxSchedules - 1; index += 1)
    schedules.add(fields({ at: noon + hour }, { name: `S${index}` }));
  now = noon + hour;
  const save = spyOn(file, "save");
  // Adding one looks at the clock.
  schedules.add(fields({ at: noon + 2 * hour }));
  await until(() => begun.length === maxSchedules - 1);
  expect(readFileSync(path, "utf8").match(/"claimed"/g)).toHaveLength(begun.length);
  await until(() => readFileSync(path, "utf8").match(/"last"/g)?.length === begun.length);
  expect(readFileSync(path, "utf8")).not.toContain('"claimed"');
  expect(save).toHaveBeenCalledTimes(3);
});

test("a run that has ended before its beginning is noted is told with its end", async () => {
  const schedules = start(async (_schedule, { sessionId, runId }) => {
    const run = { id: runId, state: "settled", outcome: "done" } as Run;
    sessions.create({ ...emptySession("/"), id: sessionId, runs: [run] });
  });
  const { id } = schedules.add(fields({ everyMinutes: 60 }))!;
  await jump(schedules, noon + hour);
  await nextTurn();
  expect(schedules.find(id)!.last).toMatchObject({ at: noon + hour, outcome: "done" });
});

describe("killed between claim and run", () => {
  test.each(["skip", "once"] as const)("it is told, and missed: %s", async (missed) => {
    const first = start((_schedule, { sessionId }) => {
      sessions.create({ ...emptySession("/"), id: sessionId });
      return new Promise(() => undefined);
    });
    // A server that ends in order would wait for the run to begin.
    open.pop();
    const { id } = first.add(fields({ everyMinutes: 60 }, { missed }))!;
    await jump(first, noon + hour);
    expect(begun).toEqual(["Nightly"]);
    expect(readFileSync(path, "utf8")).toContain('"claimed"');
    void first.close();

    now += minute;
    const second = start();
    await nextTurn();
    expect(begun).toHaveLength(missed === "once" ? 2 : 1);
    expect(second.find(id)!.skipped).toEqual({ at: noon + hour, because: "down" });
    expect(sessions.list()).toEqual([]);
    await second.close();
    // And no third time.
    start();
    await nextTurn();
    expect(begun).toHaveLength(missed === "once" ? 2 : 1);
  });
});

test("a server that shuts down between claim and run begins nothing, and the next one tells it", async () => {
  const first = start((_schedule, _names, signal) => abortable(new Promise(() => {}), signal));
  const { id } = first.add(fields({ everyMinutes: 60 }))!;
  await jump(first, noon + hour);
  const other = first.add(fields({ everyMinutes: 60 }, { isOn: false }))!;
  const byHand = first.run(other.id).catch(String);
  await first.close();
  expect(await byHand).toContain("Rein is shutting down");
  expect(start().find(id)!.skipped).toEqual({ at: noon + hour, because: "down" });
  expect(begun).toEqual(["Nightly", "Nightly"]);
});

describe("the file", () => {
  test("that cannot be written keeps a run from beginning", async () => {
    const schedules = start();
    schedules.add(fields({ everyMinutes: 60 }));
    schedules.add(fields({ at: noon + 2 * hour }));
    rmSync(directory, { recursive: true });
    now += hour;
    const failing = new SchedulesFile(path);
    expect(failing.all).toEqual([]);
    const failure = await schedules.run(schedules.list()[0]!.id).catch(String);
    expect(failure).toContain("ENOENT");
    expect(begun).toEqual([]);
  });

  test.each(["{", '{"schedules":[{"id":"x"}]}', '{"schedules":[],"more":1}'])(
    "that Rein did not write is refused, and left as it is: %s",
    (content) => {
      writeFileSync(path, content);
      expect(() => new SchedulesFile(path)).toThrow("is not what Rein writes there");
      expect(readFileSync(path, "utf8")).toBe(content);
    },
  );

  test("has no more schedules than it may", () => {
    const one = fields({ everyMinutes: 1 }, { isOn: false });
    const all = Array.from({ length: maxSchedules - 1 }, (_, index) => ({
      ...one,
      id: `s${index}`,
    }));
    writeFileSync(path, JSON.stringify({ schedules: all }));
    const schedules = start();
    expect(schedules.add(one)?.id).toBeString();
    expect(schedules.add(one)).toBeUndefined();
    expect(schedules.list()).toHaveLength(maxSchedules);
  });
});
