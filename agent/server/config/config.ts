/** The configuration: from flags, else from the environment, else the defaults. Nothing else reads options from the environment. */
import { createHmac, randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { parseArgs } from "node:util";
import { defined } from "../../shared/defined";
import { errorCode } from "../../shared/error-code";
import type { CommandSettings } from "../../shared/protocol";
import { writeDurably } from "../durable-file";
import { log, type LogLevel } from "../log";
import { type ClusterConfig, clusterOf } from "./cluster-options";
import { homeDirectory } from "./home-directory";
import { isLoopback } from "./hostname";
import { makeDataDir } from "./make-data-dir";
import { type PeopleConfig, readPeople, secretVariable } from "./people-config";
import { type ServiceManagerAddress, takeServiceVariables } from "./service-variables";
import { type GivenByFront, takeFromFront } from "./given-by-front";
import type { Option } from "./option";
import { options, type ProviderVariable, providerVariables } from "./options";
import type { UnixAccounts } from "./people-options";

export interface Config {
  port: number;
  /** The port was asked for by name: a taken one is an error, not a reason to take the next. */
  portGiven: boolean;
  host: string;
  /** Names by which this server may be called. */
  hosts: string[];
  /** For scripts, as given; without it the one that the data directory keeps (storedToken). */
  token?: string | undefined;
  dataDir: string;
  cwd: string;
  /** Of commands, as given at this start: they stand until the settings page changes them. */
  commands: Partial<CommandSettings>;
  /** As given at this start: it stands until the settings page changes it. */
  titles?: "auto" | "off" | undefined;
  graceMs?: number | undefined;
  /** Keys and addresses, by the name of their variable. */
  providers: Partial<Record<ProviderVariable, string>>;
  logLevel: LogLevel;
  dev: boolean;
  /** How many HTTP requests Bun opens at once in this process. */
  connections: number;
  /** Where the user that Rein runs as keeps what holds for every project. */
  userDirectories: { home: string; configHome: string };
  /** PATH: the directories in which programs are looked for. */
  searchPath: string;
  /** Who started this server and wants to be told how it is. */
  serviceManager?: ServiceManagerAddress | undefined;
  /** Where people have names. */
  people?: PeopleConfig | undefined;
  /** Absent when this server works alone. */
  cluster?: ClusterConfig | undefined;
  /** The Unix socket in the place of the port. */
  socket?: string | undefined;
  /** Each person has a server of their own, and this one is the front of them. */
  unixUsers?: UnixUsers | undefined;
  /** This is the server of one person, started by a front. */
  givenByFront?: GivenByFront | undefined;
}

export interface UnixUsers {
  accounts: UnixAccounts;
  /** As which a proxy on this machine runs, besides those of the system. */
  proxyAccounts: string[];
  /** Options of this start that hold for the servers of people too, by their variables. */
  passedOn: Record<string, string>;
}

/** Throws an Error that says what to change. Makes the data directory, readable by its owner alone. */
export function readConfig(
  args: string[],
  environment: Record<string, string | undefined> = process.env,
): Config {
  const flags = readFlags(args);
  const given = { flags, environment };
  const port = read(options.port, given);
  const host = read(options.host, given) ?? "127.0.0.1";
  const token = read(options.token, given);
  // Not for what this process starts.
  delete environment[options.token.variable];
  const givenByFront = takeFromFront(environment);
  const people = readPeople(options, (one) => read(one, given), environment[secretVariable]);
  delete environment[secretVariable];
  const serviceManager = takeServiceVariables(environment, process.pid);
  const cwd = read(options.cwd, given) ?? process.cwd();
  const commands = defined({
    sandbox: read(options.sandbox, given),
    network: read(options.network, given),
    environment: read(options.environment, given),
    jobMemory: read(options.jobMemory, given),
    jobProcesses: read(options.jobProcesses, given),
    jobCpus: read(options.jobCpus, given),
  });
  const hosts = [host.toLowerCase(), ...(read(options.hosts, given) ?? [])];
  const titles = read(options.titles, given);
  const graceMs = read(options.graceMs, given);
  const logLevel = read(options.log, given) ?? "info";
  const cluster = readCluster(given, { host, port: port ?? 3000 });
  if (!isLoopback(host) && token === undefined && cluster === undefined)
    throw new Error(
      `Listening on ${host} lets other machines in, so it needs a token of your own: set REIN_TOKEN to a random text of at least 16 characters.`,
    );
  const dataDir = read(options.dataDir, given) ?? join(homeDirectory(), ".rein");
  try {
    makeDataDir(dataDir);
  } catch (error) {
    throw unusable(dataDir, error);
  }
  return {
    port: port ?? 3000,
    // The other nodes call this port.
    portGiven: port !== undefined || cluster !== undefined,
    host,
    hosts,
    token,
    dataDir,
    cwd,
    commands,
    titles,
    graceMs,
    providers: readProviders(environment),
    logLevel,
    dev: flags["dev"] === true,
    connections: readConnections(environment["BUN_CONFIG_MAX_HTTP_REQUESTS"]),
    userDirectories: readUserDirectories(environment),
    searchPath: environment["PATH"] ?? "",
    serviceManager,
    socket: read(options.socket, given),
    unixUsers: readUnixUsers(given, hosts, { people, cluster }),
    givenByFront,
    people,
    cluster,
  };
}

/** Throws where it is set beside what it cannot be set with. */
function readUnixUsers(
  given: Given,
  hosts: string[],
  { people, cluster }: Pick<Config, "people" | "cluster">,
): UnixUsers | undefined {
  const accounts = read(options.unixUsers, given);
  const proxyAccounts = read(options.trustedProxyUsers, given) ?? [];
  if (accounts === undefined || accounts === "off") return undefined;
  const { variable } = options.unixUsers;
  if (people === undefined)
    throw new Error(
      `${variable} needs people with names: set REIN_USER_HEADER and REIN_TRUSTED_PROXIES, or REIN_OIDC_ISSUER, too.`,
    );
  if (cluster !== undefined)
    throw new Error(
      `${variable} and DATABASE_URL do not go together yet: who has a server of their own could read everybody's sessions in the database. Leave one of them out.`,
    );
  return {
    accounts,
    proxyAccounts,
    passedOn: { ...readPassedOn(given), REIN_HOSTS: hosts.join() },
  };
}

/** Checked by then. */
function readPassedOn(given: Given): UnixUsers["passedOn"] {
  const passed = [
    options.sandbox,
    options.network,
    options.environment,
    options.jobMemory,
    options.jobProcesses,
    options.jobCpus,
    options.titles,
    options.graceMs,
    options.log,
  ];
  return Object.fromEntries(
    passed.flatMap((one) => {
      const text = given.flags[one.flag] || given.environment[one.variable];
      return typeof text === "string" && text !== "" ? [[one.variable, text]] : [];
    }),
  );
}

/** What makes a node of it is not for what this process starts. A DATABASE_URL without a key may be of a project. */
function readCluster(given: Given, listens: { host: string; port: number }) {
  const { databaseUrl, clusterKey, node, nodeAddress } = options;
  const named = { key: read(clusterKey, given), node: read(node, given) };
  const address = read(nodeAddress, given);
  const isMeant = (named.key ?? named.node ?? address) !== undefined;
  if (!isMeant && !given.flags[databaseUrl.flag]) return undefined;
  const cluster = clusterOf({ databaseUrl: read(databaseUrl, given), ...named, address }, listens);
  for (const { variable } of [databaseUrl, clusterKey]) delete given.environment[variable];
  return cluster;
}

/** As Bun reads it when the process begins: what is no number from 1 to 65,535 leaves its 256. */
function readConnections(text: string | undefined): number {
  const count = Number(text);
  return Number.isInteger(count) && count >= 1 && count <= 65_535 ? count : 256;
}

/** As the XDG Base Directory Specification has it: what is no absolute path counts as not set. */
function readUserDirectories(environment: Given["environment"]): Config["userDirectories"] {
  const home = homeDirectory();
  const named = environment["XDG_CONFIG_HOME"] ?? "";
  return { home, configHome: isAbsolute(named) ? named : join(home, ".config") };
}

interface Given {
  flags: Record<string, string | boolean | undefined>;
  environment: Record<string, string | undefined>;
}

/** Undefined when it is not set; set to nothing is not set. */
function read<Value>(option: Option<Value>, { flags, environment }: Given): Value | undefined {
  const flag = flags[option.flag];
  const text = flag || environment[option.variable];
  if (typeof text !== "string" || text === "") return undefined;
  const value = option.parse(text);
  if (value !== undefined) return value;
  const name = flag ? `--${option.flag}` : option.variable;
  const found = option.secret ? `${name} cannot be used` : `${name} is “${text}”`;
  const instead = option.instead?.get(text.toLowerCase());
  const advice = instead ? `Write ${instead}` : "Change it";
  throw new Error(
    `${found}; expected ${option.expected}. ${advice}, or leave it out (the default: ${option.default}).`,
  );
}

function readFlags(args: string[]): Given["flags"] {
  const known = Object.values(options).map(({ flag }) => flag);
  const strings = Object.fromEntries(known.map((flag) => [flag, { type: "string" as const }]));
  try {
    return parseArgs({ args, options: { ...strings, dev: { type: "boolean" } } }).values;
  } catch (error) {
    const names = [...known, "dev", "help", "version"].map((name) => `--${name}`).join(", ");
    throw new Error(`${(error as Error).message}. Known are ${names}.`, { cause: error });
  }
}

function readProviders(environment: Given["environment"]): Config["providers"] {
  return Object.fromEntries(
    providerVariables.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])),
  );
}

function unusable(path: string, error: unknown): Error {
  const words = `The data directory ${path} cannot be used: ${(error as Error).message}.`;
  return new Error(`${words} Choose another with REIN_DATA_DIR.`, { cause: error });
}

/**
 * The token of scripts stays the same from start to start; the first start makes it. One from before there were sign-ins is
 * replaced: browsers have it in a cookie, and have sent it to every port of the host. Only for the one who holds the
 * directory: two first starts at the same moment would each make one. `clusterKey`: all nodes with this key have the same
 * token, and it is kept there for what runs on this machine.
 */
export function storedToken(dataDir: string, clusterKey?: string): string {
  const path = join(dataDir, "token");
  if (clusterKey !== undefined) {
    const shared = createHmac("sha256", clusterKey).update("script token").digest("base64url");
    writeDurably(path, `${shared}\n`);
    return shared;
  }
  try {
    const stored = readFileSync(path, "utf8").trim();
    if (stored.length >= 16 && existsSync(join(dataDir, "sign-ins.json"))) return stored;
    log.warn("The token for scripts was replaced: browsers had the earlier one in a cookie");
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw unusable(dataDir, error);
  }
  const token = randomBytes(24).toString("base64url");
  writeDurably(path, `${token}\n`);
  return token;
}
