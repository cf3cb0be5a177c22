/** The open conversations of engines, one at a time for each key: opened once, reopened after a stop, ended when they are not needed. */
import { wait, within } from "../abort";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { defined } from "../../shared/defined";
import type { ModelOptions } from "../../shared/protocol";
import type { Job, JobEnd, Jobs } from "../processes/jobs";
import { log } from "../log";
import {
  type Engine,
  type EngineChild,
  type EngineConversation,
  EngineError,
  type EngineRequest,
  type GateAddress,
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
  /** Nothing that was said before is in it: a new one, until its first turn is sent. */
  isFresh: boolean;
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
  /** To be called before the interrupt: what that ends is in the end of the job too. */
  observe: () => void;
  /** Ends its process at once, where it has not ended by itself; resolves with the end. Never rejects. */
  end(): Promise<JobEnd | undefined>;
  /** Answers what it asks; absent outside a turn. */
  onAsk?: EngineRequest["ask"] | undefined;
}

export interface ConversationParts<Gate extends OpenedGate> {
  jobs: Jobs;
  /** Throws Error, with a sentence, where the provider cannot be reached. */
  openGate(provider: string): Gate;
  /** In which each engine that uses the gate gets a directory for its own files. */
  homes: string;
  /** Whether somebody looks at the session, so that its next message should find the conversation open. */
  isWatched(sessionId: string): boolean;
  /** Without a message for so long, it is ended. */
  idleMs?: number;
}

const defaultIdleMs = 10 * 60_000;
/** One may have failed ahead, one may not fit, and one may end when it is to be used. */
const attempts = 5;
/** What is opened ahead does not take the processor from what the stop before it has to say. */
const aheadMs = 20;
/** What is added to its history is added by then, or not at all. */
const prepareMs = 2_000;

interface Entry<Gate extends OpenedGate> {
  setting: ConversationSetting;
  readonly controller: AbortController;
  child: EngineChild | undefined;
  opened: Promise<OpenConversation<Gate>>;
  idle: Timer | undefined;
  /** By a turn. */
  isTaken: boolean;
  /** It was opened before its message. */
  readonly isAhead: boolean;
  /** Its end has begun. */
  ending: Promise<JobEnd | undefined> | undefined;
}

export class OpenConversations<Gate extends OpenedGate = OpenedGate> {
  readonly #parts: ConversationParts<Gate>;
  readonly #open = new Map<string, Entry<Gate>>();
  #isClosed = false;

  constructor(parts: ConversationParts<Gate>) {
    this.#parts = parts;
  }

  /**
   * The open conversation with this setting, opened now unless it is. One with another engine, model, provider or directory
   * is ended first, and resumed with the new ones. Rejects with EngineError when it cannot be opened. A stop does not end the
   * wait: `end` does.
   */
  async take(setting: ConversationSetting): Promise<OpenConversation<Gate>> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      const entry = this.#open.get(setting.key) ?? this.#begin(setting);
      clearTimeout(entry.idle);
      entry.isTaken = true;
      let open: OpenConversation<Gate>;
      try {
        open = await entry.opened;
      } catch (error) {
        // What has failed ahead of this message may work now.
        if (entry.isAhead) continue;
        throw error;
      }
      if (entry.ending) await entry.ending;
      if (this.#open.get(setting.key) !== entry) continue;
      if (await this.#adapt(entry, open, setting)) return open;
      await this.end(setting.key);
    }
    const { name } = setting.engine;
    throw new EngineError("engine-ended", `${name} ends as soon as it has been started.`);
  }

  /**
   * Opens it ahead of the next message, which waits until `prepare` is over too. Never throws: what fails is met by that
   * message.
   */
  reopen(
    setting: ConversationSetting,
    prepare: (conversation: EngineConversation) => Promise<void>,
  ): void {
    if (this.#isClosed || this.#open.has(setting.key)) return;
    this.#keepIdle(this.#begin(setting, prepare));
  }

  /** Its turn is over: it stays open for the next message. */
  release(key: string): void {
    const entry = this.#open.get(key);
    if (entry === undefined) return;
    entry.isTaken = false;
    this.#keepIdle(entry);
  }

  /**
   * Ends its process at once, also while it is being opened. Resolves when that is proven, with undefined where there was
   * none; never rejects.
   */
  async end(key: string): Promise<JobEnd | undefined> {
    const entry = this.#open.get(key);
    return entry && this.#end(entry);
  }

  /** Ends all of a session, its subagents' included. Never rejects. */
  async endSession(sessionId: string): Promise<void> {
    const own = [...this.#open.values()].filter(({ setting }) => setting.sessionId === sessionId);
    await Promise.all(own.map((entry) => this.#end(entry)));
  }

  /**
   * None is opened any more, and all that are not in a turn are ended. The others are of paused runs, which are for the next
   * server: they end with this one's process. Never rejects.
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    const unused = [...this.#open.values()].filter(({ isTaken }) => !isTaken);
    await Promise.all(unused.map((entry) => this.#end(entry)));
  }

  #begin(
    setting: ConversationSetting,
    prepare?: (conversation: EngineConversation) => Promise<void>,
  ): Entry<Gate> {
    const { provider } = setting;
    const entry: Entry<Gate> = {
      setting,
      controller: new AbortController(),
      child: undefined,
      opened: undefined as never,
      idle: undefined,
      isTaken: false,
      isAhead: prepare !== undefined,
      ending: undefined,
    };
    this.#open.set(setting.key, entry);
    const opening = async () => {
      const { signal } = entry.controller;
      if (prepare) await wait(aheadMs, signal);
      if (this.#isClosed) throw new EngineError("engine-closed", "The server is shutting down.");
      const gate = provider === undefined ? undefined : this.#parts.openGate(provider);
      try {
        const open = await this.#openIn(entry, gate);
        // A new one has nothing to add to.
        if (prepare && !open.isFresh)
          await within(prepareMs, prepare(open.conversation).catch(onUnprepared), signal);
        return open;
      } catch (error) {
        gate?.close();
        throw openingError(error, setting.engine, signal);
      }
    };
    entry.opened = opening();
    // Also when nobody waits for it.
    entry.opened.catch((err: unknown) => {
      this.#forget(entry);
      if (!entry.controller.signal.aborted)
        log.warn({ err, sessionId: setting.sessionId }, "An engine could not be opened");
    });
    return entry;
  }

  async #openIn(entry: Entry<Gate>, gate: Gate | undefined): Promise<OpenConversation<Gate>> {
    const { setting, controller } = entry;
    const { engine, sessionId, cwd, model, options, conversationId } = setting;
    const { jobs, homes } = this.#parts;
    const home = join(homes, engine.id);
    if (gate) await mkdir(home, { recursive: true, mode: 0o700 });
    const answering: Pick<OpenConversation<Gate>, "onAsk"> = {};
    const request: EngineRequest = {
      cwd,
      model,
      ...defined({ options }),
      ...(gate && { gate: gate.address, home }),
      start: async (command, env, signal) => {
        const child = await startChild(
          jobs,
          {
            name: engine.name,
            command,
            cwd,
            env,
            owner: { sessionId },
            ...(gate
              ? { gatePort: Number(new URL(gate.address.url).port), writable: [home] }
              : { writable: engine.userFiles ?? [] }),
          },
          signal,
        );
        entry.child = child;
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
      conversation = await engine.open({ ...request, ...known }, controller.signal);
    } catch (error) {
      controller.signal.throwIfAborted();
      if (isFresh || !(error instanceof EngineError) || error.code !== "engine-conversation")
        throw error;
      lost = error.message;
      isFresh = true;
      conversation = await engine.open(request, controller.signal);
    }
    const { child } = conversation;
    const own = new Set<number>();
    const job = jobs.list({ sessionId }).find(({ shownPid }) => shownPid === child.pid);
    const observe = () => job?.observe();
    const noteOwn = () => {
      for (const pid of job?.noteOwn() ?? []) own.add(pid);
    };
    noteOwn();
    const onEnd = () => {
      entry.ending ??= child.ended;
      gate?.close();
      this.#forget(entry);
    };
    child.ended.then(onEnd).catch(onBug);
    entry.child = child;
    const end = () => this.#end(entry);
    const state = { isFresh, lost, own, hasCalled: false };
    return Object.assign(answering, {
      conversation,
      gate,
      ...state,
      ...(job?.canFreeze && { freezable: job }),
      noteOwn,
      observe,
      end,
    });
  }

  /** Whether it fits the setting now. */
  async #adapt(
    entry: Entry<Gate>,
    { conversation }: OpenConversation<Gate>,
    setting: ConversationSetting,
  ): Promise<boolean> {
    const { engine, cwd, model, options, provider } = entry.setting;
    const isSame = engine.id === setting.engine.id && engine.name === setting.engine.name;
    if (!isSame || cwd !== setting.cwd || provider !== setting.provider) return false;
    if (model === setting.model && isDeepStrictEqual(options, setting.options)) return true;
    if (conversation.setModel === undefined) return false;
    try {
      await conversation.setModel(setting.model, setting.options);
    } catch (err) {
      log.warn({ err }, "An engine did not take another model: it is started anew");
      return false;
    }
    entry.setting = setting;
    return true;
  }

  #end(entry: Entry<Gate>): Promise<JobEnd | undefined> {
    entry.ending ??= this.#endNow(entry);
    return entry.ending;
  }

  async #endNow(entry: Entry<Gate>): Promise<JobEnd | undefined> {
    clearTimeout(entry.idle);
    const early = entry.child?.stop("hard");
    entry.controller.abort(new EngineError("engine-ended", "The engine was ended."));
    // What was being started is known when the opening has failed.
    await entry.opened.catch(() => {});
    this.#forget(entry);
    return early ?? entry.child?.stop("hard");
  }

  #keepIdle(entry: Entry<Gate>): void {
    clearTimeout(entry.idle);
    entry.idle = setTimeout(() => {
      if (this.#parts.isWatched(entry.setting.sessionId)) this.#keepIdle(entry);
      else this.#end(entry).catch(onBug);
    }, this.#parts.idleMs ?? defaultIdleMs);
    entry.idle.unref();
  }

  #forget(entry: Entry<Gate>): void {
    clearTimeout(entry.idle);
    const { key } = entry.setting;
    if (this.#open.get(key) === entry) this.#open.delete(key);
  }
}

function openingError(error: unknown, { name }: Engine, signal: AbortSignal): unknown {
  if (error instanceof EngineError || signal.aborted) return error;
  const words = error instanceof Error ? error.message : String(error);
  return new EngineError("engine-start", `${name} could not be started: ${words}`, {
    cause: error,
  });
}

function onUnprepared(err: unknown): void {
  log.warn({ err }, "The history of an engine could not be added to");
}

function onBug(err: unknown): void {
  log.error({ err }, "The end of an engine was not noticed");
}
