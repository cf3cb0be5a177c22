/** The open conversations of engines, one at a time for each key: opened once, reopened after a stop, ended when they are not needed. */
import { wait, within } from "../abort";
import { log } from "../log";
import type { JobEnd } from "../processes/jobs";
import { type Engine, type EngineChild, type EngineConversation, EngineError } from "./engine";
import {
  adaptConversation,
  type ConversationSetting,
  type EnginePlace,
  openConversation,
  type OpenConversation,
  type OpenedGate,
} from "./open-conversation";

export interface ConversationParts<Gate extends OpenedGate> extends EnginePlace {
  /** Throws Error, with a sentence, where the provider cannot be reached. */
  openGate(provider: string): Gate;
  /** Whether a page shows the session, so that its next message should find the conversation open. */
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
  /** Its engine was changed or removed since: it is for no other turn. */
  isOutdated: boolean;
  /** Its end has begun. */
  ending: Promise<JobEnd | undefined> | undefined;
  /** A receipt has its end. */
  isEndTold: boolean;
}

export class OpenConversations<Gate extends OpenedGate = OpenedGate> {
  readonly #parts: ConversationParts<Gate>;
  readonly #open = new Map<string, Entry<Gate>>();
  /** Sessions that are being deleted, or were: their last run may still want to open one for its next message. */
  readonly #ended = new Set<string>();
  #isClosed = false;

  constructor(parts: ConversationParts<Gate>) {
    this.#parts = parts;
  }

  /**
   * The open conversation with this setting, opened now unless it is. One with another engine, model, provider or directory,
   * or whose directory was replaced by another, is ended first, and resumed in what is there. Rejects with EngineError when
   * it cannot be opened. When `signal` aborts,
   * nothing more is opened for it, and `end` ends the wait.
   */
  async take(setting: ConversationSetting, signal: AbortSignal): Promise<OpenConversation<Gate>> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      signal.throwIfAborted();
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
      const { child } = open.conversation;
      // It is known to have ended once nothing of it lives: what is sent to it before that is lost.
      if (child.isDead) await child.ended;
      if (entry.ending) await entry.ending;
      if (this.#open.get(setting.key) !== entry) continue;
      if (await adaptConversation(open, entry.setting, setting, signal)) {
        entry.setting = setting;
        return open;
      }
      await this.#end(entry);
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
    if (entry.isOutdated) this.#end(entry).catch(onBug);
    else this.#keepIdle(entry);
  }

  /** Ends what is open of engines that were changed or removed: at once what is idle, with its turn what is not. Never throws. */
  outdate(isOutdated: (engine: Engine) => boolean): void {
    for (const entry of this.#open.values()) {
      if (!isOutdated(entry.setting.engine)) continue;
      entry.isOutdated = true;
      if (!entry.isTaken) this.#end(entry).catch(onBug);
    }
  }

  /**
   * Ends its process at once, also while it is being opened. Resolves when that is proven, with undefined where there was
   * none, and once its end was told; never rejects.
   */
  async end(key: string): Promise<JobEnd | undefined> {
    const entry = this.#open.get(key);
    return entry && this.#endTold(entry);
  }

  /** Ends all of a session, its subagents' included; none is opened for it any more. Never rejects. */
  async endSession(sessionId: string): Promise<void> {
    this.#ended.add(sessionId);
    const own = [...this.#open.values()].filter(({ setting }) => setting.sessionId === sessionId);
    await Promise.all(own.map((entry) => this.#end(entry)));
  }

  /** After `endSession`: the session is there again. */
  restoreSession(sessionId: string): void {
    this.#ended.delete(sessionId);
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
      isOutdated: false,
      ending: undefined,
      isEndTold: false,
    };
    this.#open.set(setting.key, entry);
    const opening = async () => {
      const { signal } = entry.controller;
      if (prepare) await wait(aheadMs, signal);
      if (this.#isClosed) throw new EngineError("engine-closed", "The server is shutting down.");
      if (this.#ended.has(setting.sessionId))
        throw new EngineError("engine-closed", "The session is being deleted.");
      const gate = provider === undefined ? undefined : this.#parts.openGate(provider);
      try {
        const open = await openConversation(
          setting,
          gate,
          this.#parts,
          { onChild: (child) => (entry.child = child), end: () => this.#endTold(entry) },
          signal,
        );
        const { child } = open.conversation;
        const onEnd = () => {
          entry.ending ??= child.ended;
          gate?.close();
          this.#forget(entry);
        };
        child.ended.then(onEnd).catch(onBug);
        entry.child = child;
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

  /** Its end is for one receipt. */
  async #endTold(entry: Entry<Gate>): Promise<JobEnd | undefined> {
    const end = await this.#end(entry);
    if (entry.isEndTold) return undefined;
    entry.isEndTold = true;
    return end;
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
