/** The living jobs on disk, with every process of them that was seen: what a killed server left is ended at the next start. */
import { appendFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "../../shared/error-code";
import { defined } from "../../shared/defined";
import { log } from "../log";
import type { JobRequest, SweptJob } from "./jobs";
import type { ProcessGroup } from "./process-group";
import { bootId, identityOf, isAlive, type ProcessIdentity } from "./inspect/process-identity";
import { JobWatch } from "./job-watch";
import {
  type LedgerEntry,
  type OpenedLine,
  readEntry,
  ownLine,
  seenLine,
  type StartedLine,
} from "./ledger-entry";
import { serverMark } from "./linux/inherited-mark";
import { type LeftEnd, type LeftEntry, LeftJobs } from "./left-jobs";

/** A longer entry is replaced by one that names the living processes alone. */
const maxEntryBytes = 64_000;
/** Of those at most so many. */
const maxSeen = 2000;
/** The most entries that one sweep reads. */
const maxEntries = 10_000;

/** The start waits no longer than this for processes that cannot be killed. */
const sweepMs = 5000;

interface OpenEntry {
  opened: OpenedLine;
  started?: StartedLine;
  /** By pid. */
  own: Map<number, ProcessIdentity>;
  bytes: number;
}

export class JobLedger {
  readonly #folder: string;
  readonly #open = new Map<string, OpenEntry>();
  readonly #watch = new JobWatch((id, found, living) => this.#addSeen(id, found, living));

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** Before the job's first process. Never throws: a job without an entry still runs, and is only missed by a sweep. */
  open(id: string, request: Pick<JobRequest, "owner" | "isHelper" | "isEngine">): void {
    const { owner, isHelper, isEngine } = request;
    const { sessionId, runId, toolCallId, subagentId, hookId } = owner;
    const opened = defined({
      boot: bootId,
      server: identityOf(process.pid),
      owner: defined({ sessionId, runId, toolCallId, subagentId, hookId }),
      isHelper,
      isEngine,
      mark: serverMark(),
    });
    this.#open.set(id, { opened, own: new Map(), bytes: 0 });
    this.#append(id, `${JSON.stringify(opened)}\n`);
  }

  /** Its processes from now on are watched, where no cgroup lists them for the next server. Never throws. */
  add(id: string, group: ProcessGroup): void {
    const entry = this.#open.get(id);
    if (entry === undefined) return;
    const { pid, supervisor, cgroup } = group;
    try {
      const supervised = supervisor === undefined ? undefined : identityOf(supervisor);
      entry.started = defined({ leader: identityOf(pid), supervisor: supervised, cgroup });
      this.#append(id, `${JSON.stringify(entry.started)}\n`);
      if (cgroup === undefined) this.#watch.add(id, group);
    } catch (err) {
      log.error({ err }, "A job that has started could not be looked at for the ledger");
    }
  }

  /** Of an engine's job: these are the engine's own. Never throws. */
  addOwn(id: string, found: ProcessIdentity[]): void {
    const own = this.#open.get(id)?.own;
    const added = found.filter(({ pid, startedAt }) => own?.get(pid)?.startedAt !== startedAt);
    if (own === undefined || added.length === 0) return;
    for (const one of added) own.set(one.pid, one);
    this.#append(id, added.map(ownLine).join(""));
  }

  /** Leaves the entry to the next server: some of its processes may live. */
  leave(id: string): void {
    this.#watch.remove(id);
    this.#open.delete(id);
  }

  /** Never throws: an entry that the disk keeps names dead processes, and the next sweep removes it. */
  remove(id: string): void {
    this.leave(id);
    this.#forget(`${id}.jsonl`);
  }

  /**
   * Ends what dead servers left running; jobs of a living server are left alone. Resolves with how each ended, within five
   * seconds: of Rein's own programs, those that survive. What survives stays in the ledger, for another sweep. Never rejects.
   */
  async sweep(): Promise<SweptJob[]> {
    const swept: SweptJob[] = [];
    const left: LeftEntry[] = [];
    const names = this.#names();
    if (names.length === 0) return swept;
    // What this server starts is not to be taken for the work of one that has started it.
    serverMark();
    await Bun.sleep(0); // the server listens first
    for (const name of names) {
      const entry = this.#read(name);
      if (entry === "removed") continue;
      if (entry?.boot === bootId) {
        if (!isAlive(entry.server)) left.push({ ...entry, name });
      } else {
        if (!entry?.isHelper) {
          const proof = entry ? "proven" : "unseen";
          const known = defined({ owner: entry?.owner, isEngine: entry?.isEngine });
          swept.push({ ...known, ended: [], survivors: [], proof });
        }
        this.#forget(name);
      }
    }
    const ends = left.length === 0 ? [] : await this.#end(left);
    for (const { entry, ...end } of ends) {
      const { owner, ended, proof } = end;
      const survivors = end.survivors.map(({ pid, reason }) => ({ pid, reason }));
      if (ended.length + survivors.length > 0)
        log.warn(
          { ...owner, ended: ended.length, survivors, proof },
          "A job of an earlier server was ended",
        );
      if (!entry.isHelper || survivors.length > 0) swept.push(end);
      if (survivors.length === 0) this.#forget(entry.name);
    }
    return swept;
  }

  async #end(left: LeftEntry[]): Promise<LeftEnd[]> {
    try {
      return await new LeftJobs(left).end(sweepMs);
    } catch (err) {
      log.error({ err }, "The jobs of an earlier server could not be ended");
      return [];
    }
  }

  /** The files of jobs; an older version's end differently. */
  #names(): string[] {
    try {
      const names = readdirSync(this.#folder).filter((name) =>
        /^[0-9a-f-]{36}\.jsonl?$/.test(name),
      );
      return names.slice(0, maxEntries);
    } catch (err) {
      log.error({ err }, "The jobs of an earlier server cannot be listed");
      return [];
    }
  }

  /**
   * "removed" since it was listed, by a living server; undefined when it cannot be read: a server was killed as it began to
   * write it.
   */
  #read(name: string): LedgerEntry | "removed" | undefined {
    try {
      return readEntry(name.slice(0, 36), join(this.#folder, name));
    } catch (err) {
      if (errorCode(err) === "ENOENT") return "removed";
      log.warn({ err, name }, "An entry of the job ledger cannot be read, and is dropped");
      return undefined;
    }
  }

  #forget(name: string): void {
    const path = join(this.#folder, name);
    try {
      for (const one of [path, `${path}.new`]) rmSync(one, { force: true });
    } catch (err) {
      log.error({ err, name }, "An entry of the job ledger could not be removed");
    }
  }

  #addSeen(id: string, found: ProcessIdentity[], living: ProcessIdentity[]): void {
    const entry = this.#open.get(id);
    if (entry === undefined) return;
    const lines = found.map(seenLine).join("");
    if (entry.bytes + lines.length <= maxEntryBytes) this.#append(id, lines);
    else this.#rewrite(id, entry, living.slice(0, maxSeen));
  }

  /** A server that is killed meanwhile leaves the old one whole. */
  #rewrite(id: string, entry: OpenEntry, living: ProcessIdentity[]): void {
    const first = [entry.opened, entry.started].map((line) => `${JSON.stringify(line)}\n`).join("");
    const own = [...entry.own.values()].map(ownLine).join("");
    const path = this.#path(id);
    try {
      writeFileSync(`${path}.new`, first + own + living.map(seenLine).join(""), { mode: 0o600 });
      renameSync(`${path}.new`, path);
      entry.bytes = 0;
    } catch (err) {
      log.error({ err }, "A job could not be written to the ledger");
    }
  }

  #append(id: string, text: string): void {
    const entry = this.#open.get(id);
    try {
      appendFileSync(this.#path(id), text, { mode: 0o600 });
      if (entry) entry.bytes += text.length;
    } catch (err) {
      log.error({ err }, "A job could not be written to the ledger");
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id}.jsonl`);
  }
}
