/** One tool call from its input to its end: validated, allowed, run, and always ended. */
import type { EventBody, Session, ToolCallPart } from "../../shared/protocol";
import { z } from "zod";
import type { MessageName, Send } from "./turn-types";
import { type Approvals, permits } from "./approvals";
import type { PauseGate } from "./pause-gate";
import { newId } from "../id";
import { log } from "../log";
import { defined } from "../../shared/defined";
import type { JobEnd, Jobs } from "../processes/jobs";
import { type Scopes, stopReason } from "../abort";
import { type PermissionRequest, type Tool, type ToolContext, ToolError } from "../tools/tool";

/** A job of the run that has ended, and when. */
export type EndedJob = JobEnd & { at: number };

/** What the tool calls of one run share. */
export interface ToolRun {
  session: Session;
  runId: string;
  scopes: Scopes;
  pauseGate: PauseGate;
  approvals: Approvals;
  jobs: Jobs;
  /** How the jobs of this run ended, for the receipt. */
  jobEnds: EndedJob[];
  /** Resolves when changes of files from now on are recorded as this run's. */
  readyToWrite(signal: AbortSignal): Promise<void>;
}

/**
 * Runs the call under a scope of its own, so that it can be stopped alone. Never throws: what happened is in its
 * `tool-end`. Done once its effect has happened, even if an abort came meanwhile; stopped only if the tool threw.
 */
export async function runTool(
  run: ToolRun,
  tools: Tool[],
  call: ToolCallPart,
  at: MessageName,
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  using scope = run.scopes.open(call.id, signal);
  const part = { ...at, partId: call.id };
  const names = { sessionId: run.session.id, runId: run.runId, tool: call.name };
  try {
    const tool = findTool(tools, call.name);
    const input = parseInput(tool, call);
    const context = makeContext(run, call, part, send);
    const prepared = await tool.prepare(input, context, scope.signal);
    if (!isAllowed(call)) await allow(run, prepared.permission, part, send, scope.signal);
    await run.pauseGate.pass(scope.signal);
    // A call without a permission request only reads.
    if (prepared.permission !== undefined) {
      await run.readyToWrite(scope.signal);
      await run.pauseGate.pass(scope.signal);
    }
    scope.signal.throwIfAborted();
    if (call.startedAt === undefined) await send({ type: "tool-start", ...part, at: Date.now() });
    const { output, diff } = await prepared.run();
    if (output) await send({ type: "part-delta", ...part, field: "output", delta: output });
    const end = { outcome: "done" as const, ...defined({ diff }) };
    await send({ type: "tool-end", ...part, at: Date.now(), ...end });
  } catch (error) {
    await send({
      type: "tool-end",
      ...part,
      at: Date.now(),
      ...ending(error, names, scope.signal),
    });
  }
}

/** The other place where a throw becomes an outcome. */
function ending(error: unknown, names: object, signal: AbortSignal) {
  const stop = stopReason(signal);
  if (stop) return { outcome: "stopped" as const, stop };
  if (error instanceof ToolError) return { outcome: "failed" as const, error: error.message };
  log.error({ err: error, ...names }, "An internal error in a tool call");
  return { outcome: "failed" as const, error: `An internal error in this tool: ${String(error)}` };
}

/** Allowed already, before a server ended in a pause of the run. */
function isAllowed(call: ToolCallPart): boolean {
  const decision = call.approval?.reply?.decision;
  return call.startedAt !== undefined || decision === "once" || decision === "session";
}

function findTool(tools: Tool[], name: string): Tool {
  const tool = tools.find((one) => one.name === name);
  if (tool) return tool;
  const names = tools.map((one) => one.name).join(", ");
  throw new ToolError(`There is no tool named ${name}. There are: ${names}.`);
}

function parseInput(tool: Tool, call: ToolCallPart): unknown {
  if (call.input === undefined)
    throw new ToolError(
      "The input was not valid JSON, so nothing was run. Write it again as a JSON object.",
    );
  const parsed = tool.input.safeParse(call.input);
  if (parsed.success) return parsed.data;
  throw new ToolError(
    `The input does not fit ${tool.name}, so nothing was run: ${z.prettifyError(parsed.error)}`,
  );
}

function makeContext(
  run: ToolRun,
  call: ToolCallPart,
  part: MessageName & { partId: string },
  send: Send,
): ToolContext {
  return {
    cwd: run.session.cwd,
    sessionId: run.session.id,
    runId: run.runId,
    toolCallId: call.id,
    subagentId: part.agentId,
    jobs: recordEnds(run),
    output: (delta) => {
      send({ type: "part-delta", ...part, field: "output", delta }).catch(onUnsent);
    },
    emit: send,
  };
}

function onUnsent(err: unknown): void {
  log.error({ err }, "An event of a tool call was lost");
}

/** The same jobs; how they end is recorded for the receipt. */
function recordEnds({ jobs, jobEnds }: ToolRun): Jobs {
  const open: Jobs["open"] = async (request, signal) => {
    const job = await jobs.open(request, signal);
    job.ended
      .then((end) => jobEnds.push({ ...end, at: Date.now() }))
      .catch((err: unknown) => log.error({ err }, "The end of a job is missing in the receipt"));
    return job;
  };
  const run: Jobs["run"] = async (request, signal) => (await open(request, signal)).ended;
  return { ...jobs, open, run };
}

/** Asks a person when nothing has allowed it yet. Throws ToolError on a denial, the signal's reason on an abort. */
async function allow(
  run: ToolRun,
  permission: PermissionRequest | undefined,
  part: MessageName & { partId: string },
  send: Send,
  signal: AbortSignal,
): Promise<void> {
  const { session } = run;
  if (permission === undefined || permits(session.permissions, permission)) return;
  if (session.allowed.includes(permission.key)) return;
  signal.throwIfAborted();
  const { key, ...shown } = permission;
  const id = newId();
  // The reply can come as soon as the request is sent, so the wait begins in the same tick.
  send({ type: "approval-request", ...part, approval: { id, ...shown } }).catch(onUnsent);
  using _idle = run.pauseGate.idle();
  const reply = await run.approvals.wait(id, session.id, permission, signal);
  await send({ type: "approval-reply", ...part, reply });
  if (reply.decision === "session") await send(remember(session, key));
  if (reply.decision === "deny") throw new ToolError(denial(reply.message));
}

function remember(session: Session, key: string): EventBody {
  const allowed = [...new Set([...session.allowed, key])];
  return { type: "session-update", at: Date.now(), patch: { allowed } };
}

function denial(message: string | undefined): string {
  const reason = message ? ` They said: ${message}` : "";
  return `The user did not allow this, so nothing was run.${reason}`;
}
