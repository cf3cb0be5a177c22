/** Tells the commands of an engine's model from the engine's own processes in its job, and ends one of them alone. */
import type { Proof } from "../../shared/protocol";
import { log } from "../log";
import { isAlive } from "./inspect/process-identity";
import type { ProcessRow } from "./inspect/process-table";
import type { ProcessGroup } from "./process-group";
import { sendSignal } from "./send-signal";

/** How long a kill goes on that does not succeed. */
const killingMs = 2000;

export class EngineCommands {
  /** The start times of the engine's own processes, by pid. */
  readonly #own = new Map<number, string>();
  readonly #mainPid: () => number;

  constructor(mainPid: () => number) {
    this.#mainPid = mainPid;
  }

  /** All of these are the engine's own. */
  noteOwn(rows: ProcessRow[]): void {
    for (const { pid, startedAt } of rows) this.#own.set(pid, startedAt);
  }

  /** Each command with what it has started, the command first. `rows`: the living processes of the job, parents first. */
  find(rows: ProcessRow[]): ProcessRow[][] {
    const groups = new Map<number, ProcessRow[]>();
    for (const row of rows) {
      if (row.pid === this.#mainPid() || this.#own.get(row.pid) === row.startedAt) continue;
      const group = groups.get(row.parent) ?? [];
      group.push(row);
      groups.set(row.pid, group);
    }
    return [...new Set(groups.values())];
  }
}

/**
 * A part of a group, to be ended while the rest goes on: these processes and what descends from them. One that loses its
 * parent between two looks is missed, so its end is only seen.
 */
export function partOf(group: ProcessGroup, rows: ProcessRow[]): ProcessGroup {
  const known = new Map(rows.map((row) => [row.pid, row]));
  function* members(): Generator<ProcessRow> {
    for (const row of group.members()) {
      if (row === undefined) continue;
      const isKnown = known.get(row.pid)?.startedAt === row.startedAt;
      if (!isKnown && !known.has(row.parent)) continue;
      known.set(row.pid, row);
      yield row;
    }
  }
  const gone = Promise.withResolvers<Proof>();
  return {
    pid: rows[0]!.pid,
    exited: new Promise(() => {}),
    gone: gone.promise,
    output: [],
    members,
    kill() {
      killAll(members)
        .then(() => gone.resolve("seen"))
        .catch((err: unknown) => log.error({ err }, "A command of an engine could not be killed"));
    },
    write: () => true,
    closeInput: () => {},
    resize: () => {},
  };
}

/** Stops (SIGSTOP) them until a look finds no new one, then kills, and again. Never resolves when one of them does not die. */
async function killAll(members: () => Iterable<ProcessRow>): Promise<void> {
  const until = performance.now() + killingMs;
  for (let waitMs = 1; performance.now() < until; waitMs = Math.min(2 * waitMs, 50)) {
    const found = new Map<number, ProcessRow>();
    for (let before = -1; found.size > before;) {
      before = found.size;
      for (const row of members()) {
        if (!found.has(row.pid)) sendSignal(row.pid, "SIGSTOP");
        found.set(row.pid, row);
      }
    }
    if (found.size === 0) return;
    for (const pid of [...found.keys()].toReversed()) sendSignal(pid, "SIGKILL");
    await Bun.sleep(waitMs);
    while ([...found.values()].some(isAlive) && performance.now() < until) await Bun.sleep(2);
  }
  return new Promise(() => {});
}
