/** The flags that say when a schedule runs. */
import type { Schedule, ScheduleTime } from "../shared/protocol";
import { terminalLine } from "../shared/terminal-safe";
import { type Call, UsageError } from "./command";

/** Throws UsageError unless one time is named, in a form that can be meant. The server checks the fields of cron. */
export function whenOf(call: Call): ScheduleTime {
  const every = call.text("every");
  const cron = call.text("cron");
  const at = call.text("at");
  const zone = call.text("time-zone");
  if ([every, cron, at].filter((text) => text !== undefined).length !== 1)
    throw new UsageError("Name when it runs by one of --every, --cron and --at.");
  if (zone !== undefined && cron === undefined)
    throw new UsageError("--time-zone is for --cron alone.");
  if (cron !== undefined)
    return { cron, timeZone: zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone };
  if (at !== undefined) return { at: timeOf(at) };
  const everyMinutes = Number(every || NaN);
  if (Number.isInteger(everyMinutes) && everyMinutes > 0) return { everyMinutes };
  throw new UsageError(
    `--every is “${terminalLine(every ?? "")}”; expected a whole number of minutes.`,
  );
}

function timeOf(text: string): number {
  const at = Date.parse(text);
  if (!Number.isNaN(at)) return at;
  throw new UsageError(
    `--at is “${terminalLine(text)}”; expected a time such as 2026-12-01T09:00, of this machine’s clock.`,
  );
}

export function missedOf(call: Call): Schedule["missed"] | undefined {
  const missed = call.text("missed");
  if (missed === undefined || missed === "skip" || missed === "once") return missed;
  throw new UsageError(`--missed is “${terminalLine(missed)}”; expected skip or once.`);
}
