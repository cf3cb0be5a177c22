/** What processes there are right now, who started them, and whether they live. */
import { readProc, listProc } from "./procfs";

export interface ProcessRow {
  pid: number;
  parent: number;
  group: number;
  /** Unknown (undefined) where only `ps` can be asked. */
  session: number | undefined;
  /** The first letter of the state: R running, S sleeping, T stopped, D in the kernel, Z dead and not reaped. */
  state: string;
  /** Of a dead first thread (Z) others may live on: the process does too. */
  threads: number;
  /** When it started, in a unit of the system: with the pid it names one process for ever. */
  startedAt: string;
}

/** Every process by pid, the dead but unreaped included. Synchronous: between two looks nothing of ours runs. */
export function readProcessTable(): Map<number, ProcessRow> {
  return process.platform === "linux" ? surveyProc() : readPsTable();
}

/** Dead for good: nothing of it runs any more, even if its parent has not asked for its status. */
export function isDead(seen: ProcessRow | undefined): boolean {
  return seen === undefined || ("ZX".includes(seen.state) && seen.threads <= 1);
}

/** One process; undefined when it has gone for good. */
export function readProcess(pid: number): ProcessRow | undefined {
  return process.platform === "linux"
    ? parseStat(pid, readProc(`${pid}/stat`))
    : parsePs(ps(["-p", String(pid), "-o", psFields]));
}

/** The command line of a process, or its pid in words when it is gone. */
export function commandOf(pid: number): string {
  const line =
    process.platform === "linux"
      ? readProc(`${pid}/cmdline`).replaceAll("\0", " ")
      : ps(["-p", String(pid), "-o", "command="]);
  return line.trim() || readProc(`${pid}/comm`).trim() || `process ${pid}`;
}

function surveyProc(): Map<number, ProcessRow> {
  const all = new Map<number, ProcessRow>();
  for (const name of listProc("")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const seen = parseStat(pid, readProc(`${name}/stat`));
    if (seen) all.set(pid, seen);
  }
  return all;
}

/** `pid (name) state parent group session …` (proc(5)); the name may hold spaces and parentheses. */
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

/** The same by `ps`, for systems without /proc (macOS). Slower: it starts a process. */
export function readPsTable(): Map<number, ProcessRow> {
  const all = new Map<number, ProcessRow>();
  for (const line of ps(["-A", "-o", psFields]).split("\n")) {
    const seen = parsePs(line);
    if (seen) all.set(seen.pid, seen);
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
