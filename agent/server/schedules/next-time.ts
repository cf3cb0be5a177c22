/** When a schedule runs next. Times in milliseconds since the epoch. */
import type { ScheduleTime } from "../../shared/protocol";

const minuteMs = 60_000;

/**
 * The first time after `now`; undefined when there is none. `before`: the time from which an interval is counted, by default
 * `now`. A cron time is one of its zone: at one that the clocks leave out it comes right after, at one that they repeat, once.
 */
export function nextTime(when: ScheduleTime, now: number, before = now): number | undefined {
  if ("at" in when) return when.at > now ? when.at : undefined;
  if ("cron" in when)
    return Bun.cron.parse(when.cron, now, { tz: when.timeZone })?.getTime() ?? undefined;
  const step = when.everyMinutes * minuteMs;
  return before + (Math.floor(Math.max(0, now - before) / step) + 1) * step;
}

/** What is wrong with it, as a sentence; undefined when it has a time that comes. */
export function whyNoTime(when: ScheduleTime, now: number): string | undefined {
  if ("cron" in when) {
    if (!isTimeZone(when.timeZone))
      return `There is no time zone “${when.timeZone}”. Name one such as Europe/Berlin.`;
    if (!isCron(when))
      return `“${when.cron}” is no cron time. Write five fields, such as “30 9 * * 1-5”, or @daily.`;
  }
  if (nextTime(when, now) !== undefined) return undefined;
  return "This time never comes. Choose one that does.";
}

function isTimeZone(timeZone: string): boolean {
  return doesNotThrow(() => Bun.cron.parse("@daily", 0, { tz: timeZone }));
}

function isCron({ cron, timeZone }: { cron: string; timeZone: string }): boolean {
  return doesNotThrow(() => Bun.cron.parse(cron, 0, { tz: timeZone }));
}

function doesNotThrow(action: () => unknown): boolean {
  try {
    action();
    return true;
  } catch {
    return false; // what is wrong is said in our words
  }
}
