/** The invariants of a session: they hold after every event, on the server and in every viewer. */
import { isOutcome } from "../../shared/protocol";
import type { Message, Run, Session, ToolCallPart } from "../../shared/protocol";

/** The violated invariants, as sentences. Empty after any prefix of any run. */
export function violationsOf(session: Session): string[] {
  const messages = allMessages(session.messages);
  const ids = [...messages, ...messages.flatMap(({ parts }) => parts)].map(({ id }) => id);
  const faults = [
    ...session.runs.flatMap((run, at) => faultsOfRun(run, at === session.runs.length - 1)),
    ...messages.flatMap((message) => faultsOfMessage(message, session.runs)),
  ];
  const isIdle = session.runs.every(({ state }) => state === "settled");
  if (isIdle && session.todo?.entries.some(({ state }) => state === "in_progress"))
    faults.push("nothing runs, and an entry of the to-do list is under way");
  if (new Set(ids).size !== ids.length) faults.push("two messages or parts have one id");
  if (!Bun.deepEquals(JSON.parse(JSON.stringify(session)), session, true))
    faults.push("the session does not survive JSON");
  return faults;
}

/** Messages of subagents too, each after the message with its call. */
export function allMessages(messages: Message[]): Message[] {
  return messages.flatMap((one) => [
    one,
    ...callsOf(one).flatMap((call) => allMessages(call.subagent?.messages ?? [])),
  ]);
}

function faultsOfRun(run: Run, isLast: boolean): string[] {
  const faults: string[] = [];
  const settled = run.state === "settled";
  if (!settled && !isLast) faults.push("a run is open before the last one");
  if (settled !== (run.outcome !== undefined)) faults.push("a run is settled without an outcome");
  if (run.outcome === "stopped" && run.stop === undefined) faults.push("stopped without a stop");
  if (run.state === "stopping" && run.stop === undefined) faults.push("stopping without a stop");
  if (settled && run.retry) faults.push("a settled run waits to try again");
  return faults;
}

function faultsOfMessage(message: Message, runs: Run[]): string[] {
  const run = runs.find(({ id }) => id === message.runId);
  if (run === undefined) return ["a message belongs to no run"];
  const faults = callsOf(message).flatMap(faultsOfCall);
  if (message.role === "user") {
    const isOpen = callsOf(message).some(({ state }) => !isOutcome(state));
    if (isOpen && run.state === "settled") faults.push("a line of a settled run is open");
    if (callsOf(message).some(({ asked }) => !asked)) faults.push("a call of nobody’s");
    return faults;
  }
  // A message that a pause or a failure has cut may be stopped afterwards.
  const interruptions = message.parts.filter((part) => part.type === "interruption");
  const marks = interruptions.filter(({ stop }) => stop && stop.by !== "pause").length;
  const cuts = interruptions.length - marks;
  const isOpen = message.outcome === undefined;
  if (run.state === "settled" && isOpen) faults.push("a message of a settled run is open");
  if (!isOpen && callsOf(message).some(({ state }) => !isOutcome(state)))
    faults.push("a message has ended, a call in it has not");
  if (marks > (message.outcome === "stopped" || isOpen ? 1 : 0)) faults.push("a mark too many");
  if (cuts > 1) faults.push("a message was cut twice");
  if (message.outcome === "stopped" && marks + cuts === 0)
    faults.push("a stopped message has no mark");
  return faults;
}

function faultsOfCall(call: ToolCallPart): string[] {
  const faults: string[] = [];
  if ((call.state === "running" || call.state === "done") && call.startedAt === undefined)
    faults.push(`a call is ${call.state} and never started`);
  if (isOutcome(call.state) !== (call.endedAt !== undefined))
    faults.push(`a call is ${call.state} and ended at ${call.endedAt}`);
  if ((call.state === "stopped") !== (call.stop !== undefined))
    faults.push(`a call is ${call.state}, stopped by ${call.stop?.by}`);
  if (isOutcome(call.state) && call.hooks?.some(({ endedAt }) => endedAt === undefined))
    faults.push("a call has ended, and a hook of it has not");
  if (call.doneAt !== undefined && (call.state === "failed" || call.state === "stopped"))
    faults.push(`the effect of a call has happened, and it is ${call.state}`);
  if (call.state === "waiting" && call.approval === undefined)
    faults.push("a call waits for nothing");
  return faults;
}

function callsOf(message: Message): ToolCallPart[] {
  return message.parts.filter((part) => part.type === "tool-call");
}
