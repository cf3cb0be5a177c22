/** The processes in the background of all sessions: kept, looked at, pinned, and ended with what they belong to. */
import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { findRun, isLiving } from "../../shared/apply";
import type { BackgroundProcess, ProcessLook, ProcessOutput, Stop } from "../../shared/protocol";
import { BackgroundJob } from "./background-job";
import type { SessionRegistry } from "../session/session-registry";
import { LiveMarkers } from "./live-markers";
import type { Job, JobEnd, JobOwner, Jobs } from "../processes/jobs";
import { endSurvivors } from "./survivors";
import type { BackgroundRegistry } from "../tools/process/background-registry";

export class BackgroundJobs implements BackgroundRegistry {
  readonly #sessions: SessionRegistry;
  readonly #jobs: Jobs;
  readonly #root: string;
  readonly #marks: LiveMarkers;
  readonly #kept = new Map<string, BackgroundJob[]>();

  /** `root` holds what they have put out, a folder for each session. */
  constructor(sessions: SessionRegistry, jobs: Jobs, root: string) {
    this.#sessions = sessions;
    this.#jobs = jobs;
    this.#root = root;
    this.#marks = new LiveMarkers(root);
  }

  keep(job: Job, command: string): BackgroundJob {
    const { sessionId, ...owner } = job.owner;
    const { runId, toolCallId } = owner;
    if (runId === undefined || toolCallId === undefined)
      throw new Error("A process in the background belongs to a run and a tool call");
    const id = this.#nextId(sessionId);
    const { pid, startedAt } = job;
    const process: BackgroundProcess = {
      ...owner,
      id,
      runId,
      toolCallId,
      command,
      pid,
      startedAt,
      pinned: false,
      state: "running",
    };
    const path = join(this.#root, sessionId, `${id}.log`);
    const kept = new BackgroundJob(job, process, path, (event) =>
      this.#sessions.get(sessionId)?.emit(event),
    );
    this.#kept.set(sessionId, [...this.#known(sessionId), kept]);
    this.#marks.add(sessionId, id);
    void kept.settled.then(() => this.#marks.remove(sessionId, id));
    return kept;
  }

  list(sessionId: string): BackgroundJob[] {
    return this.#kept.get(sessionId) ?? [];
  }

  /** What the system says now of everything that runs for this session, in the background or not. */
  look(sessionId: string): ProcessLook[] {
    return this.#jobs.list({ sessionId }).flatMap((job) => {
      const kept = this.list(sessionId).find((one) => one.job === job);
      const look = lookAt(job, kept);
      return look.processes > 0 ? [look] : [];
    });
  }

  /** Of a process that ended before this server started, what the disk still has. Undefined when there is nothing. */
  async output(sessionId: string, id: string, after: number): Promise<ProcessOutput | undefined> {
    const kept = this.#find(sessionId, id);
    if (kept) return kept.output(after);
    const known = this.#sessions.get(sessionId)?.session.processes ?? [];
    if (!known.some((process) => process.id === id)) return undefined;
    const text = await readFile(join(this.#root, sessionId, `${id}.log`), "utf8").catch(() => "");
    return { text: text.slice(after), from: Math.min(after, text.length), next: text.length };
  }

  isPinned(job: Job): boolean {
    return this.list(job.owner.sessionId).some((kept) => kept.job === job && kept.record.pinned);
  }

  /** Undefined when there is no such process. */
  pin(sessionId: string, id: string, pinned: boolean): BackgroundProcess | undefined {
    const kept = this.#find(sessionId, id);
    kept?.pin(pinned);
    return kept?.record;
  }

  /**
   * Stops one; a second stop while the first is under way does not wait for anybody to clean up, and one after that
   * tries again what could not be ended. Undefined when there is no such process.
   */
  async stop(sessionId: string, id: string, stop: Stop): Promise<JobEnd | undefined> {
    const kept = this.#find(sessionId, id);
    if (kept === undefined) return undefined;
    if (kept.record.state === "stopping") void kept.job.stop("hard");
    const end = await kept.stop(stop);
    const live = this.#sessions.get(sessionId);
    const receipt = live && findRun(live.session, kept.record.runId)?.receipt;
    if (receipt && receipt.survivors.length > 0)
      await endSurvivors(live, kept.record.runId, this.#jobs);
    return end;
  }

  /** Tells what has become of those that a stop could not end, when somebody else has tried again. */
  async retell(sessionId: string): Promise<void> {
    const surviving = this.list(sessionId).filter(({ record }) => record.survivors !== undefined);
    await Promise.all(surviving.map((kept) => kept.stop(undefined)));
  }

  /**
   * Stops those of this owner, the pinned ones only if it is said. Resolves when they have ended, with how many they
   * were; never rejects.
   */
  async stopOf(owner: Partial<JobOwner>, stop: Stop, which: "unpinned" | "all"): Promise<number> {
    const all = [...this.#kept.values()].flat();
    const meant = all.filter(
      ({ job, record }) =>
        isOf(job.owner, owner) && isLiving(record) && (which === "all" || !record.pinned),
    );
    await Promise.all(meant.map((kept) => kept.stop(stop)));
    return meant.length;
  }

  /** Forgets a session's. They must have ended. */
  remove(sessionId: string): void {
    this.#kept.delete(sessionId);
    rmSync(join(this.#root, sessionId), { recursive: true, force: true });
  }

  /** Tells the end of those that lived when a server before this one was killed. */
  recover(): void {
    const stop: Stop = { by: "crash", from: "server", askedAt: Date.now() };
    const end = { endedAt: stop.askedAt, outcome: "stopped" as const, stop };
    for (const { sessionId, processId } of this.#marks.take())
      this.#sessions.getReadable(sessionId)?.emit({ type: "process-end", processId, ...end });
  }

  #find(sessionId: string, id: string): BackgroundJob | undefined {
    return this.list(sessionId).find(({ record }) => record.id === id);
  }

  /** Those that the session still knows: it forgets the oldest that have ended. */
  #known(sessionId: string): BackgroundJob[] {
    const records = new Set(this.#sessions.get(sessionId)?.session.processes);
    return this.list(sessionId).filter(({ record }) => records.has(record) || isLiving(record));
  }

  #nextId(sessionId: string): string {
    const records = this.#sessions.get(sessionId)?.session.processes ?? [];
    return `p${1 + Math.max(0, ...records.map(({ id }) => Number(id.slice(1))))}`;
  }
}

function lookAt(job: Job, kept: BackgroundJob | undefined): ProcessLook {
  const { id, pid, command, startedAt, owner } = job;
  const processes = job.processes();
  const ports = new Set(processes.flatMap((one) => one.ports));
  return {
    id,
    pid,
    command: withoutShell(command),
    startedAt,
    ...(kept
      ? { id: kept.record.id, command: kept.record.command, lastLine: kept.lastLine }
      : owner.toolCallId !== undefined && { toolCallId: owner.toolCallId }),
    processes: processes.length,
    cpuMs: sum(processes.map(({ cpuMs }) => cpuMs)),
    memoryBytes: sum(processes.map(({ memoryBytes }) => memoryBytes)),
    ports: [...ports].toSorted((a, b) => a - b),
  };
}

/** A command of the bash tool as it was typed. */
function withoutShell(command: string): string {
  return command.replace(/^\S*\b(bash|sh) -c /, "");
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

function isOf(owner: JobOwner, asked: Partial<JobOwner>): boolean {
  return (Object.keys(asked) as (keyof JobOwner)[]).every((key) => owner[key] === asked[key]);
}
