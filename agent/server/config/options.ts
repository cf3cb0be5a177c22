/** Every option of the server, once: its flag, its variable, its default, and which values it takes. */
import { statSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { logLevels } from "../log";
import { nodeOptions } from "./node-options";
import { commandOptions } from "./command-options";
import { option, parseHosts, wholeNumber } from "./option";
import { peopleOptions, unixUsers } from "./people-options";

/** In the order of the help. */
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
  unixUsers,
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
  ...peopleOptions,
  ...commandOptions,
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
  ...nodeOptions,
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
