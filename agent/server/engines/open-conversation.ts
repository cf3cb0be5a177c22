/** Opens one conversation of an engine as a job of its session: resumed, or a fresh one where it is gone; and fits it to a setting. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { defined } from "../../shared/defined";
import type { ModelOptions } from "../../shared/protocol";
import { findWorkingDirectory } from "../files/working-directory";
import { log } from "../log";
import type { Job, JobEnd, Jobs } from "../processes/jobs";
import {
  type Engine,
  type EngineChild,
  type EngineConversation,
  EngineError,
  type EngineRequest,
  type GateAddress,
  type GivenServer,
} from "./engine";
import { startChild } from "./engine-child";

/** Which conversation, and how it is opened. */
export interface ConversationSetting {
  /** The id of the session, or of the subagent. */
  key: string;
  sessionId: string;
  engine: Engine;
  cwd: string;
  /** As `EngineRequest.model`. */
  model: string;
  options?: ModelOptions | undefined;
  /** The provider that the gate leads to; absent: the engine's own log-in. */
  provider?: string;
  mcpServers?: readonly GivenServer[];
  /** To be resumed. */
  conversationId?: string;
}

/** Rein's way to the model for one conversation. */
export interface OpenedGate {
  readonly address: GateAddress;
  close(): void;
}

export interface OpenConversation<Gate extends OpenedGate> {
  readonly conversation: EngineConversation;
  readonly gate: Gate | undefined;
  /** Of the directory in which its process was started, as `findWorkingDirectory` has it. */
  readonly directoryId: string;
  /** Nothing that was said before is in it: a new one, until its first turn is sent. */
  isFresh: boolean;
  /** Aborts when its process has ended. */
  readonly ended: AbortSignal;
  /** Why the one that was to be resumed is not there, for people; until that was told. */
  lost?: string | undefined;
  /** Ids of the engine's own processes: alive before it called a tool. */
  readonly own: Set<number>;
  /** A tool was called in it, by this process. */
  hasCalled: boolean;
  /** To be called while it has called none: all of its processes are its own. */
  noteOwn(): void;
  /** Absent where it cannot be frozen. */
  readonly freezable?: Pick<Job, "freeze" | "thaw">;
  /** To be awaited before the interrupt: what that ends is in the end of the job too. Never rejects. */
  observe: () => Promise<void>;
  /** Ends its process at once, where it has not ended by itself; resolves with the end, the first time. Never rejects. */
  end(): Promise<JobEnd | undefined>;
  /** Answers what it asks; absent outside a turn. */
  onAsk?: EngineRequest["ask"] | undefined;
}

/** Where conversations are opened. */
export interface EnginePlace {
  jobs: Jobs;
  /** In which each session gets a directory, and in that each of its engines one for its own files where it uses the gate. */
  homes: string;
}

interface Opening {
  /** Called with the program as soon as it runs: it can be ended while it is being opened. */
  onChild: (child: EngineChild) => void;
  /** As `OpenConversation.end`. */
  end: () => Promise<JobEnd | undefined>;
}

/**
 * Rejects with EngineError, with another error of the program's start, or with the signal's reason; then nothing of it runs,
 * or `onChild` was called with it.
 */
export async function openConversation<Gate extends OpenedGate>(
  setting: ConversationSetting,
  gate: Gate | undefined,
  { jobs, homes }: EnginePlace,
  { onChild, end }: Opening,
  signal: AbortSignal,
): Promise<OpenConversation<Gate>> {
  const { engine, sessionId, cwd, model, options, mcpServers, conversationId } = setting;
  const directory = await findWorkingDirectory(cwd, signal);
  if ("problem" in directory) throw new EngineError("engine-directory", directory.problem);
  const home = join(homes, sessionId, engine.id);
  if (gate) await mkdir(home, { recursive: true, mode: 0o700 });
  const answering: Pick<OpenConversation<Gate>, "onAsk"> = {};
  const request: EngineRequest = {
    cwd,
    model,
    ...defined({ options, mcpServers }),
    ...(gate && { gate: gate.address, home }),
    start: async (command, env, starting) => {
      const child = await startChild(
        jobs,
        {
          name: engine.name,
          command,
          cwd,
          env,
          owner: { sessionId },
          starts: programsOf(mcpServers ?? []),
          ...(gate
            ? { gatePort: Number(new URL(gate.address.url).port), writable: [home] }
            : { writable: engine.userFiles ?? [] }),
        },
        starting,
      );
      onChild(child);
      return child;
    },
    ask: async (question, signal) =>
      (await answering.onAsk?.(question, signal)) ?? { allow: false, cancelled: true },
  };
  let lost: string | undefined;
  let isFresh = conversationId === undefined;
  let conversation: EngineConversation;
  try {
    const known = conversationId === undefined ? {} : { conversationId };
    conversation = await engine.open({ ...request, ...known }, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (isFresh || !(error instanceof EngineError) || error.code !== "engine-conversation")
      throw error;
    lost = error.message;
    isFresh = true;
    conversation = await engine.open(request, signal);
  }
  const { child } = conversation;
  const over = new AbortController();
  child.ended.then(
    () => over.abort(),
    () => over.abort(),
  );
  const own = new Set<number>();
  const job = jobs.list({ sessionId }).find(({ shownPid }) => shownPid === child.pid);
  const observe = async () => job?.observe();
  const noteOwn = () => {
    for (const pid of job?.noteOwn() ?? []) own.add(pid);
  };
  noteOwn();
  const state = { isFresh, lost, own, hasCalled: false };
  const freezable = job?.canFreeze ? { freezable: job } : {};
  return Object.assign(answering, {
    conversation,
    gate,
    directoryId: directory.id,
    ended: over.signal,
    ...state,
    ...freezable,
    noteOwn,
    observe,
    end,
  });
}

/**
 * Whether it fits the setting now, which can differ from the one it was opened with, and the directory that is there now.
 * Rejects only with the signal's reason.
 */
export async function adaptConversation<Gate extends OpenedGate>(
  { conversation, directoryId }: OpenConversation<Gate>,
  before: ConversationSetting,
  now: ConversationSetting,
  signal: AbortSignal,
): Promise<boolean> {
  if (before.engine !== now.engine || before.provider !== now.provider) return false;
  if (!isDeepStrictEqual(before.mcpServers, now.mcpServers)) return false;
  // Its process goes on in the one in which it was started, wherever that has been moved.
  const directory = await findWorkingDirectory(now.cwd, signal);
  if (!("id" in directory) || directory.id !== directoryId) return false;
  if (before.model === now.model && isDeepStrictEqual(before.options, now.options)) return true;
  if (conversation.setModel === undefined) return false;
  try {
    await conversation.setModel(now.model, now.options);
    return true;
  } catch (err) {
    log.warn({ err }, "An engine did not take another model: it is started anew");
    return false;
  }
}

function programsOf(given: readonly GivenServer[]): string[][] {
  return given.flatMap(({ server }) =>
    server.type === "stdio" ? [[server.command, ...server.args]] : [],
  );
}
