/** The living jobs on disk: what a killed server left running is killed at the next start. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { defined } from "../../shared/defined";
import { log } from "../log";
import type { ProcessGroup } from "./process-group";
import { cgroupAt } from "./linux/cgroup";
import { childrenOf, killDescendants } from "./linux/descendants";
import { isAlive, type ProcessIdentity, identityOf } from "./inspect/process-identity";
import { readProc } from "./inspect/procfs";
import { killAll, Members } from "./fallback/tracked";

const identity = z.object({ pid: z.number().int().positive(), startedAt: z.string() });

const entry = z.object({
  boot: z.string(),
  server: identity,
  leader: identity,
  supervisor: identity.optional(),
  cgroup: z.string().optional(),
});

type Entry = z.infer<typeof entry>;

/** The start waits no longer than this for a process that cannot be killed. */
const sweepMs = 5000;

export class JobLedger {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Never throws: a job without an entry still runs, and is only missed by a sweep. */
  add(id: string, { pid, supervisor, cgroup }: ProcessGroup): void {
    const added: Entry = defined({
      boot: bootId(),
      server: identityOf(process.pid),
      leader: identityOf(pid),
      supervisor: supervisor === undefined ? undefined : identityOf(supervisor),
      cgroup,
    });
    try {
      writeFileSync(this.#path(id), JSON.stringify(added), { mode: 0o600 });
    } catch (err) {
      log.error({ err }, "A job could not be written to the ledger");
    }
  }

  /** Throws when the disk refuses. An entry that stays names dead processes, and the next sweep removes it. */
  remove(id: string): void {
    rmSync(this.#path(id), { force: true });
  }

  /** Kills what dead servers left running. Jobs of a living server are left alone. */
  async sweep(): Promise<void> {
    const ids = readdirSync(this.#folder).map((name) => name.replace(/\.json$/, ""));
    await Promise.all(ids.map((id) => Promise.race([this.#sweep(id), Bun.sleep(sweepMs)])));
  }

  /** Never rejects. */
  async #sweep(id: string): Promise<void> {
    try {
      const found = this.#read(id);
      if (found?.boot === bootId()) {
        if (isAlive(found.server)) return;
        if (found.supervisor) await killSupervised(found.supervisor);
        await killAll(new Members(found.leader));
        if (found.cgroup !== undefined) await cgroupAt(found.cgroup).remove();
      }
      this.remove(id);
    } catch (err) {
      log.error({ err }, "A job of an earlier server could not be cleaned up");
    }
  }

  /** Undefined when the server was killed while it wrote the entry. */
  #read(id: string): Entry | undefined {
    try {
      return entry.parse(JSON.parse(readFileSync(this.#path(id), "utf8")));
    } catch (err) {
      log.warn({ err, jobId: id }, "An entry of the job ledger cannot be read, and is dropped");
      return undefined;
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** The supervisor kills its job by itself when its server dies, unless it was stopped (SIGSTOP). */
async function killSupervised(supervisor: ProcessIdentity): Promise<void> {
  while (isAlive(supervisor)) {
    process.kill(supervisor.pid, "SIGCONT");
    killDescendants(() => childrenOf(supervisor.pid));
    await Bun.sleep(5);
  }
}

/** Pids and start times are unique only within one boot. */
function bootId(): string {
  return readProc("sys/kernel/random/boot_id").trim();
}
