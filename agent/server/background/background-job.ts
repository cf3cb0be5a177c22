/** One background process, from its registration until it is seen dead: its record, its output, its stop. */
import { applyToProcess, type ProcessEvent } from "../../shared/apply/process-events";
import { copyPlain } from "../../shared/copy-plain";
import { defined } from "../../shared/defined";
import type { BackgroundProcess, Outcome, ProcessOutput, Stop } from "../../shared/protocol";
import { isLiving } from "../../shared/session-lookup";
import { OutputLog } from "./output-log";
import type { Job, JobEnd } from "../processes/jobs";
import type { BackgroundHandle } from "../tools/process/background-registry";

export class BackgroundJob implements BackgroundHandle {
  readonly job: Job;
  /** A copy of the session's own, changed by the same events: the session may forget it, or leave the memory. */
  readonly record: BackgroundProcess;
  /** Resolves when its first end was emitted. */
  readonly settled: Promise<void>;
  readonly #log: OutputLog;
  readonly #emit: (event: ProcessEvent) => void;
  #requested: { stop: Stop | undefined } | undefined;

  /** Emits its start. `emit` applies an event to its session, as long as that exists. */
  constructor(
    job: Job,
    record: BackgroundProcess,
    path: string,
    emit: (event: ProcessEvent) => void,
  ) {
    this.job = job;
    this.record = record;
    this.#log = new OutputLog(path);
    this.#emit = emit;
    emit({ type: "process-start", process: record });
    this.settled = job.ended.then((end) => {
      this.#log.flush();
      this.#emitEnd(end);
    });
  }

  get path(): string {
    return this.#log.path;
  }

  get lastLine(): string {
    return this.#log.lastLine;
  }

  write(text: string): void {
    this.#log.write(text);
  }

  output(after: number): ProcessOutput {
    return this.#log.read(after);
  }

  pin(pinned: boolean): void {
    this.#change({ type: "process-update", processId: this.record.id, patch: { pinned } });
  }

  async stop(stop: Stop | undefined): Promise<JobEnd> {
    const isFirst = this.record.endedAt === undefined;
    if (this.record.state === "running") {
      this.#requested = { stop };
      const patch = { state: "stopping" as const };
      this.#change({ type: "process-update", processId: this.record.id, patch });
    }
    const end = await this.job.stop("polite");
    await this.settled;
    if (!isFirst && isLiving(this.record)) this.#emitEnd(end);
    return end;
  }

  #emitEnd(end: JobEnd): void {
    const { exitCode, signalName, limitHit, survivors, proof } = end;
    const isCut = end.stopped || end.ended.length + survivors.length > 0;
    const stopped = isCut ? this.#requested : undefined;
    const how = stopped ? { stop: stopped.stop } : exitOf({ exitCode, signalName });
    this.#change({
      type: "process-end",
      processId: this.record.id,
      endedAt: Date.now(),
      outcome: stopped ? "stopped" : outcomeOf(end),
      ...defined({ ...how, limitHit }),
      proof,
      ...(survivors.length > 0 && { survivors }),
    });
  }

  #change(event: Exclude<ProcessEvent, { type: "process-start" }>): void {
    applyToProcess(this.record, copyPlain(event));
    this.#emit(event);
  }
}

function exitOf({ exitCode, signalName }: Pick<JobEnd, "exitCode" | "signalName">) {
  return { exitCode: exitCode ?? undefined, signalName: signalName ?? undefined };
}

function outcomeOf({ exitCode }: JobEnd): Outcome {
  return exitCode === 0 ? "done" : "failed";
}
