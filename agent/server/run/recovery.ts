/** At the start: paused runs are taken over, and those that a crash cut are settled and marked; nothing of them is lost. */
import { isOutcome, weakestProof } from "../../shared/protocol";
import { defined } from "../../shared/defined";
import type { Message, Pause, Receipt, Run, Stop } from "../../shared/protocol";
import { activeRun, findRun } from "../../shared/session-lookup";
import { newId } from "../id";
import { log } from "../log";
import type { LiveSession } from "../session/live-session";
import type { JobProcess, SweptJob } from "../processes/jobs";
import type { SessionRegistry } from "../session/session-registry";
import { keepQueue } from "../session/message-queue";
import { toolCallsOf } from "../../shared/message-parts";
import { logSettledAfterCrash, logTakenOver } from "./run-log";
import { makeReceipt, reached, reportOfCrash, shortened } from "./run-receipt";
import { workAtStop } from "./work-at-stop";
import type { RunParts } from "./run-types";
import { workSoFar } from "../agent/subagent-tool";
import { notYet } from "../undo/change-summary";

/** Names a run. */
export interface RunNames {
  sessionId: string;
  runId: string;
}

/** A session, in memory or only for the moment in which a run of it is settled. */
export type SettledSession = Pick<LiveSession, "session" | "emit" | "endAnswers">;

type TakeOver = (live: LiveSession, run: Run, pause: Pause) => void;

/**
 * Lets `takeOver` go on with paused runs, and settles the others. What this start ends of their processes is added to their
 * receipts, as soon as it is known; also to those that other machines have settled meanwhile.
 */
export function recoverRuns(
  { sessions, jobs, engines }: Pick<RunParts, "sessions" | "jobs" | "engines">,
  takeOver: TakeOver,
  settledByOthers: readonly RunNames[] = [],
): void {
  const cut = [...settledByOthers];
  for (const live of sessions.unsettled()) {
    const run = activeRun(live.session);
    if (run === undefined) continue;
    const names = { sessionId: live.session.id, runId: run.id };
    try {
      recoverRun(live, run, engines, takeOver);
      cut.push(names);
    } catch (err) {
      // One session must not keep the others from being served.
      log.error({ err, ...names }, "A run of an earlier server could not be settled");
    }
  }
  jobs.swept
    .then((swept) => recoverReceipts(sessions, cut, swept))
    .catch((err: unknown) => log.error({ err }, "The receipts of a crash could not be completed"));
}

function recoverRun(
  live: LiveSession,
  run: Run,
  engines: RunParts["engines"],
  takeOver: TakeOver,
): void {
  if (run.pause !== undefined && isLeftPaused(run, live.session)) {
    takeOver(live, run, run.pause);
    logTakenOver(live.session, run);
  } else {
    settleAfterCrash(live, run, engines);
    logSettledAfterCrash(live.session, run);
  }
}

/**
 * Nothing of the run works: its server continues it when it is back. But an engine has ended with its server, in the middle
 * of its turn.
 */
export function isLeftPaused(
  run: { pause?: { state?: string } },
  session: { engine?: unknown },
): boolean {
  return run.pause?.state === "paused" && session.engine === undefined;
}

/**
 * Settles a run of an earlier server as stopped by the crash, with everything that was open in it. Its queue is kept. One
 * that the earlier server was stopping because it shut down keeps that reason: the end was asked for. `unreached`: the
 * machine of that server, where this is another one.
 */
export function settleAfterCrash(
  live: SettledSession,
  run: Run,
  engines: RunParts["engines"],
  unreached?: string,
): void {
  const by = run.stop?.by === "shutdown" ? "shutdown" : "crash";
  const stop: Stop = { by, from: "server", askedAt: Date.now() };
  const work = workAtStop(live.session, run);
  keepQueue(live);
  live.emit({ type: "run-stopping", runId: run.id, stop: { ...stop, point: work.point } });
  openMessage(live, run);
  for (const message of live.session.messages) {
    if (message.runId !== run.id) continue;
    for (const call of toolCallsOf(message))
      for (const inner of call.subagent?.messages ?? []) closeMessage(live, inner, stop, call.id);
    closeMessage(live, message, stop);
  }
  const report = reportOfCrash(live.session, run, work, engines);
  const made = makeReceipt(live.session, run, work, [], report);
  const receipt = unreached === undefined ? made : unseenReceipt(made, unreached);
  const end = { outcome: "stopped" as const, usage: run.usage, receipt, changes: notYet };
  live.emit({ type: "run-end", runId: run.id, at: Date.now(), ...end });
}

/**
 * Adds to the receipts of runs that a crash cut what this start has ended of them. `cut`: the ids of those that this start
 * has settled; others were by a start that was cut too.
 */
function recoverReceipts(sessions: SessionRegistry, cut: RunNames[], swept: SweptJob[]): void {
  const isUnknown = swept.some(({ owner, proof }) => owner === undefined && proof === "unseen");
  const ofRuns = swept.map((job) => ({ job, names: runOf(job, cut) }));
  const named = ofRuns.flatMap(({ names }) => names ?? []);
  const runs = new Map([...cut, ...named].map((names) => [names.runId, names]));
  for (const { sessionId, runId } of runs.values()) {
    const live = sessions.getReadable(sessionId);
    const run = live && findRun(live.session, runId);
    const isCut = cut.some((one) => one.runId === runId) || run?.stop?.by === "crash";
    if (!live || !run?.receipt || !isCut) continue;
    const jobs = ofRuns.flatMap(({ job, names }) => (names?.runId === runId ? job : []));
    // Which run the entry that could not be read was of is not known: of one that had called a tool.
    const isUnseen = isUnknown && run.receipt.toolCalls.length > 0;
    const isUnreached = run.receipt.unreached !== undefined;
    if (jobs.length === 0 && !isUnseen && !isUnreached) continue;
    const receipt = withJobs(reached(run.receipt), jobs, isUnseen);
    live.emit({ type: "run-receipt", runId, receipt });
  }
}

/** An engine's job outlives runs: it is of the one of its session that was cut. */
function runOf({ owner, isEngine }: SweptJob, cut: RunNames[]): RunNames | undefined {
  if (owner === undefined) return undefined;
  const { sessionId, runId } = owner;
  if (runId !== undefined) return { sessionId, runId };
  return isEngine && cut.find((one) => one.sessionId === sessionId);
}

function withJobs(receipt: Receipt, jobs: SweptJob[], isUnseen: boolean): Receipt {
  const ended = jobs.flatMap((job) => job.ended);
  const { engine } = receipt;
  const owned = new Set(jobs.flatMap((job) => job.own ?? []));
  const [own, others] = [
    ended.filter(({ pid }) => owned.has(pid)),
    ended.filter(({ pid }) => !owned.has(pid)),
  ];
  const survivors = jobs.flatMap((job) => job.survivors);
  const isNew = ({ pid }: JobProcess) => ![...ended, ...survivors].some((one) => one.pid === pid);
  const proofs = jobs.map(({ proof }) => proof);
  return {
    ...receipt,
    toolCalls: receipt.toolCalls.map((call) => {
      const own = jobs.filter(({ owner }) => owner?.toolCallId === call.id);
      return {
        ...call,
        ...defined({ proof: weakestProof(own.map(({ proof }) => proof)) ?? call.proof }),
      };
    }),
    ...(receipt.hooks && {
      hooks: receipt.hooks.map((hook) => {
        const own = jobs.filter(({ owner }) => owner?.hookId === hook.id);
        return {
          ...hook,
          ...defined({ proof: weakestProof(own.map(({ proof }) => proof)) ?? hook.proof }),
        };
      }),
    }),
    ...(engine && {
      engine: { ...engine, processes: [...engine.processes, ...own.map(shortened)] },
    }),
    processes: [...receipt.processes, ...others],
    survivors: [...receipt.survivors.filter(isNew), ...survivors],
    ...defined({ proof: weakestProof(isUnseen ? [...proofs, "unseen"] : proofs) }),
  };
}

/** Of a run whose machine was not reached: any call that had begun may have left a process there. */
function unseenReceipt(receipt: Receipt, unreached: string): Receipt {
  const hasBegun = receipt.toolCalls.some(({ outcome }) => outcome !== "never-started");
  return { ...receipt, unreached, ...(hasBegun && { proof: "unseen" }) };
}

/** Between two answers there is none to mark: then the mark gets a message of its own, as with any other stop. */
function openMessage(live: SettledSession, { id: runId }: Run): void {
  const { session } = live;
  // An empty session needs no mark, and no service accepts a conversation that begins with one.
  if (session.messages.length === 0) return;
  const last = session.messages.findLast((message) => message.runId === runId);
  if (last?.role === "assistant" && last.outcome === undefined) return;
  const { provider, model } = session;
  const empty = { id: newId(), runId, role: "assistant" as const, parts: [] };
  live.emit({
    type: "message-start",
    message: { ...empty, createdAt: Date.now(), provider, model },
  });
}

/** Ends what is open in a message that a server has cut, and marks it. */
export function closeMessage(
  live: SettledSession,
  message: Message,
  stop: Stop,
  agentId?: string,
): void {
  if (message.outcome) return;
  const at = { messageId: message.id, ...defined({ agentId }) };
  const end = { at: stop.askedAt, outcome: "stopped" as const, stop };
  for (const call of toolCallsOf(message)) {
    if (isOutcome(call.state)) continue;
    const part = { ...at, partId: call.id };
    const delta = call.output === "" ? workSoFar(call.subagent?.messages ?? []) : "";
    if (delta !== "") live.emit({ type: "part-delta", ...part, field: "output", delta });
    // Its effect had happened: only what followed it was cut.
    const isDone = call.doneAt !== undefined;
    live.emit({ type: "tool-end", ...part, ...(isDone ? { at: end.at, outcome: "done" } : end) });
  }
  if (message.role === "user") return;
  live.emit({ type: "part-start", ...at, part: { type: "interruption", id: newId(), stop } });
  const { usage } = message;
  live.emit({ type: "message-end", ...at, outcome: "stopped", ...defined({ usage }) });
}
