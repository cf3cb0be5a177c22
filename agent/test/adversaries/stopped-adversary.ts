/** One adversary from its start to its last death: stopped, judged by what /proc shows, and cleaned up. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Job, JobEnd, JobRequest, Jobs } from "../../server/processes/jobs";
import { until, within } from "../within";
import type { Adversary } from "./adversary";
import { endFaults } from "./end-faults";
import { commandProcessesOf, describe, processesOf } from "./hostile-processes";
import { killAll, removeCgroups } from "./killed-by-pid";
import { type LastDeathWatch, now } from "./last-death";

export type Stopped =
  | { lack: string }
  | {
      survivors: string[];
      unanswered: string[];
      falseReports: string[];
      isUnproven: boolean;
      deathMs: number | undefined;
    };

export interface Surroundings {
  /** Its own directory is made in this one. */
  folder: string;
  /** The program of tricks.c. */
  tricks: string | undefined;
  /** Undefined: the last death is not timed. */
  watch: LastDeathWatch | undefined;
}

/** The grace of a polite stop, and two seconds. */
const answerMs = 250 + 2000;

/** What is allowed where nothing is timed: on a busy machine, with several at once. A stop that hangs takes longer. */
const untimedMs = 15_000;

/** What a start may take: a supervisor that does not report is given up after 10 s, and killed. */
const startMs = 13_000;

export class StoppedAdversary {
  #output = "";
  readonly #said = Promise.withResolvers<void>();
  readonly #directory: string;

  constructor(
    private readonly jobs: Jobs,
    private readonly adversary: Adversary,
    private readonly cookie: string,
    private readonly around: Surroundings,
  ) {
    this.#directory = join(around.folder, `of-${cookie}`);
  }

  async stop(how: "polite" | "hard"): Promise<Stopped> {
    mkdirSync(this.#directory);
    try {
      const job = await Promise.race([this.#start(), Bun.sleep(startMs)]);
      if (!job) {
        await killAll(this.cookie);
        return { ...answer, unanswered: ["the start was not answered"] };
      }
      if (job === "refused") return { ...answer, survivors: await this.#survivors() };
      const lack = await this.#untilReady(job);
      if (lack === undefined) return await this.#stop(job, how);
      await job.stop("hard");
      return { lack };
    } catch (error) {
      await killAll(this.cookie);
      throw error;
    } finally {
      removeCgroups(this.cookie);
      rmSync(this.#directory, { recursive: true, force: true });
      rmSync(`/tmp/${this.cookie}`, { force: true });
    }
  }

  async #stop(job: Job, how: "polite" | "hard"): Promise<Stopped> {
    const waitMs = this.around.watch ? answerMs : untimedMs;
    const watched = await this.around.watch?.watch(this.cookie, answerMs + 2000);
    const stoppedAt = now();
    const end = await Promise.race([job.stop(how), Bun.sleep(waitMs)]);
    const living = commandProcessesOf(this.cookie);
    const judged = end
      ? this.#judge(end, living)
      : { ...answer, unanswered: [`no answer to a ${how} stop in ${waitMs} ms`] };
    const lastDeathAt = (await watched?.result)?.lastDeathAt;
    const deathMs = lastDeathAt && living.length === 0 ? lastDeathAt - stoppedAt : undefined;
    return { ...judged, survivors: await this.#survivors(), deathMs };
  }

  #judge(end: JobEnd, living: number[]) {
    const falseReports = endFaults(end, living, this.adversary);
    return { ...answer, falseReports, isUnproven: end.proof !== "proven" };
  }

  /** Killed now. The supervisor and bwrap are among them when they have not exited within 500 ms after all others. */
  async #survivors(): Promise<string[]> {
    let left = processesOf(this.cookie);
    const end = performance.now() + 500;
    while (
      left.length > 0 &&
      commandProcessesOf(this.cookie).length === 0 &&
      performance.now() < end
    ) {
      await Bun.sleep(5);
      left = processesOf(this.cookie);
    }
    const survivors = left.map(describe);
    if (left.length > 0) await killAll(this.cookie);
    return survivors;
  }

  /** "refused": it has ended its supervisor before that could report the start. */
  async #start(): Promise<Job | "refused"> {
    const { terminal, tampers } = this.adversary;
    const { tricks } = this.around;
    const request: JobRequest = {
      command: ["bash", "-c", this.adversary.script(this.cookie), this.cookie],
      cwd: this.#directory,
      owner: { sessionId: "adversary" },
      leftBehind: "keep",
      ...(tricks && { env: { TRICKS: tricks }, readable: [tricks] }),
      ...(terminal && { terminal: { columns: 80, rows: 24 } }),
      onOutput: (text) => {
        this.#output = `${this.#output}${text}`.slice(-1000);
        if (/ready|lacks/.test(this.#output)) this.#said.resolve();
      },
    };
    const job = this.jobs.open(request, new AbortController().signal);
    return tampers ? job.catch((): "refused" => "refused") : job;
  }

  /** Resolves with what the machine lacks, or with undefined when the adversary runs. */
  async #untilReady(job: Job): Promise<string | undefined> {
    const { name, afterExit, tampers } = this.adversary;
    await within(
      () => `“ready” of ${name}: ${this.#output}`,
      Promise.race([this.#said.promise, job.ended]),
    );
    const lack = /lacks (.*?)\r?\n/.exec(this.#output)?.[1];
    if (lack) return lack;
    if (!this.#output.includes("ready") && !tampers)
      throw new Error(`it has ended by itself: ${this.#output}`);
    if (afterExit) await within(`the exit of ${name}`, job.exited);
    let hasEnded = false;
    job.ended.then(() => (hasEnded = true)).catch(() => {});
    await until(() => hasEnded || commandProcessesOf(this.cookie).length > 0, `${name} to run`);
    return undefined;
  }
}

const answer = {
  survivors: [],
  unanswered: [],
  falseReports: [],
  isUnproven: false,
  deathMs: undefined,
};
