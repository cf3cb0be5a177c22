/** One process in the background from the moment it is kept until it is seen dead: its record, its output, its stop. */
import { isLiving } from "../../shared/apply";
import type {
  BackgroundProcess,
  EventBody,
  Outcome,
  ProcessOutput,
  Stop,
} from "../../shared/protocol";
import { OutputLog } from "./output-log";
import type { Job, JobEnd } from "../processes/jobs";
import type { BackgroundHandle } from "../tools/process/background-registry";

export class BackgroundJob implements BackgroundHandle {
  readonly job: Job;
  /** The session's own: every event below changes it. */
  readonly record: BackgroundProcess;
  /** Resolves when its first end has been told. */
  readonly settled: Promise<void>;
  readonly #log: OutputLog;
  readonly #emit: (event: EventBody) => void;
  #asked: { stop: Stop | undefined } | undefined;

  /** Tells its start. `emit` applies an event to its session, as long as that is there. */
  constructor(job: Job, record: BackgroundProcess, path: string, emit: (event: EventBody) => void) {
    this.job = job;
    this.record = record;
    this.#log = new OutputLog(path);
    this.#emit = emit;
    emit({ type: "process-start", process: record });
    this.settled = job.ended.then((end) => {
      this.#log.flush();
      this.#tell(end);
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
    this.#emit({ type: "process-update", processId: this.record.id, patch: { pinned } });
  }

  async stop(stop: Stop | undefined): Promise<JobEnd> {
    const isFirst = this.record.endedAt === undefined;
    if (this.record.state === "running") {
      this.#asked = { stop };
      const patch = { state: "stopping" as const };
      this.#emit({ type: "process-update", processId: this.record.id, patch });
    }
    const end = await this.job.stop("polite");
    await this.settled;
    if (!isFirst && isLiving(this.record)) this.#tell(end);
    return end;
  }

  #tell(end: JobEnd): void {
    const { exitCode, signalName, survivors } = end;
    const isCut = end.stopped || end.ended.length + survivors.length > 0;
    const stopped = isCut ? this.#asked : undefined;
    this.#emit({
      type: "process-end",
      processId: this.record.id,
      endedAt: Date.now(),
      outcome: stopped ? "stopped" : outcomeOf(end),
      ...(stopped?.stop && { stop: stopped.stop }),
      ...(!stopped && exitCode !== null && { exitCode }),
      ...(!stopped && signalName !== null && { signalName }),
      ...(survivors.length > 0 && { survivors }),
    });
  }
}

function outcomeOf({ exitCode }: JobEnd): Outcome {
  return exitCode === 0 ? "done" : "failed";
}
