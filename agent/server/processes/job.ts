/** One job from its first process to its last: however it ends, it is over only when no process of it is left. */
import { log } from "../log";
import type { JobLimitHit } from "../../shared/protocol";
import type { ProcessGroup } from "./process-group";
import type { Job, JobEnd, JobExit, JobRequest, ProcessView, TerminalSize } from "./jobs";
import { EngineCommands, partOf } from "./engine-commands";
import { closeOutputs } from "./job-output";
import type { ProcessIdentity } from "./inspect/process-identity";
import { ObservedProcesses, terminate } from "./terminate";
import { isDead, type ProcessRow, readProcess } from "./inspect/process-table";
import { ShownProcesses } from "./inspect/shown-processes";

/** How long to wait for the end of the output after the exit: a process outside the job may hold the pipe open. */
const drainMs = 250;

/** How long to wait for processes that are exiting already: their output closes slightly before they exit. */
const exitingMs = 20;

/** How long a list of the living processes may take: the rest of them is left out. */
const listMs = 200;

export interface JobTimes {
  /** How long a process that handles SIGTERM may clean up after a polite stop. */
  graceMs: number;
  /** How long to wait for a killed process to die before it is reported as a survivor. */
  killTimeoutMs: number;
}

/**
 * open ──► exited ──► drained ──► (leftBehind "keep": group empty) ─┐
 *   └──────────┴───────────┴──── end requested ─────────────────────┴──► all others terminated ──► end
 *
 * An abort, a stop or the time-out requests the end. Without a request, the processes left were left behind by the command.
 */
export class OpenJob implements Job {
  readonly id: string;
  readonly pid: number;
  readonly command: string;
  readonly owner: JobRequest["owner"];
  readonly startedAt = Date.now();
  readonly exited: Promise<JobExit>;
  readonly ended: Promise<JobEnd>;
  readonly #group: ProcessGroup;
  readonly #times: JobTimes;
  readonly #onOwn: (own: ProcessIdentity[]) => void;
  readonly #exited = Promise.withResolvers<JobExit>();
  readonly #endRequested = Promise.withResolvers<void>();
  readonly #hardStop = Promise.withResolvers<void>();
  #requestedBy: "stop" | "time-out" | undefined;
  /** The command itself was still running when its end was requested. */
  #wasCut = false;
  #isHard = false;
  /** The end in progress, or the last one. */
  #end: Promise<JobEnd>;
  #hasEnded = false;
  readonly isConfined: boolean;
  readonly isHelper: boolean;
  readonly isEngine: boolean;
  readonly isMcpServer: boolean;
  readonly isLanguageServer: boolean;
  readonly #shown: ShownProcesses;
  readonly #observed: ObservedProcesses;
  readonly #commands = new EngineCommands(() => this.shownPid);
  #shownPid: number | undefined;

  /**
   * `group` has just been started. `signal` requests the end at any time in its life. `onOwn` is called with what `noteOwn`
   * finds.
   */
  constructor(
    id: string,
    request: JobRequest,
    group: ProcessGroup,
    times: JobTimes,
    signal: AbortSignal,
    onOwn: (own: ProcessIdentity[]) => void = () => {},
  ) {
    this.id = id;
    this.pid = group.pid;
    this.command = request.title ?? request.command.join(" ");
    this.owner = request.owner;
    this.exited = this.#exited.promise;
    this.#group = group;
    this.#times = times;
    this.#onOwn = onOwn;
    this.isConfined = request.sandbox !== undefined;
    this.isHelper = request.isHelper ?? false;
    this.isEngine = request.isEngine ?? false;
    this.isMcpServer = request.isMcpServer ?? false;
    this.isLanguageServer = request.isLanguageServer ?? false;
    this.#shown = new ShownProcesses(request);
    this.#observed = new ObservedProcesses(group, this.#shown);
    this.#end = this.#live(request, signal);
    this.ended = this.#end;
  }

  stop(how: "polite" | "hard"): Promise<JobEnd> {
    if (this.#hasEnded) this.#end = this.#tryAgain();
    this.#requestEnd("stop", how);
    return this.#end;
  }

  /** It has ended, and no process that was seen of it lives. */
  get isOver(): boolean {
    return this.#hasEnded && !this.#observed.hasLiving();
  }

  get isDead(): boolean {
    return this.#hasEnded || !mayLive(this.pid);
  }

  has(pid: number): boolean {
    return this.#observed.hasLiving(pid) || this.#living().some((row) => row.pid === pid);
  }

  processes(): ProcessView[] {
    return this.#living().flatMap((row) => this.#shown.viewOf(row) ?? []);
  }

  async observe(): Promise<void> {
    try {
      await this.#observed.update();
    } catch (err) {
      log.warn({ err }, "The processes of a job could not be looked at");
    }
  }

  noteOwn(): number[] {
    const rows = this.#living().filter(({ pid }) => this.#shown.look(pid).isShown);
    this.#commands.noteOwn(rows);
    this.#onOwn(rows);
    return rows.map(({ pid }) => pid);
  }

  commands(): ProcessView[][] {
    return this.#commandRows()
      .map((rows) => rows.flatMap((row) => this.#shown.viewOf(row) ?? []))
      .filter((views) => views.length > 0);
  }

  async stopCommand(pid: number) {
    const rows = this.#commandRows().find(([first]) => first?.pid === pid);
    if (rows === undefined) return undefined;
    const part = partOf(this.#group, rows);
    return this.#terminate(part, new ObservedProcesses(part, this.#shown));
  }

  #commandRows(): ProcessRow[][] {
    if (!this.isEngine) return [];
    const shown = this.#living().filter(({ pid }) => this.#shown.look(pid).isShown);
    return this.#commands.find(shown);
  }

  /** Kept once it is found: it outlives the process. */
  get shownPid(): number {
    if (!this.isConfined) return this.pid;
    this.#shownPid ??= this.processes()[0]?.pid;
    return this.#shownPid ?? this.pid;
  }

  #living(): ProcessRow[] {
    const until = performance.now() + listMs;
    const living: ProcessRow[] = [];
    for (const row of this.#group.members()) {
      if (row) living.push(row);
      if (performance.now() > until) break;
    }
    return living;
  }

  limitHit(): JobLimitHit | undefined {
    return this.#group.limitHit?.();
  }

  write(text: string): boolean {
    return this.#group.write(text);
  }

  get canFreeze(): boolean {
    return this.#group.freeze !== undefined;
  }

  freeze(): boolean {
    if (this.#requestedBy || this.#hasEnded) return false;
    return this.#group.freeze?.(true) ?? false;
  }

  thaw(): void {
    if (!this.#requestedBy) this.#group.freeze?.(false);
  }

  closeInput(): void {
    this.#group.closeInput();
  }

  resize(size: TerminalSize): void {
    this.#group.resize(size);
  }

  #requestEnd(by: "stop" | "time-out", how: "polite" | "hard"): void {
    if (how === "hard") {
      this.#isHard = true;
      this.#hardStop.resolve();
    }
    if (this.#requestedBy) return;
    this.#requestedBy = by;
    this.#wasCut = !this.isDead;
    this.#endRequested.resolve();
  }

  async #live({ timeoutMs, leftBehind }: JobRequest, signal: AbortSignal): Promise<JobEnd> {
    const onAbort = (): void => this.#requestEnd("stop", "polite");
    const onTimeout = (): void => this.#requestEnd("time-out", "polite");
    const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    try {
      await this.#untilDone(leftBehind === "keep");
      return await this.#settle();
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    }
  }

  /** Resolves when the job is done by itself, or its end is requested. */
  async #untilDone(keepsLeftBehind: boolean): Promise<void> {
    const { exited, gone, output } = this.#group;
    const endRequested = this.#endRequested.promise;
    await Promise.race([exited, endRequested]);
    if (this.#requestedBy) return;
    const drained = Promise.all(output.map((one) => one.ended));
    await Promise.race([drained, Bun.sleep(drainMs), endRequested]);
    if (this.#requestedBy) return;
    if (keepsLeftBehind) {
      this.#exited.resolve(exited);
      await Promise.race([gone, endRequested]);
    } else await Promise.race([gone, Bun.sleep(exitingMs), endRequested]);
  }

  async #settle(): Promise<JobEnd> {
    const by = this.#requestedBy;
    const { ended, survivors, proof } = await this.#terminate();
    const exit = await Promise.race([this.#group.exited, unknownExit]);
    const outputHeld = await closeOutputs(this.#group.output, drainMs);
    this.#hasEnded = true;
    this.#exited.resolve(exit);
    const limitHit = this.limitHit();
    return {
      ...exit,
      ...(limitHit && { limitHit }),
      stopped: by === "stop" && this.#wasCut,
      timedOut: by === "time-out" && this.#wasCut,
      ended: by ? ended : [],
      leftBehind: by ? [] : ended,
      survivors,
      proof,
      outputHeld,
    };
  }

  async #tryAgain(): Promise<JobEnd> {
    const last = await this.#end;
    if (last.survivors.length === 0 && last.proof !== "unseen") return last;
    return { ...last, ...(await this.#terminate()) };
  }

  #terminate(group = this.#group, observed = this.#observed) {
    const { graceMs, killTimeoutMs } = this.#times;
    // One that starts processes as fast as others end is held still, and gets no time to clean up.
    const isBomb = this.limitHit()?.limit === "processes";
    if (isBomb) group.freeze?.(true);
    return terminate(group, observed, {
      graceMs: this.#isHard || isBomb ? 0 : graceMs,
      hardStop: this.#hardStop.promise,
      sandboxPid: this.isConfined ? this.pid : undefined,
      killTimeoutMs,
    });
  }
}

/** One that the system does not let be looked at counts as living. */
function mayLive(pid: number): boolean {
  try {
    return !isDead(readProcess(pid));
  } catch {
    return true;
  }
}

/** Known already, or never waited for: it may have survived. */
const unknownExit = Promise.resolve<JobExit>({ exitCode: null, signalName: null });
