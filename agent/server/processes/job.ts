/** One job from its first process to its last: whatever asks for its end, it is over only when nobody is left. */
import type { ProcessGroup } from "./process-group";
import type { Job, JobEnd, JobExit, JobRequest, ProcessView, TerminalSize } from "./jobs";
import { terminate } from "./terminate";
import { isDead, readProcess } from "./inspect/process-table";
import { viewOf } from "./inspect/process-info";

/** How long output is waited for once nobody is left who should write any: someone outside the job may hold the pipe. */
const drainMs = 250;

/** How long a process has that is about to end anyway: it closes its output some moments before. */
const lastMomentsMs = 20;

export interface JobTimes {
  /** How long a process that handles SIGTERM may clean up after a polite stop. */
  graceMs: number;
  /** How long the death of who was killed is waited for before he is called a survivor. */
  patienceMs: number;
}

/**
 * open ──► exited ──► drained ──► (kept: nobody left) ─┐
 *   └──────────┴───────────┴──── asked ────────────────┴──► everyone left is ended and seen dead ──► end
 *
 * `asked` is an abort, a stop or the time-out. Without it, who is left was left behind by the command.
 */
export class OpenJob implements Job {
  readonly id: string;
  readonly pid: number;
  readonly command: string;
  readonly owner: JobRequest["owner"];
  readonly startedAt = Date.now();
  readonly exited: Promise<JobExit>;
  readonly ended: Promise<JobEnd>;
  readonly #body: ProcessGroup;
  readonly #times: JobTimes;
  readonly #exited = Promise.withResolvers<JobExit>();
  readonly #asked = Promise.withResolvers<void>();
  readonly #hurry = Promise.withResolvers<void>();
  #askedBy: "stop" | "time-out" | undefined;
  /** The command itself was still running when its end was asked for. */
  #wasCut = false;
  #isHard = false;
  /** The end being worked on, or the last one. */
  #end: Promise<JobEnd>;
  #hasEnded = false;
  readonly #wall: number | undefined;
  /** It has ended, and nobody of it is left. */
  isOver = false;

  /** `body` has just been started. `signal` asks for its end as long as it lives. */
  constructor(
    id: string,
    request: JobRequest,
    body: ProcessGroup,
    times: JobTimes,
    signal: AbortSignal,
  ) {
    this.id = id;
    this.pid = body.pid;
    this.command = request.command.join(" ");
    this.owner = request.owner;
    this.exited = this.#exited.promise;
    this.#body = body;
    this.#times = times;
    this.#wall = request.sandbox && body.pid;
    this.#end = this.#live(request, signal);
    this.ended = this.#end;
  }

  stop(how: "polite" | "hard"): Promise<JobEnd> {
    if (this.#hasEnded) this.#end = this.#tryAgain();
    this.#ask("stop", how);
    return this.#end;
  }

  processes(): ProcessView[] {
    return this.#body.members().map(viewOf);
  }

  write(text: string): void {
    this.#body.write(text);
  }

  resize(size: TerminalSize): void {
    this.#body.resize(size);
  }

  #ask(by: "stop" | "time-out", how: "polite" | "hard"): void {
    if (how === "hard") {
      this.#isHard = true;
      this.#hurry.resolve();
    }
    if (this.#askedBy) return;
    this.#askedBy = by;
    this.#wasCut = !isDead(readProcess(this.pid));
    this.#asked.resolve();
  }

  async #live({ timeoutMs, leftBehind }: JobRequest, signal: AbortSignal): Promise<JobEnd> {
    const onAbort = (): void => this.#ask("stop", "polite");
    const onTime = (): void => this.#ask("time-out", "polite");
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTime, timeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await this.#untilOver(leftBehind === "keep");
      return await this.#settle();
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Resolves when its time is over by itself, or its end is asked for. */
  async #untilOver(isKept: boolean): Promise<void> {
    const { exited, gone, output } = this.#body;
    const asked = this.#asked.promise;
    await Promise.race([exited, asked]);
    if (this.#askedBy) return;
    const drained = Promise.allSettled(output.map((one) => one.ended));
    await Promise.race([drained, Bun.sleep(drainMs), asked]);
    if (this.#askedBy) return;
    if (isKept) {
      this.#exited.resolve(exited);
      await Promise.race([gone, asked]);
    } else await Promise.race([gone, Bun.sleep(lastMomentsMs), asked]);
  }

  async #settle(): Promise<JobEnd> {
    const by = this.#askedBy;
    const { ended, survivors, proven } = await this.#endBody();
    const exit = survivors.some(({ pid }) => pid === this.pid)
      ? { exitCode: null, signalName: null }
      : await this.#body.exited;
    const outputHeld = await this.#isOutputHeld();
    this.#hasEnded = true;
    this.isOver = survivors.length === 0;
    this.#exited.resolve(exit);
    return {
      ...exit,
      stopped: by === "stop" && this.#wasCut,
      timedOut: by === "time-out" && this.#wasCut,
      ended: by ? ended : [],
      leftBehind: by ? [] : ended,
      survivors,
      proven,
      outputHeld,
    };
  }

  async #tryAgain(): Promise<JobEnd> {
    const last = await this.#end;
    if (last.survivors.length === 0) return last;
    return { ...last, ...(await this.#endBody()) };
  }

  #endBody() {
    const { graceMs, patienceMs } = this.#times;
    return terminate(this.#body, {
      graceMs: this.#isHard ? 0 : graceMs,
      hurry: this.#hurry.promise,
      wall: this.#wall,
      patienceMs,
    });
  }

  /** Whether somebody who is not of the job keeps its output from ending; then it is given up. */
  async #isOutputHeld(): Promise<boolean> {
    const { output } = this.#body;
    const ended = Promise.allSettled(output.map((one) => one.ended));
    const isHeld = (await Promise.race([ended, Bun.sleep(drainMs)])) === undefined;
    if (isHeld) await Promise.all(output.map((one) => one.cancel()));
    for (const reading of await ended)
      if (reading.status === "rejected")
        console.error("A bug in Rein lost the output of a job:", reading.reason);
    return isHeld;
  }
}
