/** One turn of Codex as Rein has asked for it: the conversation's own thread and those of its subagents, until all of them are idle. */
import type { EngineEnd, EngineEvent } from "../engine";
import { type AgentName, CodexThread, type ThreadTurn } from "./codex-thread";
import { minus, usageOf } from "./codex-usage";
import type { Tokens } from "./codex-wire";

/** The threads of one turn at a time: more than Codex runs at once. */
const mostThreads = 100;

export interface TurnOptions {
  /** What the conversation's own thread had used before, where that is known. */
  total: Tokens | undefined;
  /** Titles of agents, by their threads: of earlier turns too. Is added to. */
  agents: Map<string, string>;
}

/** A turn of Codex, of one of its threads. */
export interface TurnPlace {
  threadId: string;
  turnId: string;
}

export class CodexTurn implements ThreadTurn {
  readonly push: (event: EngineEvent) => void;
  readonly #main: CodexThread;
  readonly #threads = new Map<string, CodexThread>();
  readonly #agents: Map<string, string>;
  /** How the conversation's own turn ended, while a subagent goes on. */
  #end: EngineEnd | undefined;

  /** `main`: the id of the conversation's own thread. `push` gets the turn's events. */
  constructor(main: string, push: (event: EngineEvent) => void, { total, agents }: TurnOptions) {
    this.push = push;
    this.#agents = agents;
    this.#main = this.#open(main, true);
    this.#main.before = total;
  }

  /** The turn of the conversation's own thread that runs now. */
  get turnId(): string | undefined {
    return this.#main.turnId;
  }

  /** Turns that run: to be interrupted one by one, for Codex leaves those of its subagents running. */
  get running(): TurnPlace[] {
    return [...this.#threads.values()].flatMap(({ id, turnId }) =>
      turnId === undefined ? [] : [{ threadId: id, turnId }],
    );
  }

  /** Undefined for one that has not been met in this turn. */
  thread(id: string): CodexThread | undefined {
    return this.#threads.get(id);
  }

  /** As `ThreadTurn.keyOf`. */
  keyOf(threadId: string, itemId: string): string {
    return threadId === this.#main.id ? itemId : `${threadId}/${itemId}`;
  }

  /** The running turn of the subagent with this key. */
  subagent(key: string): TurnPlace | undefined {
    return this.running.find(({ threadId }) => this.thread(threadId)?.agent === key);
  }

  /** False: it belongs to no work of this turn. */
  started({ threadId, turnId }: TurnPlace): boolean {
    const thread = this.#threadOf(threadId);
    if (thread === undefined) return false;
    if (thread === this.#main) {
      // A subagent that goes on can have something to say to the conversation's own thread.
      if (thread.turnId !== undefined && thread.turnId !== turnId) return false;
      this.#end = undefined;
    }
    const title = this.#agents.get(threadId);
    // One that had ended was given more to do.
    if (title !== undefined && !thread.isBusy)
      thread.name({ key: `${threadId}/${turnId}`, title, isOwnCall: true });
    thread.turnId = turnId;
    thread.isBusy = true;
    return true;
  }

  /** The end of the whole turn; undefined while something of it goes on. */
  completed({ threadId, turnId }: TurnPlace, end: EngineEnd): EngineEnd | undefined {
    const thread = this.thread(threadId);
    if (thread === undefined) return undefined;
    const isMain = thread === this.#main;
    if (thread.turnId !== turnId && (thread.turnId !== undefined || isMain)) return undefined;
    if (isMain) this.#end = end;
    thread.end(end);
    return this.#over();
  }

  /** A thread that is gone has no work. The end of the whole turn; undefined while something of it goes on. */
  closed(threadId: string): EngineEnd | undefined {
    const thread = this.thread(threadId);
    if (thread === undefined || thread === this.#main) return undefined;
    if (thread.isBusy) thread.end({ outcome: "interrupted" });
    return this.#over();
  }

  /** Also of a turn that has just ended: it comes after its last answer. */
  used(
    { threadId, turnId }: TurnPlace,
    { total, last }: { total: Tokens; last: Tokens },
    windowTokens: number | null | undefined,
  ): void {
    const thread = this.thread(threadId);
    if (thread === undefined) return;
    if (thread.total === undefined && thread.turnId !== turnId) {
      thread.before = total;
      return;
    }
    thread.before ??= minus(total, last);
    thread.total = total;
    this.push({ type: "usage", usage: usageOf(this.#threads.values()) });
    if (thread === this.#main && last.totalTokens > 0)
      this.push({
        type: "context",
        usedTokens: last.totalTokens,
        ...(windowTokens && { windowTokens }),
      });
  }

  /** As `ThreadTurn.nameAgent`. False also where the thread is the agent of another call already. */
  nameAgent(parent: CodexThread, threadId: string, name: AgentName, isNew: boolean): boolean {
    if (threadId === parent.id || threadId === this.#main.id) return false;
    // An agent of an earlier process that was given more to do speaks before its call is known.
    if (!isNew && this.thread(threadId)?.isHeld !== true) return false;
    const thread = this.#threadOf(threadId);
    if (thread === undefined || thread.agent !== undefined) return false;
    this.#agents.set(threadId, name.title);
    thread.isBusy = true;
    thread.name(name);
    return true;
  }

  #over(): EngineEnd | undefined {
    const isBusy = [...this.#threads.values()].some((thread) => thread.isBusy);
    return isBusy ? undefined : this.#end;
  }

  /** Made when it is first met; undefined when there are too many. */
  #threadOf(id: string): CodexThread | undefined {
    const known = this.thread(id);
    return known || this.#threads.size >= mostThreads ? known : this.#open(id);
  }

  #open(id: string, isMain = false): CodexThread {
    const thread = new CodexThread(id, this, isMain);
    this.#threads.set(id, thread);
    return thread;
  }
}
