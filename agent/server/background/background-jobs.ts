/** The background processes of all sessions: listed, inspected, pinned, and stopped with the run they belong to. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defined } from "../../shared/defined";
import { isOutcome } from "../../shared/protocol";
import type { BackgroundProcess, ProcessLook, ProcessOutput, Stop } from "../../shared/protocol";
import { BackgroundJob } from "./background-job";
import { errorCode } from "../../shared/error-code";
import { findRun, isLiving } from "../../shared/session-lookup";
import { log } from "../log";
import type { SessionRegistry } from "../session/session-registry";
import { commandId, inspect } from "./inspect-job";
import { LiveMarkers, type MarkedProcess } from "./live-markers";
import type { Job, JobEnd, JobOwner, Jobs, SweptJob } from "../processes/jobs";
import { endSurvivors } from "./survivors";
import type { BackgroundRegistry } from "../tools/process/background-registry";

type StopResult = Pick<JobEnd, "ended" | "survivors" | "proof">;

export class BackgroundJobs implements BackgroundRegistry {
  readonly #sessions: SessionRegistry;
  readonly #jobs: Jobs;
  readonly #root: string;
  readonly #markers: LiveMarkers;
  readonly #jobsOf = new Map<string, BackgroundJob[]>();

  /** `root` holds their output, in a folder for each session. */
  constructor(sessions: SessionRegistry, jobs: Jobs, root: string) {
    this.#sessions = sessions;
    this.#jobs = jobs;
    this.#root = root;
    this.#markers = new LiveMarkers(root);
  }

  keep(job: Job, command: string): BackgroundJob {
    const { sessionId, ...owner } = job.owner;
    const { runId, toolCallId } = owner;
    if (runId === undefined || toolCallId === undefined)
      throw new Error("A background process belongs to a run and a tool call");
    const id = this.#nextId(sessionId);
    const { startedAt, shownPid: pid } = job;
    const record: BackgroundProcess = {
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
    const background = new BackgroundJob(job, record, path, (event) =>
      this.#sessions.getDeleted(sessionId)?.emit(event),
    );
    this.#jobsOf.set(sessionId, [...this.#remembered(sessionId), background]);
    this.#markers.add(sessionId, id);
    background.settled
      .then(() => this.#markers.remove(sessionId, id))
      .catch((err: unknown) =>
        log.error({ err, sessionId, processId: id }, "The end of a background process was lost"),
      );
    return background;
  }

  list(sessionId: string): BackgroundJob[] {
    return this.#jobsOf.get(sessionId) ?? [];
  }

  /** What the system reports now of everything that runs for this session, in the background or not. */
  inspect(sessionId: string): ProcessLook[] {
    return this.#jobs
      .list({ sessionId })
      .flatMap((job) => {
        const background = this.list(sessionId).find((one) => one.job === job);
        return inspect(job, background);
      })
      .filter(({ processes }) => processes > 0);
  }

  /** Of a process that ended before this server started, what is still on disk. Undefined when there is no such process. */
  async output(sessionId: string, id: string, after: number): Promise<ProcessOutput | undefined> {
    const found = this.#find(sessionId, id);
    if (found) return found.output(after);
    const records = this.#sessions.getDeleted(sessionId)?.session.processes ?? [];
    if (!records.some((record) => record.id === id)) return undefined;
    const text = await readLog(join(this.#root, sessionId, `${id}.log`));
    return { text: text.slice(after), from: Math.min(after, text.length), next: text.length };
  }

  isPinned(job: Job): boolean {
    return this.list(job.owner.sessionId).some((one) => one.job === job && one.record.pinned);
  }

  /** Undefined when there is no such process. */
  pin(sessionId: string, id: string, pinned: boolean): BackgroundProcess | undefined {
    const found = this.#find(sessionId, id);
    found?.pin(pinned);
    return found?.record;
  }

  /**
   * Stops one. A second stop while the first is under way gives no more time to clean up; one after that tries again
   * to kill the survivors. Undefined when there is no such process.
   */
  async stop(sessionId: string, id: string, stop: Stop): Promise<StopResult | undefined> {
    const live = this.#sessions.getDeleted(sessionId);
    const found = this.#find(sessionId, id);
    const end = found
      ? await stopOne(found, stop)
      : ((await this.#stopOfSession(sessionId, id)) ?? (await this.#endStrays(sessionId, id)));
    const runId = live?.session.processes?.find((one) => one.id === id)?.runId;
    const receipt = live && findRun(live.session, runId ?? "")?.receipt;
    if (end && receipt && receipt.survivors.length > 0)
      await endSurvivors(live, runId!, this.#jobs);
    return end;
  }

  /** Emits anew the end of those with survivors, after another attempt to kill these. */
  async refreshSurvivors(sessionId: string): Promise<void> {
    const surviving = this.list(sessionId).filter(({ record }) => record.survivors !== undefined);
    const records = this.#sessions.getDeleted(sessionId)?.session.processes ?? [];
    await Promise.all([
      ...surviving.map((one) => one.stop(undefined)),
      ...records.map(({ id }) => this.#find(sessionId, id) ?? this.#endStrays(sessionId, id)),
    ]);
  }

  /** Of an MCP server, a language server, a hook, or a command of an engine's model. Undefined when there is none of that id. */
  async #stopOfSession(sessionId: string, id: string): Promise<StopResult | undefined> {
    for (const job of this.#jobs.list({ sessionId })) {
      const { isMcpServer, isLanguageServer, owner } = job;
      const isAlone = isMcpServer || isLanguageServer || owner.hookId !== undefined;
      if (isAlone && job.id === id) return job.stop("polite");
      for (const [first] of job.commands())
        if (first && commandId(first) === id) return job.stopCommand(first.pid);
    }
    return undefined;
  }

  /** Of a process of an earlier server: only its survivors are known. Undefined when it has none. */
  async #endStrays(sessionId: string, id: string): Promise<StopResult | undefined> {
    const live = this.#sessions.getDeleted(sessionId);
    const record = live?.session.processes?.find((one) => one.id === id);
    if (!live || !record?.survivors || !isOutcome(record.state)) return undefined;
    const { endedAt, exitCode, signalName, stop, proof = "seen", state: outcome } = record;
    const survivors = await this.#jobs.endStrays(record.survivors);
    const ended = record.survivors.filter(({ pid }) => !survivors.some((one) => one.pid === pid));
    live.emit({
      type: "process-end",
      processId: id,
      outcome,
      proof,
      ...defined({ endedAt, exitCode, signalName, stop }),
      ...(survivors.length > 0 && { survivors }),
    });
    return { ended, survivors, proof };
  }

  /**
   * Stops those of this owner: all of them, or those that are not pinned. Resolves when they have ended, with their
   * number; never rejects.
   */
  async stopOwned(
    owner: Partial<JobOwner>,
    stop: Stop,
    which: "unpinned" | "all",
    before = Number.POSITIVE_INFINITY,
  ): Promise<number> {
    const all = [...this.#jobsOf.values()].flat();
    const affected = all.filter(
      ({ job, record }) =>
        isOwnedBy(job.owner, owner) &&
        isLiving(record) &&
        record.startedAt < before &&
        (which === "all" || !record.pinned),
    );
    const ends = await Promise.allSettled(affected.map((one) => one.stop(stop)));
    for (const end of ends)
      if (end.status === "rejected")
        log.error({ err: end.reason, ...owner }, "A background process could not be stopped");
    return affected.length;
  }

  /**
   * Stops what the models of engines have left running, but in sessions that are in a turn: their own stop ends it, after
   * the engine's. Resolves when it has ended, with the number of commands; never rejects.
   */
  async stopLeft(isInTurn: (sessionId: string) => boolean): Promise<number> {
    const idle = this.#jobs.list({}).filter(({ owner }) => !isInTurn(owner.sessionId));
    const left = idle.flatMap((job) => job.commands().map((command) => ({ job, command })));
    const ends = await Promise.allSettled(
      left.flatMap(({ job, command: [first] }) => (first ? [job.stopCommand(first.pid)] : [])),
    );
    for (const end of ends)
      if (end.status === "rejected")
        log.error({ err: end.reason }, "What an engine left running could not be stopped");
    return left.length;
  }

  /** Forgets the processes of a session. They must have ended. */
  remove(sessionId: string): void {
    this.#jobsOf.delete(sessionId);
  }

  /** Emits the end of those that lived when an earlier server was killed, once this start has ended them. */
  recover(): void {
    const left = this.#markers.list();
    if (left.length === 0) return;
    this.#jobs.swept
      .then((swept) => left.forEach((names) => this.#recover(names, swept)))
      .catch((err: unknown) => log.error({ err }, "The end of background processes was lost"));
  }

  #recover({ sessionId, processId }: MarkedProcess, swept: SweptJob[]): void {
    const live = this.#sessions.getReadable(sessionId);
    const record = live?.session.processes?.find(({ id }) => id === processId);
    const found = swept.find(
      ({ owner }) => owner?.sessionId === sessionId && owner.toolCallId === record?.toolCallId,
    );
    const stop: Stop = { by: "crash", from: "server", askedAt: Date.now() };
    live?.emit({
      type: "process-end",
      processId,
      endedAt: stop.askedAt,
      outcome: "stopped",
      stop,
      ...(found && { proof: found.proof }),
      ...(found && found.survivors.length > 0 && { survivors: found.survivors }),
    });
    try {
      this.#markers.remove(sessionId, processId);
    } catch (err) {
      log.error({ err, sessionId, processId }, "The mark of a background process stays");
    }
  }

  #find(sessionId: string, id: string): BackgroundJob | undefined {
    return this.list(sessionId).find(({ record }) => record.id === id);
  }

  /** Those that the session still lists: it drops the oldest that have ended. */
  #remembered(sessionId: string): BackgroundJob[] {
    const ids = new Set(
      this.#sessions.getDeleted(sessionId)?.session.processes?.map(({ id }) => id),
    );
    return this.list(sessionId).filter(({ record }) => ids.has(record.id) || isLiving(record));
  }

  #nextId(sessionId: string): string {
    const records = this.#sessions.getDeleted(sessionId)?.session.processes ?? [];
    return `p${1 + Math.max(0, ...records.map(({ id }) => Number(id.slice(1))))}`;
  }
}

/** The second stop gives no more time to clean up. */
async function stopOne(found: BackgroundJob, stop: Stop): Promise<JobEnd> {
  const isSecond = found.record.state === "stopping";
  const [, end] = await Promise.all([isSecond && found.job.stop("hard"), found.stop(stop)]);
  return end;
}

function isOwnedBy(owner: JobOwner, named: Partial<JobOwner>): boolean {
  return (Object.keys(named) as (keyof JobOwner)[]).every((key) => owner[key] === named[key]);
}

async function readLog(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    // A process without output has no file.
    if (errorCode(error) === "ENOENT") return "";
    throw error;
  }
}
