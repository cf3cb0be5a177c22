/** Every option of the server, once: its flag, its variable, its default, and which values it takes. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { LogLevel } from "../log";
import { isIP } from "./hostname";

export interface Option<Value> {
  flag: string;
  variable: string;
  /** What stands for the value in the help. */
  value: string;
  help: string;
  default: string;
  /** What a value is expected to be, for the message about a wrong one. */
  expected: string;
  /** The message about a wrong value does not repeat it. */
  secret?: true;
  /** Undefined for a text that is no such value. */
  parse(text: string): Value | undefined;
}

const logLevels: readonly LogLevel[] = [
  "fatal",
  "error",
  "warn",
  "info",
  "debug",
  "trace",
  "silent",
];

export const options = {
  port: option({
    flag: "port",
    variable: "PORT",
    value: "NUMBER",
    help: "Port to listen on; if it is taken, the start is refused",
    default: "3000, or the next free one",
    expected: "a number from 0 to 65535",
    parse: (text) => (Number(text) <= 65_535 ? wholeNumber(text) : undefined),
  }),
  host: option({
    flag: "host",
    variable: "HOST",
    value: "ADDRESS",
    help: "Address to listen on; anything but loopback needs --token",
    default: "127.0.0.1",
    expected: "an address or a host name of this machine",
    parse: (text) => (/[\s/]/.test(text) ? undefined : text),
  }),
  hosts: option({
    flag: "hosts",
    variable: "REIN_HOSTS",
    value: "NAMES",
    help: "Further names of this server, separated by commas",
    default: "none",
    expected: "host names without a port, separated by commas",
    parse: parseHosts,
  }),
  token: option({
    flag: "token",
    variable: "REIN_TOKEN",
    value: "TEXT",
    help: "Token that scripts send as a header, of at least 16 characters",
    default: "made at the first start",
    expected: "a random text of at least 16 characters",
    secret: true,
    parse: (text) => (text.length >= 16 ? text : undefined),
  }),
  dataDir: option({
    flag: "data-dir",
    variable: "REIN_DATA_DIR",
    value: "DIRECTORY",
    help: "Where sessions, settings and the token are kept",
    default: "~/.rein",
    expected: "a directory",
    parse: (text) => resolve(text),
  }),
  cwd: option({
    flag: "cwd",
    variable: "REIN_CWD",
    value: "DIRECTORY",
    help: "Where new sessions work",
    default: "the current directory",
    expected: "a directory that exists",
    parse: (text) =>
      statSync(text, { throwIfNoEntry: false })?.isDirectory() ? resolve(text) : undefined,
  }),
  sandbox: option({
    flag: "sandbox",
    variable: "REIN_SANDBOX",
    value: "1|offline|0",
    help: "Run commands in bubblewrap, with (1) or without (offline) network",
    default: "0, no sandbox",
    expected: "1, offline or 0",
    parse: parseSandbox,
  }),
  graceMs: option({
    flag: "grace-ms",
    variable: "REIN_GRACE_MS",
    value: "NUMBER",
    help: "Milliseconds that a process gets after SIGTERM before it is killed",
    default: "250",
    expected: "a whole number of milliseconds",
    parse: wholeNumber,
  }),
  log: option({
    flag: "log",
    variable: "REIN_LOG",
    value: "LEVEL",
    help: `Least level that is logged: ${logLevels.join(", ")}`,
    default: "info",
    expected: `one of ${logLevels.join(", ")}`,
    parse: (text) => logLevels.find((level) => level === text),
  }),
};

/** Keys and addresses of providers. They have no flags: a command line can be read by every user of the machine. */
export const providerVariables = [
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_BASE_URL",
  "OPENAI_API_KEY",
  "OPENAI_BASE_URL",
  "GEMINI_API_KEY",
  "GOOGLE_GEMINI_BASE_URL",
  "OPENROUTER_API_KEY",
  "XAI_API_KEY",
  "OPENAI_COMPATIBLE_API_KEY",
  "OPENAI_COMPATIBLE_BASE_URL",
] as const;

export type ProviderVariable = (typeof providerVariables)[number];

/** Infers the type of the values. */
function option<Value>(one: Option<Value>): Option<Value> {
  return one;
}

function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

function parseHosts(text: string): string[] | undefined {
  const names = text
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  return names.every((name) => isIP(name) || /^[^\s/:]+$/.test(name)) ? names : undefined;
}

function parseSandbox(text: string): { network: boolean } | "none" | undefined {
  if (text === "0") return "none";
  if (text === "1") return { network: true };
  return text === "offline" ? { network: false } : undefined;
}
