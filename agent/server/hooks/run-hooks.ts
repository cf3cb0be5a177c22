/** Commands of the person that run once a run has ended: they delay nothing, and the next stop ends them. */
import type { Hook, HookRecord, Outcome, Permissions, Receipt, Stop } from "../../shared/protocol";
import { log } from "../log";
import type { Jobs } from "../processes/jobs";
import { hookInput } from "./hook-input";
import { runHook } from "./run-hook";

export interface RunHooksParts {
  jobs: Pick<Jobs, "run" | "list">;
  /** Those of the settings. */
  hooks: () => readonly Hook[];
}

export interface EndedRun {
  sessionId: string;
  runId: string;
  cwd: string;
  permissions: Permissions;
  outcome: Outcome;
  receipt: Receipt | undefined;
  /** Says that one has begun, or how it has ended. The session may be gone by then. */
  record(hook: HookRecord): void;
}

/** Whose hooks a stop ends: absent is any. */
export interface StoppedHooks {
  sessionId?: string | undefined;
  runId?: string | undefined;
}

interface OpenHooks {
  sessionId: string;
  runId: string;
  controller: AbortController;
  /** Never rejects. */
  settled: Promise<void>;
}

const mostSeconds = 30;

export class RunHooks {
  readonly #parts: RunHooksParts;
  readonly #open = new Set<OpenHooks>();

  constructor(parts: RunHooksParts) {
    this.#parts = parts;
  }

  /** To be called in the tick of a run's end: begins those that are for it. Never waits, never throws. */
  start(run: EndedRun): void {
    const { sessionId, runId, outcome } = run;
    const isFor = ({ on }: Hook) => on === "end" || (on === "stop" && outcome === "stopped");
    const hooks = this.#parts.hooks().filter((hook) => hook.isOn && isFor(hook));
    if (hooks.length === 0) return;
    const controller = new AbortController();
    const settled = Promise.all(hooks.map((hook) => this.#run(hook, run, controller.signal)))
      .catch((err: unknown) => log.error({ err, sessionId, runId }, "A hook after a run failed"))
      .then(() => void this.#open.delete(open));
    const open: OpenHooks = { sessionId, runId, controller, settled };
    this.#open.add(open);
  }

  /**
   * Stops them; those that another stop has reached before, or all of them when it is hard, get no time to clean up. Resolves when
   * none of their processes lives, with the number of runs whose hooks they were; never rejects.
   */
  async stop(of: StoppedHooks, stop: Stop, isHard = false): Promise<number> {
    const stopped = [...this.#open].filter(
      ({ sessionId, runId }) =>
        (of.sessionId ?? sessionId) === sessionId && (of.runId ?? runId) === runId,
    );
    await Promise.all(
      stopped.map(async (open) => {
        const { signal } = open.controller;
        if (isHard || (signal.aborted && signal.reason !== stop)) this.#stopHard(open);
        open.controller.abort(stop);
        await open.settled;
      }),
    );
    return stopped.length;
  }

  #stopHard({ sessionId, runId }: OpenHooks): void {
    for (const job of this.#parts.jobs.list({ sessionId, runId }))
      if (job.owner.hookId !== undefined)
        job.stop("hard").catch((err: unknown) => log.error({ err }, "A hook could not be stopped"));
  }

  async #run(hook: Hook, run: EndedRun, signal: AbortSignal): Promise<void> {
    const { sessionId, runId, cwd, outcome, receipt } = run;
    const about = { stop_hook_active: false };
    const input = hookInput(run, hook.on, about, { on: hook.on, runId, outcome, receipt });
    const { jobs } = this.#parts;
    const owner = { sessionId, runId };
    const record = async (_type: string, one: HookRecord) => run.record(one);
    await runHook({ hook, jobs, owner, cwd, input, mostSeconds, record }, signal);
  }
}
