/** What the faces say of schedules. */
import type { LimitValues, Schedule, ScheduleTime } from "../../shared/protocol";
import { visibleString } from "../../shared/visible-text";
import { dateLocale } from "./format";
import { limitFields } from "./limit-fields";
import { unitWords } from "./limit-words";
import { outcomeLabel } from "./outcome-labels";
import { permissionWords } from "./permission-choices";
import { typedCommand } from "../../shared/message-parts";
import { languageId, lazyWords, t, tn } from "../../shared/translation";

export function whenWords(when: ScheduleTime, locale?: string): string {
  if ("cron" in when) return `${when.cron} (${when.timeZone})`;
  if ("at" in when) return t("Once, {time}", { time: dayAndTime(when.at, locale) });
  const { everyMinutes: minutes } = when;
  if (minutes % 1440 === 0) return tn(minutes / 1440, "Every day", "Every {count} days");
  return minutes % 60 === 0
    ? tn(minutes / 60, "Every hour", "Every {count} hours")
    : tn(minutes, "Every minute", "Every {count} minutes");
}

/** When it runs next, or why it does not. */
export function nextWords({ isOn, nextAt }: Schedule, locale?: string): string {
  if (!isOn) return t("Paused");
  return nextAt === undefined
    ? t("No further time")
    : t("Next: {time}", { time: dayAndTime(nextAt, locale) });
}

/** How its last run ended; undefined before the first. */
export function lastWords({ last }: Schedule, locale?: string): string | undefined {
  if (last === undefined) return undefined;
  const how = last.outcome === undefined ? t("running") : outcomeLabel(last.outcome);
  return t("Last: {how}, {time}", { how, time: dayAndTime(last.at, locale) });
}

const skipReasons = lazyWords<NonNullable<Schedule["skipped"]>["because"]>({
  down: () => t("the server was not running"),
  running: () => t("its last run was still running"),
  full: () => t("nothing could be saved"),
  limit: () => t("a limit of the day was reached"),
  failed: () => t("its run could not begin"),
});

/** The last time that passed without a run, where none came after it. */
export function missedWords({ skipped, last }: Schedule, locale?: string): string | undefined {
  if (skipped === undefined || (last !== undefined && last.at > skipped.at)) return undefined;
  const words = t("Missed: {time}, because {reason}", {
    time: dayAndTime(skipped.at, locale),
    reason: skipReasons[skipped.because],
  });
  return skipped.message === undefined ? words : `${words} (${visibleString(skipped.message)})`;
}

/** What it sends, as a person would type it. */
export function sentWords({ message, command }: Pick<Schedule, "message" | "command">): string {
  return command === undefined ? (message ?? "") : typedCommand(command);
}

/** What bounds each of its runs: "Ask first: what would be asked is denied · at most 50 turns, 30 minutes". */
export function boundWords({ permissions, limits }: Schedule): string {
  const { name } = permissionWords[permissions];
  const words =
    permissions === "all"
      ? name
      : t("{permissions}: what would be asked is denied, since nobody is there", {
          permissions: name,
        });
  const most = limitList(limits);
  return most === "" ? words : `${words} · ${t("at most {limits}", { limits: most })}`;
}

function limitList(limits: LimitValues): string {
  return limitFields
    .filter(({ kind }) => limits[kind] !== undefined)
    .map(({ kind }) => `${limits[kind]?.toLocaleString(languageId())} ${unitWords[kind]}`)
    .join(", ");
}

function dayAndTime(at: number, locale = dateLocale()): string {
  return new Date(at).toLocaleString(locale, {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
}
