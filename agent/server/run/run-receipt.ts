/** The receipt: what a run did, and what a stop ended of it. */
import { defined } from "../../shared/defined";
import { stateOf, subjectOf, toolCallsOf } from "../../shared/message-parts";
import { isOutcome, weakestProof } from "../../shared/protocol";
import type {
  EndedProcess,
  Message,
  Receipt,
  ReceiptEngine,
  ReceiptSubagent,
  ReceiptToolCall,
  Run,
  Session,
  ToolCallPart,
} from "../../shared/protocol";
import { ellipsized } from "../../shared/truncate";
import type { TurnReport } from "../agent/engine-turn-types";
import type { EndedJob } from "../agent/tool-runner";
import { messagesOfRun } from "./run-messages";
import type { RunParts } from "./run-types";
import { subjectLine, type WorkAtStop } from "./work-at-stop";

/**
 * The receipt of a run of which nothing lives any more. `work`: when it was stopped. `report`: of its engine, if it had one.
 * `ofSubagents`: of the engines of its subagents, by the ids of their calls.
 */
export function makeReceipt(
  session: Session,
  run: Run,
  work: WorkAtStop | undefined,
  jobs: EndedJob[],
  report?: TurnReport,
  ofSubagents: ReadonlyMap<string, TurnReport> = new Map(),
): Receipt {
  const { stop } = run;
  const all = messagesOfRun(session, run.id);
  // A stop may come before its run does.
  const askedAt = stop && Math.max(stop.askedAt, run.startedAt);
  const after = (at: number) => Math.max(0, at - (askedAt ?? at));
  const calls = report || session.engine ? (report?.modelCalls ?? unseen) : ownCalls(all, work);
  const shown = shortly(all.flatMap(({ message }) => toolCallsOf(message)));
  const ended = (of: EndedJob[], areOwn: boolean) =>
    of.flatMap((job) =>
      job.ended.flatMap(({ pid, command }) =>
        isEngineOwn(job, pid, report) === areOwn
          ? { pid, command: shown(command), ...(stop && { endedMs: after(job.at) }) }
          : [],
      ),
    );
  const ownOf = (toolCallId: string | undefined) =>
    ended(
      jobs.filter((job) => job.toolCallId === toolCallId),
      true,
    );
  return {
    ...(stop && { stop }),
    ...defined({ during: work?.during }),
    settledMs: after(Date.now()),
    modelCalls: calls.made,
    modelCallsClosed: calls.closed,
    ...(calls.closedAt !== undefined && { modelClosedMs: after(calls.closedAt) }),
    toolCalls: all.flatMap(({ message, subagentId }) =>
      toolCallsOf(message).map((call) => toolCallOf(call, subagentId, jobs)),
    ),
    ...(report && { engine: engineOf(report, ownOf(undefined)) }),
    processes: ended(jobs, false),
    survivors: jobs.flatMap(({ survivors }) => survivors),
    ...defined({ proof: weakestProof(jobs.map(({ proof }) => proof)) }),
    ...(stop && keptOf(session, run)),
    ...hooksOf(all, jobs),
    subagents: all.flatMap(({ message }) =>
      toolCallsOf(message).flatMap((call) => subagentOf(call, ofSubagents.get(call.id), ownOf)),
    ),
    usage: run.usage,
  };
}

/** On the machine of the run: what others have not seen is looked at now. */
export function reached({ unreached, ...receipt }: Receipt): Receipt {
  if (unreached !== undefined) delete receipt.proof;
  return receipt;
}

/** A receipt that others have made, with what only the run's own machine knows of its processes. */
export function withOwnEnd(receipt: Receipt, own: Receipt): Receipt {
  const settled = reached(receipt);
  const { processes, survivors, proof, kept, hooks, engine } = own;
  return {
    ...settled,
    toolCalls: settled.toolCalls.map((call) => {
      const known = own.toolCalls.find(({ id }) => id === call.id)?.proof;
      return { ...call, ...defined({ proof: known }) };
    }),
    processes,
    survivors,
    ...defined({ proof, kept, hooks, engine }),
  };
}

/** Of its engine when it was stopped: else that has ended with it, like any program that is done. */
function subagentOf(
  { id, state, subagent }: ToolCallPart,
  report: TurnReport | undefined,
  ownOf: (toolCallId: string) => EndedProcess[],
): ReceiptSubagent[] {
  if (subagent === undefined) return [];
  const { title, messages, usage } = subagent;
  const outcome = isOutcome(state) ? state : "stopped";
  const engine = report && outcome === "stopped" ? engineOf(report, ownOf(id)) : undefined;
  const toolCalls = messages.flatMap(toolCallsOf).length;
  return [{ id, title, outcome, toolCalls, usage, ...defined({ engine }) }];
}

/** An engine runs a command in a shell with much of its own around it: what the model wrote says all that people need. */
function shortly(calls: ToolCallPart[]): (command: string) => string {
  const written = calls.flatMap((call) => (call.kind === "execute" ? (subjectOf(call) ?? []) : []));
  return (command) => {
    const quoted = command.replaceAll(/'\\''|'"'"'/g, "'");
    const own = written.find((one) => [command, quoted].some((line) => line.includes(one)));
    if (own === undefined || command.length - own.length < maxAround) return command;
    return `${command.split(" ", 1)[0]} … ${own}`;
  };
}

/** Of an engine, not of the user's commands. */
function isEngineOwn(job: EndedJob, pid: number, report: TurnReport | undefined): boolean {
  const isKnown = job.toolCallId !== undefined || report !== undefined;
  return isKnown && job.engineOwn?.includes(pid) === true;
}

/** An engine that uses its own log-in tells nothing of its requests. */
const unseen: NonNullable<TurnReport["modelCalls"]> = { made: 0, closed: 0 };

/** Of Rein's own loop: a request for each answer. */
function ownCalls(
  all: { message: Message }[],
  work: WorkAtStop | undefined,
): NonNullable<TurnReport["modelCalls"]> {
  return {
    made: all.filter(({ message }) => message.role === "assistant" && !isMarkAlone(message)).length,
    closed: work?.modelCallsOpen ?? 0,
    ...defined({ closedAt: work?.modelClosedAt }),
  };
}

/** It only marks a stop that came before anything was sent for it. */
function isMarkAlone({ outcome, parts, usage }: Message): boolean {
  const isSent = usage !== undefined && usage.inputTokens > 0;
  return outcome === "stopped" && !isSent && parts.every(({ type }) => type === "interruption");
}

/** Of a run that its server could not see the end of: each answer that had begun is a request at least. */
export function reportOfCrash(
  session: Session,
  run: Run,
  work: WorkAtStop,
  engines: RunParts["engines"],
): TurnReport | undefined {
  if (session.engine === undefined) return undefined;
  const { id } = session.engine;
  const name = engines.find(id)?.name ?? session.engine.name ?? id;
  if (session.provider === id) return { id, name, connection: "engine" };
  const modelCalls = ownCalls(messagesOfRun(session, run.id), work);
  return { id, name, connection: "rein", modelCalls };
}

/** `own`: its processes. */
function engineOf(
  { id, name, idleMs, waited, connection }: TurnReport,
  own: EndedProcess[],
): ReceiptEngine {
  const processes = own.map(shortened);
  return { id, name, processes, connection, ...defined({ idleMs, waited }) };
}

/** Of an engine's own command the beginning says all that people need; options follow. */
export function shortened(one: EndedProcess): EndedProcess {
  return { ...one, command: ellipsized(one.command, maxProgram) };
}

const maxOutput = 200;
const maxProgram = 80;
/** More than this around a command is left out. */
const maxAround = 100;

function toolCallOf(
  call: ToolCallPart,
  subagentId: string | undefined,
  jobs: EndedJob[],
): ReceiptToolCall {
  const state = stateOf(call);
  const outcome = state === "denied" || isOutcome(state) ? state : "stopped";
  const own = jobs.filter(({ toolCallId }) => toolCallId === call.id);
  return {
    id: call.id,
    name: call.name,
    ...defined({ kind: call.kind }),
    subject: subjectLine(call),
    outcome: call.startedAt === undefined && outcome === "stopped" ? "never-started" : outcome,
    output: lastLines(call.output),
    ...defined({ told: call.told, subagentId, proof: weakestProof(own.map((job) => job.proof)) }),
  };
}

/** The hooks around its tools, its subagents' included. */
function hooksOf(all: { message: Message }[], jobs: EndedJob[]): Pick<Receipt, "hooks"> {
  const records = all.flatMap(({ message }) =>
    toolCallsOf(message).flatMap(({ hooks = [] }) => hooks),
  );
  const hooks = records.map(({ id, name, on, outcome = "stopped" }) => {
    const own = jobs.filter((job) => job.hookId === id);
    return {
      id,
      name,
      on,
      outcome,
      ...defined({ proof: weakestProof(own.map((job) => job.proof)) }),
    };
  });
  return hooks.length === 0 ? {} : { hooks };
}

/** The pinned background processes that a stop has left running. */
function keptOf({ processes = [] }: Session, run: Run): Pick<Receipt, "kept"> {
  const kept = processes.filter(
    ({ runId, pinned, state }) => runId === run.id && pinned && state === "running",
  );
  return kept.length === 0 ? {} : { kept: kept.map(({ pid, command }) => ({ pid, command })) };
}

/** As many whole lines from the end as fit; of a longer line its end. */
function lastLines(output: string): string {
  const whole = output.trimEnd();
  if (whole.length <= maxOutput) return whole;
  const end = whole.slice(-maxOutput);
  const from = whole.at(-maxOutput - 1) === "\n" ? 0 : end.indexOf("\n") + 1;
  return `…${from === 0 ? "" : "\n"}${end.slice(from)}`;
}
