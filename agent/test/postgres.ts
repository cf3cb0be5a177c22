/**
 * A real PostgreSQL in a temporary directory, on a port of its own, with a fresh database for each test.
 *
 *     const postgres = await sharedPostgres();
 *     test.skipIf(lacksPostgres !== "")(`a node joins${lacksPostgres}`, async () => {
 *       const url = await postgres.createDatabase();
 *
 * It ends with the process that started it, however that ends, and leaves no process, file or port.
 */
import { afterAll } from "bun:test";
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "./free-port";
import { isAlive } from "./machine-facts";
import type { Need } from "./system-packages";
import { until } from "./within";

const oldest = 15;
const isRoot = process.getuid?.() === 0;

export const postgresNeed: Need = {
  name: `PostgreSQL ${oldest} or newer`,
  packages: ["postgresql"],
  isThere: () => findPrograms() !== undefined && canBecomePostgres(),
};

/** Ends the title of a test that is skipped; "" where PostgreSQL is there. */
export const lacksPostgres = postgresNeed.isThere()
  ? ""
  : ` (skipped: ${postgresNeed.name} is not installed)`;

export interface PostgresOptions {
  /** Where it listens: "127.0.0.1" by default, for addresses of one machine alone. */
  host?: string;
  /** A free one by default; it stays the same after a restart. */
  port?: number;
  /** Replaces itself with the server, which is appended to it: for example `ip netns exec`. */
  command?: string[];
  /** Written into its configuration; `fsync` is off unless given. */
  settings?: Record<string, string>;
}

export interface Postgres extends AsyncDisposable {
  /** Of the database "postgres". */
  url: string;
  port: number;
  /** Of the server's main process. */
  readonly pid: number;
  readonly isRunning: boolean;
  /** A new database, empty or a copy of `template`; returns its URL. */
  createDatabase(template?: string): Promise<string>;
  /** All work there must be over: its connections are ended. */
  dropDatabase(url: string): Promise<void>;
  /** Resolves once it accepts connections. */
  start(): Promise<void>;
  /** Ends all connections and what they do, then the server: an administrator's "fast" stop. */
  stop(): Promise<void>;
  /** SIGKILL for every process of it, as when the machine loses its power. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Ends the connections to this database, those with this `application_name` where one is given; returns how many. */
  cut(url: string, application?: string): Promise<number>;
  /** What it wrote so far. */
  log(): string;
}

let shared: Promise<Postgres> | undefined;

/** One for the tests of a file, which ends after the last of them. Rejects where PostgreSQL is not installed. */
export function sharedPostgres(): Promise<Postgres> {
  return (shared ??= startPostgres());
}

async function endShared(): Promise<void> {
  const started = await shared?.catch(() => undefined);
  shared = undefined;
  await started?.[Symbol.asyncDispose]();
}
try {
  afterAll(endShared);
} catch {
  // In a program that is no test, `startPostgres` is for it.
}

/** Starts one on a directory of its own. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const programs = findPrograms();
  if (programs === undefined) throw new Error(`${postgresNeed.name} is not installed.`);
  const { host = "127.0.0.1", port = await freePort(), command = [] } = options;
  const folder = makeFolder();
  const data = join(folder, "data");
  const password = crypto.randomUUID();
  const guard = startGuard(programs, folder);
  makeCluster(programs, folder, password, {
    listen_addresses: host,
    port: `${port}`,
    ...fast,
    ...options.settings,
  });
  const urlOf = (name: string) => `postgres://rein:${password}@${host}:${port}/${name}`;
  let server: Bun.Subprocess | undefined;
  const running = () => {
    if (server === undefined) throw new Error("This PostgreSQL is stopped.");
    return server;
  };
  const asked = async <T>(work: (sql: Bun.SQL) => Promise<T>): Promise<T> => {
    const sql = new Bun.SQL(urlOf("postgres"), { max: 1 });
    try {
      return await work(sql);
    } finally {
      await sql.close();
    }
  };
  const log = () => readFileSync(join(folder, "log"), "utf8");
  const postgres: Postgres = {
    url: urlOf("postgres"),
    port,
    get pid() {
      return running().pid;
    },
    get isRunning() {
      return server !== undefined;
    },
    async createDatabase(template = "template0") {
      const name = `test_${crypto.randomUUID().replaceAll("-", "")}`;
      await asked((sql) => sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${nameIn(template)}`));
      return urlOf(name);
    },
    async dropDatabase(url) {
      await asked((sql) => sql.unsafe(`DROP DATABASE IF EXISTS ${nameIn(url)} WITH (FORCE)`));
    },
    async start() {
      const file = Bun.file(join(folder, "log"));
      const program = [...command, ...asPostgres(), join(programs, "postgres"), "-D", data];
      const child = Bun.spawn(program, { cwd: folder, stdio: ["ignore", file, file] });
      server = child;
      await until(
        () => isReady(data, child.pid) || child.exitCode !== null || child.signalCode !== null,
        `PostgreSQL on port ${port} accepts connections`,
      );
      if (!isReady(data, child.pid)) throw new Error(`PostgreSQL did not start: ${log()}`);
    },
    async stop() {
      const child = running();
      server = undefined;
      child.kill("SIGINT");
      await child.exited;
    },
    async kill() {
      const child = running();
      server = undefined;
      const all = [child.pid, ...childrenOf(child.pid)];
      for (const pid of all) killHard(pid);
      await child.exited;
      await until(() => !all.some(isAlive), "PostgreSQL's processes are gone");
    },
    async restart() {
      await postgres.stop();
      await postgres.start();
    },
    cut: (url, application) =>
      asked(async (sql) => {
        const rows = await sql`
          SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
          WHERE datname = ${nameIn(url)} AND pid <> pg_backend_pid()
          AND (${application ?? null}::text IS NULL OR application_name = ${application ?? null})`;
        return rows.length as number;
      }),
    log,
    async [Symbol.asyncDispose]() {
      if (server !== undefined) await postgres.stop();
      await rm(folder, { recursive: true, force: true });
      await guard.stdin.end();
      await guard.exited;
    },
  };
  try {
    await postgres.start();
    return postgres;
  } catch (error) {
    await guard.stdin.end();
    throw error;
  }
}

/** Nothing of it is needed after a power cut of the test machine. */
const fast = {
  fsync: "off",
  synchronous_commit: "on",
  full_page_writes: "off",
  unix_socket_directories: "''",
  max_connections: "400",
  shared_buffers: "32MB",
};

function makeCluster(
  programs: string,
  folder: string,
  password: string,
  settings: Record<string, string>,
): void {
  const secret = join(folder, "password");
  writeFileSync(secret, password, { mode: 0o644 });
  const data = join(folder, "data");
  const made = Bun.spawnSync(
    [
      ...asPostgres(),
      join(programs, "initdb"),
      "-D",
      data,
      "-U",
      "rein",
      "-E",
      "UTF8",
      "--locale=C",
      "--no-sync",
      "-A",
      "scram-sha-256",
      `--pwfile=${secret}`,
    ],
    { cwd: folder, stdin: "ignore" },
  );
  if (!made.success) throw new Error(`initdb failed: ${made.stderr.toString()}`);
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${quoted(value)}\n`);
  append(join(data, "postgresql.conf"), lines.join(""));
  append(join(data, "pg_hba.conf"), "host all all all scram-sha-256\n");
}

function append(path: string, text: string): void {
  writeFileSync(path, text, { flag: "a" });
}

function quoted(value: string): string {
  return value.startsWith("'") ? value : `'${value}'`;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rein-postgres-"));
  if (isRoot) {
    const { uid, gid } = postgresUser()!;
    chownSync(folder, uid, gid);
  }
  return folder;
}

/** Waits for the end of this process, ends a server that it left, and removes the directory. */
function startGuard(programs: string, folder: string) {
  const script = `
    trap '' INT TERM HUP
    read -r line
    [ -d "$1" ] || exit 0
    "$2/pg_ctl" stop -D "$1/data" -m immediate -s
    rm -rf "$1"`;
  return Bun.spawn([...asPostgres(), "sh", "-c", script, "guard", folder, programs], {
    cwd: "/",
    stdio: ["pipe", "ignore", "ignore"],
  });
}

/** A killed server has left this file too. */
function isReady(data: string, pid: number): boolean {
  try {
    const lines = readFileSync(join(data, "postmaster.pid"), "utf8").split("\n");
    return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
  } catch {
    return false;
  }
}

/** PostgreSQL refuses to run as root. */
function asPostgres(): string[] {
  if (!isRoot) return [];
  const { uid, gid } = postgresUser()!;
  return ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
}

function canBecomePostgres(): boolean {
  return !isRoot || (Bun.which("setpriv") !== null && postgresUser() !== undefined);
}

/** The user that Debian's package makes. */
function postgresUser(): { uid: number; gid: number } | undefined {
  const [, , uid, gid] =
    /^postgres:.*$/m.exec(readFileSync("/etc/passwd", "utf8"))?.[0].split(":") ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

/** The directory of the newest PostgreSQL's programs. */
function findPrograms(): string | undefined {
  const installed = "/usr/lib/postgresql";
  const versions = existsSync(installed) ? readdirSync(installed).map(Number) : [];
  for (const version of versions.filter((each) => each >= oldest).toSorted((a, b) => b - a)) {
    const programs = join(installed, `${version}`, "bin");
    if (existsSync(join(programs, "postgres")) && existsSync(join(programs, "initdb")))
      return programs;
  }
  const found = Bun.which("postgres");
  if (found === null) return undefined;
  const said = Bun.spawnSync([found, "--version"]).stdout.toString();
  return Number(/ (\d+)/.exec(said)?.[1]) >= oldest ? dirname(found) : undefined;
}

function childrenOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return children === "" ? [] : children.split(" ").map(Number);
}

function killHard(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended between the look and the signal.
  }
}

function nameIn(url: string): string {
  return url.slice(url.lastIndexOf("/") + 1);
}
