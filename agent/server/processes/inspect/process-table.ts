/** The processes of the system at this moment, with parent, group, session and state. */
import { readProc, listProc } from "./procfs";

export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  /** Undefined where only `ps` is available. */
  session: number | undefined;
  /** The first letter of the state: R running, S sleeping, T stopped, D in the kernel, Z dead and not reaped. */
  state: string;
  /** When the first thread has exited (Z) and others run, the process is alive. */
  threads: number;
  /** When it started, in the system's own unit: see process-identity.ts. */
  startedAt: string;
}

/** Every process by pid, zombies included. Synchronous, so that none of our code runs while it reads. */
export function readProcessTable(): Map<number, ProcessRow> {
  return process.platform === "linux" ? readProcTable() : readPsTable();
}

/** No thread of it runs any more, though its parent may not have reaped it yet. */
export function isDead(row: ProcessRow | undefined): boolean {
  return row === undefined || ("ZX".includes(row.state) && row.threads <= 1);
}

/** One process; undefined when it does not exist. */
export function readProcess(pid: number): ProcessRow | undefined {
  return process.platform === "linux"
    ? parseStat(pid, readProc(`${pid}/stat`))
    : parsePs(ps(["-p", String(pid), "-o", psFields]));
}

/** The pid that was given last, from /proc/loadavg (proc(5)); 0 where the system does not say. */
export function newestPid(): number {
  return Number(readProc("loadavg").trim().split(" ")[4] ?? 0);
}

/** The command line of a process; `process PID` when it is gone. */
export function commandOf(pid: number): string {
  return commandLineOf(pid) || readProc(`${pid}/comm`).trim() || `process ${pid}`;
}

/** The same; "" for one that is dead. */
export function commandLineOf(pid: number): string {
  const line =
    process.platform === "linux"
      ? readProc(`${pid}/cmdline`).replaceAll("\0", " ")
      : ps(["-p", String(pid), "-o", "command="]);
  return line.trim();
}

function readProcTable(): Map<number, ProcessRow> {
  const all = new Map<number, ProcessRow>();
  for (const name of listProc("")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const row = parseStat(pid, readProc(`${name}/stat`));
    if (row) all.set(pid, row);
  }
  return all;
}

/** `pid (name) state parent group session …` (proc(5)); the name may contain spaces and parentheses. */
function parseStat(pid: number, stat: string): ProcessRow | undefined {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state, parent, group, session] = fields;
  const [threads, , startedAt] = fields.slice(17);
  if (!state || startedAt === undefined) return undefined;
  return {
    pid,
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    threads: Number(threads),
    startedAt,
  };
}

/** The same with `ps`, for systems without /proc (macOS). Slower: it starts a process. */
export function readPsTable(): Map<number, ProcessRow> {
  const all = new Map<number, ProcessRow>();
  for (const line of ps(["-A", "-o", psFields]).split("\n")) {
    const row = parsePs(line);
    if (row) all.set(row.pid, row);
  }
  return all;
}

const psFields = "pid=,ppid=,pgid=,stat=,lstart=";

function parsePs(line: string): ProcessRow | undefined {
  const [pid, parent, group, state, ...startedAt] = line.trim().split(/\s+/);
  if (!pid || !state) return undefined;
  return {
    pid: Number(pid),
    parent: Number(parent),
    group: Number(group),
    session: undefined,
    state: state[0]!,
    threads: 1,
    startedAt: startedAt.join(" "),
  };
}

function ps(args: string[]): string {
  return Bun.spawnSync(["ps", ...args], { env: { ...process.env, LC_ALL: "C" } }).stdout.toString();
}
