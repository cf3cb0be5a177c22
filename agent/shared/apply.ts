/** The reducer: the only code that turns events into a session's state, on the server and in every client. */
import {
  addUsage,
  type BackgroundProcess,
  type EarlierMessages,
  type EventBody,
  isOutcome,
  type Message,
  type Part,
  type Run,
  type Session,
  type SessionEvent,
  type ToolCallPart,
} from "./protocol";

/**
 * Changes `session` by one event, in place (so that it can be handed a Solid store's draft).
 * An event that was applied before (by its `seq`) changes nothing; a `snapshot` replaces everything.
 * An event that names something missing changes only `seq`: a client that missed an event can still draw the session.
 */
export function apply(session: Session, event: SessionEvent): void {
  if (event.type === "snapshot") {
    for (const key of Object.keys(session) as (keyof Session)[])
      if (!(key in event.session)) Reflect.deleteProperty(session, key);
    Object.assign(session, event.session);
    session.seq = event.seq;
    return;
  }
  if (event.seq <= session.seq) return;
  session.seq = event.seq;
  applyBody(session, event);
}

/** Puts earlier messages in front of those that a page has; changes nothing when they no longer fit there. */
export function applyEarlier(session: Session, page: EarlierMessages): void {
  if (session.messages[0]?.id !== page.before) return;
  session.messages.unshift(...page.messages);
  const known = new Set(session.runs.map(({ id }) => id));
  session.runs.unshift(...page.runs.filter(({ id }) => !known.has(id)));
  if (page.earlier > 0) session.earlier = page.earlier;
  else delete session.earlier;
}

function applyBody(session: Session, event: Exclude<EventBody, { type: "snapshot" }>): void {
  switch (event.type) {
    case "session-update":
      Object.assign(session, event.patch);
      session.updatedAt = event.at;
      return;
    case "run-start":
      session.runs.push(event.run);
      session.updatedAt = event.run.startedAt;
      return;
    case "queue-change":
      session.queue = event.queue;
      return;
    case "run-pause":
    case "run-near":
    case "run-stall":
    case "run-unpriced":
    case "run-stopping":
    case "run-end":
    case "run-changes":
    case "run-receipt":
      return applyToRun(session, event);
    case "retry-start":
    case "retry-end": {
      const holder =
        event.agentId === undefined
          ? findRun(session, event.runId)
          : findToolCall(session, event.agentId)?.subagent;
      if (holder === undefined) return;
      if (event.type === "retry-start") holder.retry = event.retry;
      else delete holder.retry;
      return;
    }
    case "process-start":
    case "process-update":
    case "process-end":
      return applyToProcesses(session, event);
    case "message-start":
      messagesOf(session, event.agentId)?.push(event.message);
      return;
    case "message-end": {
      const message = findMessage(session, event);
      if (message === undefined) return;
      message.outcome = event.outcome;
      if (event.error) message.error = event.error;
      if (event.usage) countUsage(session, event.agentId, message, event.usage);
      if (event.context) session.context = event.context;
      return;
    }
    case "summary-undo": {
      const message = findMessage(session, event);
      if (message?.summary) message.summary.undoneAt = event.at;
      if (event.context) session.context = event.context;
      return;
    }
    case "history-refused": {
      const message = findMessage(session, event);
      if (message !== undefined)
        message[event.only === "files" ? "withoutFiles" : "plainHistory"] = event.error;
      return;
    }
    case "part-start":
      findMessage(session, event)?.parts.push(event.part);
      return;
    default: {
      const message = findMessage(session, event);
      const part = message?.parts.findLast((p) => p.id === event.partId);
      if (message === undefined || part === undefined) return;
      const wasWaiting = isWaiting(part);
      applyToPart(part, event);
      if (wasWaiting || isWaiting(part)) showWaiting(session, message.runId);
    }
  }
}

type RunEvent = Extract<
  EventBody,
  {
    type: `run-${"pause" | "near" | "stall" | "unpriced" | "stopping" | "end" | "changes" | "receipt"}`;
  }
>;

function applyToRun(session: Session, event: RunEvent): void {
  const run = findRun(session, event.runId);
  if (run === undefined) return;
  if (event.type === "run-changes") {
    run.changes = event.changes;
    return;
  }
  if (event.type === "run-receipt") {
    run.receipt = event.receipt;
    return;
  }
  if (run.state === "settled") return;
  switch (event.type) {
    case "run-pause":
      if (event.heldMs !== undefined) run.heldMs = event.heldMs;
      if (event.more !== undefined) run.more = event.more;
      if (event.pause === undefined) delete run.pause;
      else if (run.state !== "stopping") run.pause = event.pause;
      return;
    case "run-near":
      if (event.near === undefined) delete run.near;
      else run.near = event.near;
      return;
    case "run-stall":
      if (event.stall === undefined) delete run.stall;
      else if (run.state !== "stopping") run.stall = event.stall;
      return;
    case "run-unpriced": {
      const { provider, model, usdPerMillion } = event;
      run.unpriced = [...(run.unpriced ?? []), { provider, model, usdPerMillion }];
      return;
    }
    case "run-stopping":
      delete run.stall;
      run.state = "stopping";
      delete run.pause;
      run.stop ??= event.stop;
      return;
    case "run-end":
      run.state = "settled";
      run.outcome = event.outcome;
      run.endedAt = event.at;
      run.usage = event.usage;
      if (event.error) run.error = event.error;
      if (event.receipt) run.receipt = event.receipt;
      if (event.changes) run.changes = event.changes;
      delete run.retry;
      delete run.pause;
      delete run.near;
      delete run.stall;
      session.updatedAt = event.at;
  }
}

export type ProcessEvent = Extract<
  EventBody,
  { type: "process-start" | "process-update" | "process-end" }
>;

/** Of ended processes only the newest are kept. */
const maxEndedProcesses = 20;

function applyToProcesses(session: Session, event: ProcessEvent): void {
  session.processes ??= [];
  if (event.type === "process-start") {
    session.processes.push(event.process);
    const ended = session.processes.filter((process) => !isLiving(process));
    const dropped = new Set(ended.slice(0, -maxEndedProcesses));
    session.processes = session.processes.filter((process) => !dropped.has(process));
    return;
  }
  const process = session.processes.find(({ id }) => id === event.processId);
  if (process !== undefined) applyToProcess(process, event);
}

/** Changes one background process by an event of its own. */
export function applyToProcess(
  process: BackgroundProcess,
  event: Exclude<ProcessEvent, { type: "process-start" }>,
): void {
  if (event.type === "process-update") {
    Object.assign(process, event.patch);
    return;
  }
  const { type: _type, processId: _processId, outcome, ...end } = event;
  delete process.survivors;
  Object.assign(process, { ...end, state: outcome });
}

/** It runs, or some of its processes survived a stop. */
export function isLiving(process: BackgroundProcess): boolean {
  return !isOutcome(process.state) || (process.survivors?.length ?? 0) > 0;
}

/** A run waits as long as one of its calls does, its subagents' calls included. */
function showWaiting(session: Session, runId: string): void {
  const run = findRun(session, runId);
  if (run === undefined || run.state === "stopping" || run.state === "settled") return;
  const parts = session.messages.flatMap((message) =>
    message.runId === runId ? message.parts : [],
  );
  const inner = parts.flatMap((part) => (part.type === "tool-call" ? innerParts(part) : []));
  run.state = parts.some(isWaiting) || inner.some(isWaiting) ? "waiting" : "running";
}

function innerParts({ subagent }: ToolCallPart): Part[] {
  return subagent?.messages.flatMap(({ parts }) => parts) ?? [];
}

function isWaiting(part: Part): boolean {
  return part.type === "tool-call" && part.state === "waiting";
}

type PartEvent = Extract<EventBody, { partId: string }>;

function applyToPart(part: Part, event: PartEvent): void {
  if (part.type === "tool-call") return applyToToolCall(part, event);
  if (part.type === "interruption" || part.type === "file") return;
  if (event.type === "part-delta") part.text += event.delta;
  if (event.type === "part-end") {
    if (part.type === "reasoning") part.endedAt = event.at;
    if (event.meta) part.meta = event.meta;
  }
}

function applyToToolCall(part: ToolCallPart, event: PartEvent): void {
  switch (event.type) {
    case "part-delta":
      if (event.field === "input") part.inputText += event.delta;
      else part.output += event.delta;
      return;
    case "part-end":
      part.state = "pending";
      if (event.input !== undefined) part.input = event.input;
      if (event.meta) part.meta = event.meta;
      return;
    case "approval-request":
      part.state = "waiting";
      part.approval = event.approval;
      return;
    case "approval-reply":
      part.state = "pending";
      if (part.approval) part.approval.reply = event.reply;
      return;
    case "tool-start":
      part.state = "running";
      part.startedAt = event.at;
      return;
    case "subagent-start":
      part.subagent = event.subagent;
      return;
    case "subagent-end":
      if (part.subagent) delete part.subagent.retry;
      return;
    case "tool-end":
      part.state = event.outcome;
      part.endedAt = event.at;
      if (event.diff !== undefined) part.diff = event.diff;
      if (event.files !== undefined) part.files = event.files;
      if (event.error !== undefined) part.error = event.error;
      if (event.stop) part.stop = event.stop;
  }
}

function countUsage(
  session: Session,
  agentId: string | undefined,
  message: Message,
  usage: NonNullable<Message["usage"]>,
): void {
  message.usage = usage;
  session.usage = addUsage(session.usage, usage);
  const run = findRun(session, message.runId);
  if (run) run.usage = addUsage(run.usage, usage);
  const subagent = agentId === undefined ? undefined : findToolCall(session, agentId)?.subagent;
  if (subagent) subagent.usage = addUsage(subagent.usage, usage);
}

/** The tool call with this part id among the session's own messages (a subagent has no subagents), newest first. */
export function findToolCall(session: Session, id: string): ToolCallPart | undefined {
  for (let i = session.messages.length - 1; i >= 0; i--) {
    const part = session.messages[i]!.parts.find((p) => p.id === id);
    if (part?.type === "tool-call") return part;
  }
  return undefined;
}

export function findRun(session: Session, id: string): Run | undefined {
  return session.runs.findLast((run) => run.id === id);
}

/** The run that has not settled yet, if there is one. */
export function activeRun(session: Session): Run | undefined {
  const last = session.runs.at(-1);
  return last && last.state !== "settled" ? last : undefined;
}

function messagesOf(session: Session, agentId: string | undefined): Message[] | undefined {
  return agentId === undefined
    ? session.messages
    : findToolCall(session, agentId)?.subagent?.messages;
}

export function findMessage(
  session: Session,
  event: { agentId?: string; messageId: string },
): Message | undefined {
  return messagesOf(session, event.agentId)?.findLast((m) => m.id === event.messageId);
}
