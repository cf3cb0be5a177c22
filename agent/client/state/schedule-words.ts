/** What the faces say of schedules. */
import type { LimitValues, Schedule, ScheduleTime } from "../../shared/protocol";
import { plural } from "../../shared/plural";
import { visibleString } from "../../shared/visible-text";
import { limitFields } from "./limit-fields";
import { permissionWords } from "./permission-choices";
import { typedCommand } from "../../shared/message-parts";

export function whenWords(when: ScheduleTime, locale?: string): string {
  if ("cron" in when) return `${when.cron} (${when.timeZone})`;
  if ("at" in when) return `Once, ${dayAndTime(when.at, locale)}`;
  const { everyMinutes: minutes } = when;
  if (minutes % 1440 === 0) return everyWords(minutes / 1440, "day");
  return minutes % 60 === 0 ? everyWords(minutes / 60, "hour") : everyWords(minutes, "minute");
}

function everyWords(count: number, unit: string): string {
  return count === 1 ? `Every ${unit}` : `Every ${plural(count, unit)}`;
}

/** When it runs next, or why it does not. */
export function nextWords({ isOn, nextAt }: Schedule, locale?: string): string {
  if (!isOn) return "Paused";
  return nextAt === undefined ? "No further time" : `Next: ${dayAndTime(nextAt, locale)}`;
}

/** How its last run ended; undefined before the first. */
export function lastWords({ last }: Schedule, locale?: string): string | undefined {
  if (last === undefined) return undefined;
  return `Last: ${last.outcome ?? "running"}, ${dayAndTime(last.at, locale)}`;
}

const skipReasons: Record<NonNullable<Schedule["skipped"]>["because"], string> = {
  down: "the server was not running",
  running: "its last run was still running",
  full: "nothing could be saved",
  limit: "a limit of the day was reached",
  failed: "its run could not begin",
};

/** The last time that passed without a run, where none came after it. */
export function missedWords({ skipped, last }: Schedule, locale?: string): string | undefined {
  if (skipped === undefined || (last !== undefined && last.at > skipped.at)) return undefined;
  const why = skipped.message === undefined ? "" : ` (${visibleString(skipped.message)})`;
  return `Missed: ${dayAndTime(skipped.at, locale)}, because ${skipReasons[skipped.because]}${why}`;
}

/** What it sends, as a person would type it. */
export function sentWords({ message, command }: Pick<Schedule, "message" | "command">): string {
  return command === undefined ? (message ?? "") : typedCommand(command);
}

/** What bounds each of its runs: "Ask first: what would be asked is denied · at most 50 turns, 30 minutes". */
export function boundWords({ permissions, limits }: Schedule): string {
  const denied =
    permissions === "all" ? "" : ": what would be asked is denied, since nobody is there";
  const most = limitList(limits);
  return `${permissionWords[permissions].name}${denied}${most === "" ? "" : ` · at most ${most}`}`;
}

function limitList(limits: LimitValues): string {
  return limitFields
    .filter(({ kind }) => limits[kind] !== undefined)
    .map(({ kind, name }) => `${limits[kind]?.toLocaleString("en")} ${name.toLowerCase()}`)
    .join(", ");
}

function dayAndTime(at: number, locale?: string): string {
  return new Date(at).toLocaleString(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
}
