/** One tool call from its input to its end: validated, allowed, run, and always ended. */
import type { ToolCallPart } from "../../shared/protocol";
import { z } from "zod";
import type { MessageName, Send } from "./turn-types";
import { allowCall, type Allowing, checkedCall, repliedDigest } from "./call-permission";
import { CallHooks } from "./call-hooks";
import { log } from "../log";
import type { PauseGate } from "./pause-gate";
import { defined } from "../../shared/defined";
import type { ToolHooks } from "../hooks/tool-hooks";
import type { Diagnose } from "../lsp/diagnose";
import type { ToolAccess } from "../../shared/rules";
import type { JobEnd, Jobs } from "../processes/jobs";
import { type Scopes, stopReason } from "../abort";
import type { OutputStore } from "../tools/outputs/output-store";
import {
  type FileKeeper,
  type PreparedCall,
  type Tool,
  type ToolContext,
  ToolError,
} from "../tools/tool";

/** A job of the run that has ended, when, and the call that started it. */
export type EndedJob = JobEnd & {
  at: number;
  toolCallId?: string | undefined;
  /** Of a hook: the id of its record. */
  hookId?: string | undefined;
  /** Of an engine: the ids of its own processes. */
  engineOwn?: readonly number[];
};

/** What the tool calls of one run share. */
export interface ToolRun extends Allowing {
  runId: string;
  pauseGate: PauseGate;
  scopes: Scopes;
  jobs: Jobs;
  files: FileKeeper;
  /** Directories that bash can read in any sandbox, as they are in this turn. */
  readable: () => string[];
  outputs: OutputStore;
  hooks: ToolHooks;
  diagnose: Diagnose;
  /** How the jobs of this run ended, for the receipt. */
  jobEnds: EndedJob[];
  /** Resolves when changes of files from now on are recorded as this run's. */
  readyToWrite(signal: AbortSignal): Promise<void>;
  /** A call begins that may write, and ends when this is disposed of. Undefined when it has to wait until it is ready. */
  write(): Disposable | undefined;
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
  let told: true | undefined;
  let diff: string | undefined;
  let outputFile: ToolCallPart["outputFile"];
  let limitHit: ToolCallPart["limitHit"];
  const names = { sessionId: run.session.id, runId: run.runId, tool: call.name };
  try {
    const tool = findTool(tools, call.name);
    const input = parseInput(tool, call);
    const context = makeContext(run, call, part, send, {
      stopped(what) {
        if (what === "told") told = true;
        else run.jobEnds.push({ ...what, at: Date.now(), toolCallId: call.id });
      },
      limitReached: (hit) => void (limitHit = hit),
      changed: (more) => void (diff = (diff ?? "") + more),
      outputs: recordKept(run.outputs, (kept) => (outputFile = kept)),
    });
    const prepare = async () => tool.prepare(input, context, scope.signal);
    const hooks = new CallHooks(run, { call, input, context, part, send });
    const allowed = { tool: tool.name, input, replied: repliedDigest(call), hooks };
    using writing = new DisposableStack();
    const prepared = await prepareAllowed(run, prepare, allowed, writing, part, send, scope.signal);
    scope.signal.throwIfAborted();
    if (call.startedAt === undefined) await send({ type: "tool-start", ...part, at: Date.now() });
    const { output, files } = await prepared.run();
    if (output) await send({ type: "part-delta", ...part, field: "output", delta: output });
    // An undo that waits for this call need not wait for what follows it.
    writing.dispose();
    await hooks.after(prepared.access, scope.signal);
    const end = { outcome: "done" as const, ...defined({ diff, files, outputFile, limitHit }) };
    await send({ type: "tool-end", ...part, at: Date.now(), ...end });
  } catch (error) {
    await send({
      type: "tool-end",
      ...part,
      at: Date.now(),
      ...ending(error, names, scope.signal),
      ...defined({ told, diff, outputFile, limitHit }),
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

/** What is known of a call before it is prepared. `replied`: the digest that a reply has allowed. */
interface CallInput {
  tool: string;
  input: unknown;
  replied: string | undefined;
  hooks: CallHooks;
}

/**
 * Resolves with a call that may run as it was prepared last; `writing` then holds what keeps an undo from beginning. It is prepared again after every wait, for a reply, at the
 * pause gate, for the directory to be recorded; if it leads elsewhere then, it is asked again.
 */
async function prepareAllowed(
  run: ToolRun,
  prepare: () => Promise<PreparedCall>,
  { tool, input, replied, hooks }: CallInput,
  writing: DisposableStack,
  part: MessageName & { partId: string },
  send: Send,
  signal: AbortSignal,
): Promise<PreparedCall> {
  let passed: string | undefined;
  for (;;) {
    const prepared = await prepare();
    const access = prepared.access ?? askedFor(tool, input, hooks);
    if (access === undefined) {
      await run.pauseGate.pass(signal);
      if (!hooks.isDue(undefined)) return prepared;
      await hooks.before(undefined, signal);
      continue;
    }
    const { changesNothing = access.kind === "read" || prepared.access === undefined } = prepared;
    const { cwd } = run.session;
    const checked = await checkedCall(tool, input, cwd, access, signal, hooks.asks);
    const { digest } = checked;
    const isDue = hooks.isDue(prepared.access);
    if (await allowCall(run, checked, replied, part, send, signal)) {
      if (passed === digest && !run.pauseGate.isClosed) {
        if (isDue) {
          await hooks.before(prepared.access, signal);
          continue;
        }
        if (changesNothing || mayBegin(run, writing)) return prepared;
      }
      await passGates(run, changesNothing, signal);
      passed = digest;
    } else replied = digest;
  }
}

/** There is nothing to allow, but a hook asks. */
function askedFor(tool: string, input: unknown, { asks }: CallHooks): ToolAccess | undefined {
  if (asks === undefined) return undefined;
  return { kind: "tool", tool, subject: JSON.stringify(input), once: true };
}

/** False when an undo began meanwhile where it would write. Until the call ends, none begins now. */
function mayBegin(run: ToolRun, writing: DisposableStack): boolean {
  const write = run.write();
  if (write) writing.use(write);
  return write !== undefined;
}

async function passGates(
  run: ToolRun,
  changesNothing: boolean,
  signal: AbortSignal,
): Promise<void> {
  await run.pauseGate.pass(signal);
  if (changesNothing) return;
  await run.readyToWrite(signal);
  await run.pauseGate.pass(signal);
}

function findTool(tools: Tool[], name: string): Tool {
  const tool = tools.find((one) => one.name === name);
  if (tool) return tool;
  const names = tools.map((one) => one.name).join(", ");
  // A conversation may know it from a turn in which its server was there.
  const later = name.startsWith("mcp__")
    ? " A tool of an MCP server that is not ready can be there in a later turn."
    : "";
  throw new ToolError(`There is no tool named ${name}. There are: ${names}.${later}`);
}

/** Models fill in null for what they leave out. No tool has objects deeper than in a list of the input. */
function withoutNulls(input: unknown, depth = 2): unknown {
  if (typeof input !== "object" || input === null || depth < 0) return input;
  if (Array.isArray(input)) return input.map((one) => withoutNulls(one, depth - 1));
  const given = Object.entries(input).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name, withoutNulls(value, depth - 1)]));
}

function parseInput(tool: Tool, call: ToolCallPart): unknown {
  if (call.input === undefined)
    throw new ToolError(
      "The input was not valid JSON, so nothing was run. Write it again as a JSON object.",
    );
  const parsed = tool.input.safeParse(call.input);
  if (parsed.success) return parsed.data;
  const given = tool.input.safeParse(withoutNulls(call.input));
  if (given.success) return given.data;
  throw new ToolError(
    `The input does not fit ${tool.name}, so nothing was run: ${z.prettifyError(parsed.error)}`,
  );
}

function makeContext(
  run: ToolRun,
  call: ToolCallPart,
  part: MessageName & { partId: string },
  send: Send,
  toldByTool: Pick<ToolContext, "stopped" | "limitReached" | "changed" | "outputs">,
): ToolContext {
  return {
    cwd: run.session.cwd,
    sessionId: run.session.id,
    runId: run.runId,
    toolCallId: call.id,
    subagentId: part.agentId,
    jobs: recordEnds(run),
    files: run.files,
    readable: run.readable,
    get readsOnly() {
      return run.session.permissions === "plan";
    },
    diagnose: (paths, signal) => run.diagnose(run.session, paths, signal),
    output: (delta) => {
      send({ type: "part-delta", ...part, field: "output", delta }).catch(onUnsent);
    },
    progress: (progress) => {
      send({ type: "tool-progress", ...part, ...defined({ progress }) }).catch(onUnsent);
    },
    hardSignal: run.scopes.hardSignal(call.id),
    ...toldByTool,
    emit: send,
  };
}

function onUnsent(err: unknown): void {
  log.error({ err }, "An event of a tool call was lost");
}

/** The same outputs; how much of the call's is kept is said in its end. */
function recordKept(
  outputs: OutputStore,
  record: (kept: ToolCallPart["outputFile"]) => void,
): OutputStore {
  const open: OutputStore["open"] = (...names) => {
    const file = outputs.open(...names);
    const close = async () => {
      const kept = await file.close();
      record(kept);
      return kept;
    };
    return { write: (text) => file.write(text), close };
  };
  return { open, read: (...names) => outputs.read(...names) };
}

/** The same jobs; how they end is recorded for the receipt. */
function recordEnds({ jobs, jobEnds }: ToolRun): Jobs {
  const open: Jobs["open"] = async (request, signal) => {
    const job = await jobs.open(request, signal);
    job.ended
      .then((end) => {
        if (job.isHelper && end.survivors.length === 0) return;
        const { toolCallId, hookId } = job.owner;
        jobEnds.push({ ...end, at: Date.now(), toolCallId, hookId });
      })
      .catch((err: unknown) => log.error({ err }, "The end of a job is missing in the receipt"));
    return job;
  };
  const run: Jobs["run"] = async (request, signal) => (await open(request, signal)).ended;
  return { ...jobs, open, run };
}
