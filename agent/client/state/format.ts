/** Formats durations, token counts, times and paths for the page. */
import { fixed, languageId, t } from "../../shared/translation";

export function duration(ms: number): string {
  if (ms < 0.5) return t("under 1 ms");
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 10) return `${fixed(seconds, 1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = (count: number) => String(Math.floor(count % 60)).padStart(2, "0");
  if (minutes < 60) return t("{minutes} m {seconds} s", { minutes, seconds: rest(seconds) });
  return t("{hours} h {minutes} m", { hours: Math.floor(minutes / 60), minutes: rest(minutes) });
}

/** The time that something has taken so far. Below a second it shows tenths, which do not flicker. */
export function elapsed(ms: number): string {
  return ms < 1000 ? `${fixed(Math.max(0, ms) / 1000, 1)} s` : duration(ms);
}

export function tokens(count: number): string {
  if (count < 1000) return String(count);
  if (count < 100_000) return t("{count}k", { count: fixed(count / 1000, 1) });
  return count < 1_000_000
    ? t("{count}k", { count: Math.round(count / 1000) })
    : t("{count}M", { count: fixed(count / 1_000_000, 1) });
}

/** The last name of a path; of the root, the path. */
export function lastName(path: string): string {
  return path.split("/").findLast(Boolean) ?? path;
}

export function timeOfDay(at: number): string {
  return formatted(at, { timeStyle: "short" });
}

/** As short as tells one from another: "2m" or "3h" ago today, "Tue" in the six days before, then "3 Nov", with the year where it is another. */
export function shortTime(at: number, now: number, locale?: string): string {
  const today = new Date(now).setHours(0, 0, 0, 0);
  if (at >= today) return agoWords(now - at);
  if (at >= daysBefore(today, 6)) return formatted(at, { weekday: "short" }, locale);
  const isThisYear = new Date(at).getFullYear() === new Date(today).getFullYear();
  const day = { day: "numeric", month: "short" } as const;
  return formatted(at, isThisYear ? day : { ...day, year: "numeric" }, locale);
}

function agoWords(ms: number): string {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return t("now");
  return minutes < 60
    ? t("{count}m", { count: minutes })
    : t("{count}h", { count: Math.floor(minutes / 60) });
}

export function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** "Today", "Yesterday", else with the day of the week, and the year where it is another. */
export function dayName(at: number, now: number): string {
  if (isSameDay(at, now)) return t("Today");
  if (isSameDay(at, daysBefore(now, 1))) return t("Yesterday");
  const isThisYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const day = { weekday: "long", day: "numeric", month: "long" } as const;
  return formatted(at, isThisYear ? day : { ...day, year: "numeric" });
}

export function fullTime(at: number, locale?: string): string {
  return formatted(at, { dateStyle: "full", timeStyle: "short" }, locale);
}

/** A day of a change of the clocks is not 24 hours long. */
function daysBefore(day: number, count: number): number {
  const date = new Date(day);
  return date.setDate(date.getDate() - count);
}

/**
 * For dates and times: the language that is chosen, of the country that the browser names. Undefined in the terminal, where
 * the system says it.
 */
export function dateLocale(): string | undefined {
  const id = languageId();
  const own = (globalThis.navigator as Partial<Navigator> | undefined)?.languages;
  return own && (own.find((one) => one === id || one.startsWith(`${id}-`)) ?? id);
}

/** Making one takes longer than using it, and a list has hundreds of times. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatted(at: number, options: Intl.DateTimeFormatOptions, locale = dateLocale()): string {
  const key = JSON.stringify([options, locale]);
  let format = formats.get(key);
  if (format === undefined) formats.set(key, (format = new Intl.DateTimeFormat(locale, options)));
  return format.format(at);
}
