/** A schedule as a person types it, and what of that is sent. */
import type { Permissions, Schedule } from "../../shared/protocol";
import type { ScheduleRequest } from "../../shared/requests/schedule-schemas";
import { choice, type Choice } from "./choice";
import { sentWords } from "./schedule-words";
import { splitCommand } from "./split-command";
import { t } from "../../shared/translation";

export type TimeKind = "cron" | "every" | "once";

export const timeKinds: Choice<TimeKind>[] = [
  choice("cron", () => t("At times")),
  choice("every", () => t("Again and again")),
  choice("once", () => t("Once")),
];

export interface TypedSchedule {
  name: string;
  cwd: string;
  /** A message, or a command with its slash. */
  sent: string;
  kind: TimeKind;
  cron: string;
  timeZone: string;
  /** In the face's own zone: "2026-11-27T09:00". */
  once: string;
  everyMinutes: string;
  permissions: Permissions;
  missed: Schedule["missed"];
  turns: string;
  minutes: string;
}

/** Of a new one: each morning of a working day, in the zone in which the person is. */
export function newSchedule(cwd: string): TypedSchedule {
  return {
    name: "",
    cwd,
    sent: "",
    kind: "cron",
    cron: "0 9 * * 1-5",
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    once: "",
    everyMinutes: "60",
    permissions: "ask",
    missed: "skip",
    turns: "50",
    minutes: "30",
  };
}

export function typedOf(schedule: Schedule): TypedSchedule {
  const { name, cwd, when, permissions, missed, limits } = schedule;
  const typed = { ...newSchedule(cwd), name, sent: sentWords(schedule), permissions, missed };
  const bounds = {
    turns: limits.turns === undefined ? "" : String(limits.turns),
    minutes: limits.minutes === undefined ? "" : String(limits.minutes),
  };
  if ("cron" in when) return { ...typed, ...bounds, kind: "cron", ...when };
  if ("at" in when) return { ...typed, ...bounds, kind: "once", once: localTime(when.at) };
  return { ...typed, ...bounds, kind: "every", everyMinutes: String(when.everyMinutes) };
}

/** What is sent, or what is wrong with what was typed. `kept`: the limits that the form does not show. */
export function requestOf(
  typed: TypedSchedule,
  isCommand: (name: string) => boolean,
  kept: Schedule["limits"] = {},
): ScheduleRequest | string {
  const { name, cwd, sent, permissions, missed } = typed;
  if (name.trim() === "") return t("Give it a name.");
  if (sent.trim() === "") return t("Write what is to be sent.");
  const when = timeOf(typed);
  if (typeof when === "string") return when;
  const turns = boundOf(typed.turns);
  const minutes = boundOf(typed.minutes);
  if (turns === "wrong" || minutes === "wrong")
    return t("Turns and minutes are numbers above 0, or empty for no limit.");
  const { turns: _turns, minutes: _minutes, ...others } = kept;
  return {
    name: name.trim(),
    cwd,
    ...sentOf(sent, isCommand),
    when,
    permissions,
    missed,
    limits: {
      ...others,
      ...(turns !== undefined && { turns }),
      ...(minutes !== undefined && { minutes }),
    },
  };
}

/** What begins with the name of a command is that command. */
function sentOf(
  sent: string,
  isCommand: (name: string) => boolean,
): Pick<ScheduleRequest, "message" | "command"> {
  const { name, argument } = splitCommand(sent);
  return name !== "" && isCommand(name)
    ? { command: { name, arguments: argument } }
    : { message: sent };
}

function timeOf({ kind, cron, timeZone, once, everyMinutes }: TypedSchedule) {
  if (kind === "cron") {
    if (cron.trim() === "") return t("Write when: five fields, such as 0 9 * * 1-5, or @daily.");
    return { cron: cron.trim(), timeZone: timeZone.trim() };
  }
  if (kind === "every") {
    const minutes = Number(everyMinutes);
    return Number.isInteger(minutes) && minutes > 0
      ? { everyMinutes: minutes }
      : t("Write every how many minutes: a whole number above 0.");
  }
  const at = new Date(once).getTime();
  return Number.isNaN(at) ? t("Choose a day and a time.") : { at };
}

function boundOf(typed: string): number | undefined | "wrong" {
  if (typed.trim() === "") return undefined;
  const value = Number(typed);
  return value > 0 && Number.isFinite(value) ? value : "wrong";
}

/** As a field for a day and a time has it. */
function localTime(at: number): string {
  const date = new Date(at);
  return new Date(at - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
