/** Which jobs live, on disk: what a server that was killed has left is ended at the next start. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ProcessGroup } from "./process-group";
import { cgroupAt } from "./linux/cgroup";
import { childrenOf, killDescendants } from "./linux/descendants";
import { isAlive, type ProcessIdentity, identityOf } from "./inspect/process-identity";
import { readProc } from "./inspect/procfs";
import { killAll, Members } from "./fallback/tracked";

const known = z.object({ pid: z.number().int().positive(), startedAt: z.string() });

const entry = z.object({
  boot: z.string(),
  server: known,
  leader: known,
  supervisor: known.optional(),
  cgroup: z.string().optional(),
});

type Entry = z.infer<typeof entry>;

/** The start does not wait longer for somebody who cannot be ended. */
const sweepMs = 5000;

export class JobLedger {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  add(id: string, { pid, supervisor, cgroup }: ProcessGroup): void {
    const made: Entry = {
      boot: bootId(),
      server: identityOf(process.pid),
      leader: identityOf(pid),
      ...(supervisor !== undefined && { supervisor: identityOf(supervisor) }),
      ...(cgroup !== undefined && { cgroup }),
    };
    writeFileSync(this.#path(id), JSON.stringify(made), { mode: 0o600 });
  }

  remove(id: string): void {
    rmSync(this.#path(id), { force: true });
  }

  /** Ends what servers that are dead have left. Jobs of one that lives are its own business. */
  async sweep(): Promise<void> {
    const ids = readdirSync(this.#folder).map((name) => name.replace(/\.json$/, ""));
    await Promise.all(ids.map((id) => Promise.race([this.#sweep(id), Bun.sleep(sweepMs)])));
  }

  async #sweep(id: string): Promise<void> {
    const found = this.#read(id);
    if (found?.boot === bootId()) {
      if (isAlive(found.server)) return;
      if (found.supervisor) await endSupervised(found.supervisor);
      await killAll(new Members(found.leader));
      if (found.cgroup !== undefined) await cgroupAt(found.cgroup).remove();
    }
    this.remove(id);
  }

  /** Undefined when the server was killed while it wrote. */
  #read(id: string): Entry | undefined {
    try {
      return entry.parse(JSON.parse(readFileSync(this.#path(id), "utf8")));
    } catch {
      return undefined;
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.json`);
  }
}

/** It has heard of its server's death and is at work, unless somebody has stopped it. */
async function endSupervised(supervisor: ProcessIdentity): Promise<void> {
  while (isAlive(supervisor)) {
    process.kill(supervisor.pid, "SIGCONT");
    killDescendants(() => childrenOf(supervisor.pid));
    await Bun.sleep(5);
  }
}

/** Pids and times begin anew with each. */
function bootId(): string {
  return readProc("sys/kernel/random/boot_id").trim();
}
