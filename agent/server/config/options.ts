/** Every option of the server, once: its flag, its variable, its default, and which values it takes. */
import { statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import type { CommandSettings, LimitChoice } from "../../shared/protocol";
import { limitBounds } from "../../shared/protocol/job-limits";
import { logLevels } from "../log";
import { parseProxies } from "./trusted-proxies";
import { userName } from "./user-name";
import { hostname, isIP, isLoopback } from "./hostname";

export interface Option<Value> {
  flag: string;
  variable: string;
  /** What stands for the value in the help. */
  value: string;
  help: string;
  default: string;
  /** What a value is expected to be, for the message about a wrong one. */
  expected: string;
  /** What to write in the place of some wrong values. */
  instead?: ReadonlyMap<string, string>;
  /** The message about a wrong value does not repeat it. */
  secret?: true;
  /** Undefined for a text that is no such value. */
  parse(text: string): Value | undefined;
}

/** Stands here too because this file alone must print the help: types of other files are free, and values of those that load no package. */
const sandboxChoices: readonly CommandSettings["sandbox"][] = ["auto", "on", "off"];

const noLimitWords = new Map(
  ["off", "no", "0", "unlimited"].map((text) => [text, "none"] as const),
);

export const nodeNameWords =
  "a name of at most 63 letters, digits, dots, hyphens and underscores, which stays the same";

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
  socket: option({
    flag: "socket",
    variable: "REIN_SOCKET",
    value: "PATH",
    help: "Unix socket to listen on in the place of a port; its directory says who may connect",
    default: "none",
    expected: "an absolute path of at most 100 bytes, in a directory that exists",
    parse: (text) => (isAbsolute(text) && Buffer.byteLength(text) <= 100 ? text : undefined),
  }),
  unixUsers: option({
    flag: "unix-users",
    variable: "REIN_UNIX_USERS",
    value: "on|NAME=ACCOUNT,…",
    help: "Run a server for each person as a Unix account of that name, or of this list; needs root",
    default: "off",
    expected: "on, off, or people with their accounts, such as anna=anna,bob@example.org=bob",
    parse: parseUnixUsers,
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
  userHeader: option({
    flag: "user-header",
    variable: "REIN_USER_HEADER",
    value: "NAME",
    help: "Header in which a proxy says who asks, such as X-Forwarded-User",
    default: "none: one person, one token",
    expected: "the name of a header that the proxy sets itself, such as X-Forwarded-User",
    parse: parseHeaderName,
  }),
  trustedProxies: option({
    flag: "trusted-proxies",
    variable: "REIN_TRUSTED_PROXIES",
    value: "ADDRESSES",
    help: "From where that header is believed: addresses and blocks, separated by commas",
    default: "nowhere",
    expected: "addresses and blocks such as 127.0.0.1, 10.0.0.0/8 or fd00::/8, separated by commas",
    parse: (text) => parseProxies(listed(text)),
  }),
  admins: option({
    flag: "admins",
    variable: "REIN_ADMINS",
    value: "NAMES",
    help: "Names of people who are admins, separated by commas",
    default: "none but who has the token",
    expected: "names, separated by commas",
    parse: parsePeople,
  }),
  oidcIssuer: option({
    flag: "oidc-issuer",
    variable: "REIN_OIDC_ISSUER",
    value: "ADDRESS",
    help: "Service that signs people in by OpenID Connect",
    default: "none",
    expected: "an https address, or an http one of this machine",
    parse: parseIssuer,
  }),
  oidcClientId: option({
    flag: "oidc-client-id",
    variable: "REIN_OIDC_CLIENT_ID",
    value: "TEXT",
    help: "What Rein is called there; its secret is REIN_OIDC_CLIENT_SECRET",
    default: "none",
    expected: "the id of a client at that service",
    parse: (text) => text,
  }),
  oidcClaim: option({
    flag: "oidc-claim",
    variable: "REIN_OIDC_CLAIM",
    value: "NAME",
    help: "Which of its claims is a person’s name",
    default: "email",
    expected: "the name of a claim, such as email or preferred_username",
    parse: (text) => (/^[\w:./-]{1,100}$/.test(text) ? text : undefined),
  }),
  oidcDomains: option({
    flag: "oidc-domains",
    variable: "REIN_OIDC_DOMAINS",
    value: "NAMES",
    help: "Domains of verified e-mail addresses that are let in",
    default: "all whom the service signs in",
    expected: "domains such as example.com, separated by commas",
    parse: (text) => {
      const domains = parseHosts(text);
      return domains?.every((one) => one.includes(".")) ? domains : undefined;
    },
  }),
  oidcGroups: option({
    flag: "oidc-groups",
    variable: "REIN_OIDC_GROUPS",
    value: "NAMES",
    help: "Groups (the claim “groups”) that are let in",
    default: "all whom the service signs in",
    expected: "names of groups, separated by commas",
    parse: parsePeople,
  }),
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
  titles: option({
    flag: "titles",
    variable: "REIN_TITLES",
    value: "auto|off",
    help: "Whether a small request to a model names each session; off leaves the first words",
    default: "auto",
    expected: "auto or off",
    instead: new Map([
      ...["on", "1", "true", "yes"].map((text) => [text, "auto"] as const),
      ...["0", "false", "no"].map((text) => [text, "off"] as const),
    ]),
    parse: (text) => (["auto", "off"] as const).find((choice) => choice === text),
  }),
  databaseUrl: option({
    flag: "database-url",
    variable: "DATABASE_URL",
    value: "URL",
    help: "PostgreSQL (15 or newer) that several Reins share; needs --cluster-key",
    default: "none: it works alone",
    expected: "the URL of a PostgreSQL, such as postgres://user:password@host:5432/rein",
    secret: true,
    parse: (text) =>
      /^postgres(ql)?:\/\/\S+$/.test(text) && URL.canParse(text) ? text : undefined,
  }),
  clusterKey: option({
    flag: "cluster-key",
    variable: "REIN_CLUSTER_KEY",
    value: "TEXT",
    help: "Secret of at least 16 characters, the same on all of them",
    default: "none: it works alone",
    expected: "a random text of at least 16 characters, the same on every node",
    secret: true,
    parse: (text) => (/^[\x21-\x7e]{16,}$/.test(text) ? text : undefined),
  }),
  node: option({
    flag: "node",
    variable: "REIN_NODE",
    value: "NAME",
    help: "Name of this one among them",
    default: "the name of the machine",
    expected: nodeNameWords,
    parse: (text) => (isNodeName(text) ? text : undefined),
  }),
  nodeAddress: option({
    flag: "node-address",
    variable: "REIN_NODE_ADDRESS",
    value: "URL",
    help: "Where the others reach this one",
    default: "from --host and --port",
    expected: "an address without a path, such as http://10.0.0.1:3000",
    parse: parseOrigin,
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
  "DEEPSEEK_API_KEY",
  "MISTRAL_API_KEY",
  "GROQ_API_KEY",
  "MOONSHOT_API_KEY",
  "DASHSCOPE_API_KEY",
  "PERPLEXITY_API_KEY",
  "OPENAI_COMPATIBLE_API_KEY",
  "OPENAI_COMPATIBLE_BASE_URL",
  "OLLAMA_HOST",
] as const;

export type ProviderVariable = (typeof providerVariables)[number];

/** Infers the type of the values. */
function option<Value>(one: Option<Value>): Option<Value> {
  return one;
}

function wholeNumber(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function isNodeName(text: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,62}$/.test(text);
}

function parseOrigin(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "") return undefined;
  return url.href === `${url.origin}/` ? url.origin : undefined;
}

function parseHosts(text: string): string[] | undefined {
  const names = listed(text.toLowerCase());
  return names.every((name) => isIP(name) || /^[^\s/:]+$/.test(name)) ? names : undefined;
}

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

/** `every`: each person's account has the person's name. */
export type UnixAccounts = "every" | ReadonlyMap<string, string>;

/** Nobody is named twice, and no account: two people in one account would not be apart. */
function parseUnixUsers(text: string): UnixAccounts | "off" | undefined {
  if (text === "on") return "every";
  if (text === "off") return "off";
  const pairs = listed(text).map((one) => one.match(/^([^=]+)=([^=]+)$/)?.slice(1) ?? []);
  const accounts = new Map(pairs.map(([name = "", account = ""]) => [name, account]));
  const isWhole =
    accounts.size === pairs.length && new Set(accounts.values()).size === pairs.length;
  return pairs.length > 0 && isWhole && !accounts.has("") ? accounts : undefined;
}

function parseHeaderName(text: string): string | undefined {
  const name = text.toLowerCase();
  // Those have a meaning of their own.
  const isTaken = ["authorization", "cookie", "host", "origin", "x-rein-user"].includes(name);
  return /^[a-z0-9-]{1,100}$/.test(name) && !isTaken ? name : undefined;
}

function parsePeople(text: string): string[] | undefined {
  const names = text.split(",").filter((one) => one.trim() !== "");
  const known = names.flatMap((one) => userName(one) ?? []);
  return known.length === names.length && names.length > 0 ? known : undefined;
}

function parseIssuer(text: string): URL | undefined {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.search !== "" || url.hash !== "") return undefined;
  const isLocal = url.protocol === "http:" && isLoopback(hostname(url.host));
  return url.protocol === "https:" || isLocal ? url : undefined;
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

function listed(text: string): string[] {
  return text
    .split(/[\s,]+/)
    .map((one) => one.trim())
    .filter((one) => one !== "");
}
