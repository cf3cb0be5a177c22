/** The options of what commands may do and use. */
import type { CommandSettings, LimitChoice } from "../../shared/protocol";
import { limitBounds } from "../../shared/protocol/job-limits";
import { isIP } from "./hostname";
import { listed, option, wholeNumber } from "./option";

/** Stands here too because this file alone must print the help: types of other files are free, and values of those that load no package. */
const sandboxChoices: readonly CommandSettings["sandbox"][] = ["auto", "on", "off"];

const noLimitWords = new Map(
  ["off", "no", "0", "unlimited"].map((text) => [text, "none"] as const),
);

export const commandOptions = {
  sandbox: option({
    flag: "sandbox",
    variable: "REIN_SANDBOX",
    value: "auto|on|off",
    help: "Run commands in a sandbox; with on, none runs without it",
    default: "auto, which is on where bubblewrap works",
    expected: "auto, on or off",
    instead: new Map([
      ...["1", "true", "yes"].map((text) => [text, "on"] as const),
      ...["0", "false", "no"].map((text) => [text, "off"] as const),
      ["offline", "on, with REIN_NETWORK=off"],
    ]),
    parse: (text) => sandboxChoices.find((choice) => choice === text),
  }),
  network: option({
    flag: "network",
    variable: "REIN_NETWORK",
    value: "on|off|DOMAINS",
    help: "What sandboxed commands reach: all, nothing, or domains, separated by commas",
    default: "on",
    expected: "on, off, or domains such as example.com, *.example.com or example.com:8080",
    parse: parseNetwork,
  }),
  environment: option({
    flag: "environment",
    variable: "REIN_ENVIRONMENT",
    value: "NAMES",
    help: "Further variables that commands get: names or PREFIX_*, separated by commas",
    default: "none",
    expected: "names of variables, or the beginning of names with * after it, separated by commas",
    parse: parseNames,
  }),
  jobMemory: option({
    flag: "job-memory",
    variable: "REIN_JOB_MEMORY",
    value: "SIZE|auto|none",
    help: "Memory that a command may use at most, such as 512M or 4G",
    default: "auto, which leaves room for the server",
    expected: "auto, none, or at least 64M, with K, M, G or T at its end, such as 4G",
    instead: noLimitWords,
    parse: (text) => parseLimit(text, () => parseMemory(text)),
  }),
  jobProcesses: option({
    flag: "job-processes",
    variable: "REIN_JOB_PROCESSES",
    value: "NUMBER|auto|none",
    help: "Processes that a command may have at most",
    default: "auto, which is at most 2048",
    expected: "auto, none, or a whole number from 16",
    instead: noLimitWords,
    parse: (text) => parseLimit(text, () => within("jobProcesses", wholeNumber(text))),
  }),
  jobCpus: option({
    flag: "job-cpus",
    variable: "REIN_JOB_CPUS",
    value: "NUMBER|auto|none",
    help: "Processors that a command may use the whole time, such as 1.5",
    default: "auto, which is all that the server leaves",
    expected: "auto, none, or a number from 0.1, such as 1.5",
    instead: noLimitWords,
    parse: (text) =>
      parseLimit(text, () =>
        within("jobCpus", /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined),
      ),
  }),
};

/** An address would name a machine without a look-up of its name; `localhost` has to be named with its port. */
function parseNetwork(text: string): CommandSettings["network"] | undefined {
  if (text === "on" || text === "off") return text;
  const domains = listed(text.toLowerCase());
  return domains.every(isDomain) ? domains : undefined;
}

function isDomain(text: string): boolean {
  const found = /^(?:\*\.)?((?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63})(?::(\d{1,5}))?$/.exec(text);
  if (found === null || isIP(found[1]!) || /^\d+$|(^|\.)0x/.test(found[1]!)) return false;
  const port = found[2];
  return port === undefined ? found[1]!.includes(".") : Number(port) > 0 && Number(port) < 65_536;
}

function parseNames(text: string): string[] | undefined {
  const names = listed(text);
  return names.every((name) => /^[A-Za-z_][A-Za-z0-9_]*\*?$/.test(name)) ? names : undefined;
}

function parseLimit(text: string, parse: () => number | undefined): LimitChoice | undefined {
  return text === "auto" || text === "none" ? text : parse();
}

const units = ["K", "M", "G", "T"];

/** In bytes; in units of 1024, as systemd and Docker have them. */
function parseMemory(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([KMGT])(?:i?B)?$/i.exec(text) ?? [];
  if (number === undefined || unit === undefined) return undefined;
  const bytes = Math.round(Number(number) * 1024 ** (units.indexOf(unit.toUpperCase()) + 1));
  return within("jobMemory", bytes);
}

function within(name: keyof typeof limitBounds, value: number | undefined): number | undefined {
  const { least, most } = limitBounds[name];
  return value !== undefined && value >= least && value <= most ? value : undefined;
}
