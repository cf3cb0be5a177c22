/** One turn of Codex as Rein has asked for it: the conversation's own thread and those of its subagents, until all of them are idle. */
import type { EngineEnd, EngineEvent } from "../engine";
import { agentName, endOf, toolOf } from "./codex-items";
import { minus, usageOf } from "./codex-usage";
import type { FileChange, Item, ItemOf, Tokens } from "./codex-wire";

/** The threads of one turn at a time: more than Codex runs at once. */
const mostThreads = 100;
/** Of a thread that nobody has named yet: an agent can speak before the call that made it has told its id. */
const mostHeld = 200;

interface Thread {
  id: string;
  /** The key of the call that is this subagent; absent for the conversation's own, and while that is not known. */
  agent?: string;
  /** The turn that runs in it. */
  turnId?: string | undefined;
  /** It has work, or is about to begin. */
  isBusy: boolean;
  items: Map<string, OpenItem>;
  /** What came before it was known whose it is. */
  held: (() => void)[];
  total?: Tokens;
  /** The total of its thread when the turn began. */
  before?: Tokens | undefined;
}

interface OpenItem {
  type: Item["type"];
  /** Of its tool. */
  name?: string;
  /** Characters of text that were told. */
  told: number;
  isDone?: true;
  changes?: readonly FileChange[];
  /** A part of a summary was told. */
  hasParts?: true;
}

export interface TurnOptions {
  total: Tokens | undefined;
  agents: Map<string, string>;
}

export interface TurnPlace {
  threadId: string;
  turnId: string;
}

export class CodexTurn {
  readonly #main: string;
  readonly #push: (event: EngineEvent) => void;
  readonly #threads = new Map<string, Thread>();
  /** Titles of agents, by their threads: of earlier turns too. */
  readonly #agents: Map<string, string>;
  /** How the conversation's own turn ended, while a subagent goes on. */
  #end: EngineEnd | undefined;

  /** `push` gets its events. `total`: what the thread had used before, where that is known. `agents` is added to. */
  constructor(main: string, push: (event: EngineEvent) => void, { total, agents }: TurnOptions) {
    this.#main = main;
    this.#push = push;
    this.#agents = agents;
    const thread: Thread = { id: main, isBusy: true, items: new Map(), held: [] };
    if (total) thread.before = total;
    this.#threads.set(main, thread);
  }

  /** The turn of the conversation's own thread that runs now. */
  get turnId(): string | undefined {
    return this.#threads.get(this.#main)?.turnId;
  }

  /** Turns that run: to be interrupted one by one, for Codex leaves those of its subagents running. */
  get running(): TurnPlace[] {
    return [...this.#threads.values()].flatMap(({ id, turnId }) =>
      turnId === undefined ? [] : [{ threadId: id, turnId }],
    );
  }

  /** Of the conversation's own thread, as far as it was told. */
  get total(): Tokens | undefined {
    const main = this.#threads.get(this.#main);
    return main?.total ?? main?.before;
  }

  keyOf(threadId: string, itemId: string): string {
    return threadId === this.#main ? itemId : `${threadId}/${itemId}`;
  }

  agentOf(threadId: string): string | undefined {
    return this.#threads.get(threadId)?.agent;
  }

  /** The call of this name that is open, where a question does not say which it is about. */
  openCall(threadId: string, name: string): string | undefined {
    const items = [...(this.#threads.get(threadId)?.items ?? [])];
    return items.find(([, item]) => !item.isDone && item.name === name)?.[0];
  }

  changesOf(threadId: string, itemId: string): readonly FileChange[] | undefined {
    return this.#threads.get(threadId)?.items.get(itemId)?.changes;
  }

  /** The running turn of the subagent with this key. */
  subagent(key: string): TurnPlace | undefined {
    const thread = [...this.#threads.values()].find(
      ({ agent, turnId }) => agent === key && turnId !== undefined,
    );
    return thread && { threadId: thread.id, turnId: thread.turnId! };
  }

  /** False: it belongs to no work of this turn. */
  started({ threadId, turnId }: TurnPlace): boolean {
    const thread = this.#threadOf(threadId);
    if (thread === undefined) return false;
    if (threadId === this.#main) {
      // A subagent that goes on can have something to say to the conversation's own thread.
      if (thread.turnId !== undefined && thread.turnId !== turnId) return false;
      this.#end = undefined;
    }
    const title = this.#agents.get(threadId);
    // One that had ended was given more to do.
    if (title !== undefined && !thread.isBusy)
      this.#name(thread, { key: `${threadId}/${turnId}`, title, isOwnCall: true });
    thread.turnId = turnId;
    thread.isBusy = true;
    return true;
  }

  /** The end of the whole turn; undefined while something of it goes on. */
  completed({ threadId, turnId }: TurnPlace, end: EngineEnd): EngineEnd | undefined {
    const thread = this.#threads.get(threadId);
    if (thread === undefined) return undefined;
    if (thread.turnId !== turnId && (thread.turnId !== undefined || threadId === this.#main))
      return undefined;
    if (threadId === this.#main) {
      this.#end = end;
      thread.turnId = undefined;
      thread.isBusy = false;
      if (end.outcome === "done") this.#keepRunning(thread);
    } else {
      thread.isBusy = false;
      thread.turnId = undefined;
      this.#whenNamed(thread, () => this.#agentEnded(thread, end));
    }
    return this.#over();
  }

  /** A thread that is gone has no work. */
  closed(threadId: string): EngineEnd | undefined {
    const thread = this.#threads.get(threadId);
    if (thread === undefined || threadId === this.#main) return undefined;
    if (thread.isBusy) this.#agentEnded(thread, { outcome: "interrupted" });
    return this.#over();
  }

  itemStarted(place: TurnPlace, item: Item): void {
    this.#inTurn(place, (thread) => this.#begin(thread, item));
  }

  itemCompleted(place: TurnPlace, item: Item): void {
    this.#inTurn(place, (thread) => this.#complete(thread, item));
  }

  /** Of a text, of reasoning, or of a call's output. */
  delta(
    place: TurnPlace & { itemId: string },
    type: "text" | "reasoning" | "tool-output",
    delta: string,
    isNewPart = false,
  ): void {
    this.#inTurn(place, (thread) => {
      const item = thread.items.get(place.itemId);
      if (item === undefined || item.isDone) return;
      const key = this.keyOf(thread.id, place.itemId);
      if (isNewPart) {
        if (item.hasParts) this.#text(thread, type as "reasoning", key, "\n\n");
        item.hasParts = true;
        return;
      }
      if (type === "tool-output" && item.told === 0) this.#push({ type: "tool-start", key });
      item.told += delta.length;
      if (type === "tool-output") this.#push({ type, key, delta });
      else this.#text(thread, type, key, delta);
    });
  }

  changed(place: TurnPlace & { itemId: string }, changes: readonly FileChange[]): void {
    this.#inTurn(place, (thread) => {
      const item = thread.items.get(place.itemId);
      if (item) item.changes = changes;
    });
  }

  plan(place: TurnPlace, entries: Extract<EngineEvent, { type: "plan" }>["entries"]): void {
    this.#inTurn(place, (thread) => {
      if (thread.agent === undefined) this.#push({ type: "plan", entries });
    });
  }

  /** Also of a turn that has just ended: it comes after its last answer. */
  used(
    { threadId, turnId }: TurnPlace,
    { total, last }: { total: Tokens; last: Tokens },
    windowTokens: number | null | undefined,
  ): void {
    const thread = this.#threads.get(threadId);
    if (thread === undefined) return;
    if (thread.total === undefined && thread.turnId !== turnId) {
      thread.before = total;
      return;
    }
    thread.before ??= minus(total, last);
    thread.total = total;
    this.#push({ type: "usage", usage: usageOf(this.#threads.values()) });
    if (threadId === this.#main && last.totalTokens > 0)
      this.#push({
        type: "context",
        usedTokens: last.totalTokens,
        ...(windowTokens && { windowTokens }),
      });
  }

  notice(place: TurnPlace, text: string): void {
    this.#inTurn(place, () => this.#push({ type: "notice", text }));
  }

  #over(): EngineEnd | undefined {
    const isBusy = [...this.#threads.values()].some((thread) => thread.isBusy);
    return isBusy ? undefined : this.#end;
  }

  /** Made when it is first met; undefined when there are too many. */
  #threadOf(id: string): Thread | undefined {
    const known = this.#threads.get(id);
    if (known || this.#threads.size >= mostThreads) return known;
    const thread: Thread = { id, isBusy: false, items: new Map(), held: [] };
    this.#threads.set(id, thread);
    return thread;
  }

  /** Drops what belongs to an earlier turn: a terminal that was left running goes on writing. */
  #inTurn({ threadId, turnId }: TurnPlace, act: (thread: Thread) => void): void {
    const thread = this.#threads.get(threadId);
    if (thread === undefined || thread.turnId !== turnId) return;
    this.#whenNamed(thread, () => act(thread));
  }

  #whenNamed(thread: Thread, act: () => void): void {
    if (thread.id === this.#main || thread.agent !== undefined) act();
    else if (thread.held.length < mostHeld) thread.held.push(act);
  }

  #text(thread: Thread, type: "text" | "reasoning", key: string, delta: string): void {
    if (delta === "") return;
    const { agent } = thread;
    this.#push({ type, key, delta, ...(agent !== undefined && { agent }) });
  }

  #begin(thread: Thread, item: Item): void {
    if (thread.items.has(item.id)) return;
    const open: OpenItem = { type: item.type, told: 0 };
    if (item.type === "fileChange") open.changes = item.changes;
    thread.items.set(item.id, open);
    const tool = toolOf(item);
    if (tool === undefined) return;
    open.name = tool.name;
    const key = this.keyOf(thread.id, item.id);
    const { agent } = thread;
    this.#push({ type: "tool", key, ...tool, ...(agent !== undefined && { agent }) });
    if (item.type === "subAgentActivity")
      this.#nameChild(thread, item.agentThreadId, { ...nameOf(item), key });
  }

  #complete(thread: Thread, item: Item): void {
    this.#begin(thread, item);
    const open = thread.items.get(item.id)!;
    if (open.isDone) return;
    open.isDone = true;
    const { told } = open;
    const key = this.keyOf(thread.id, item.id);
    switch (item.type) {
      case "agentMessage":
      case "plan":
        this.#text(thread, "text", key, item.text.slice(told));
        return this.#push({ type: "part-end", key });
      case "reasoning": {
        const whole = item.summary.length > 0 ? item.summary : item.content;
        if (told === 0) this.#text(thread, "reasoning", key, whole.join("\n\n"));
        return this.#push({ type: "part-end", key });
      }
      case "contextCompaction":
        return this.#push({
          type: "notice",
          text: "Codex has summed up the conversation so far.",
        });
      case "collabAgentToolCall":
        return this.#completeCollab(thread, item, key);
      case "subAgentActivity":
        // Its call is the agent, and ends with it.
        return;
      default:
        this.#push({ type: "tool-end", key, ...endOf(item)! });
    }
  }

  #completeCollab(thread: Thread, item: ItemOf<"collabAgentToolCall">, key: string): void {
    const id = item.receiverThreadIds[0];
    const isSpawn = item.tool === "spawnAgent" && item.status === "completed";
    // It speaks before it is known who has called it: an agent of an earlier process, which was given more to do.
    const isUnnamed = id !== undefined && (this.#threads.get(id)?.held.length ?? 0) > 0;
    if (
      id !== undefined &&
      (isSpawn || isUnnamed) &&
      this.#nameChild(thread, id, { ...nameOf(item), key })
    )
      return;
    this.#push({ type: "tool-end", key, ...endOf(item)! });
  }

  /** The call is the agent of this thread from now on. False: that is the agent of another call already. */
  #nameChild(parent: Thread, threadId: string, name: AgentName): boolean {
    if (threadId === parent.id || threadId === this.#main) return false;
    const thread = this.#threadOf(threadId);
    if (thread === undefined || thread.agent !== undefined) return false;
    this.#agents.set(threadId, name.title);
    thread.isBusy = true;
    this.#name(thread, name);
    return true;
  }

  #name(thread: Thread, { key, title, model, isOwnCall }: AgentName): void {
    thread.agent = key;
    if (isOwnCall)
      this.#push({ type: "tool", key, name: "followup_task", kind: "think", title, input: {} });
    this.#push({ type: "tool-start", key });
    this.#push({ type: "subagent", key, title, ...(model && { model }) });
    const { held } = thread;
    thread.held = [];
    for (const act of held) act();
  }

  #agentEnded(thread: Thread, end: EngineEnd): void {
    thread.turnId = undefined;
    thread.isBusy = false;
    const key = thread.agent;
    if (key === undefined) return;
    if (end.outcome === "done") this.#keepRunning(thread);
    const outcome = end.outcome === "interrupted" ? "stopped" : end.outcome;
    this.#push({ type: "subagent-end", key, outcome });
    const error = end.outcome === "failed" ? end.error.message : "The subagent was stopped.";
    this.#push(
      outcome === "done"
        ? { type: "tool-end", key, outcome }
        : { type: "tool-end", key, outcome: "failed", error },
    );
  }

  /** Commands that Codex has left running when it went on. */
  #keepRunning(thread: Thread): void {
    for (const [id, item] of thread.items) {
      if (item.type !== "commandExecution" || item.isDone) continue;
      item.isDone = true;
      const key = this.keyOf(thread.id, id);
      this.#push({ type: "tool-output", key, delta: "\n[It keeps running in the background.]\n" });
      this.#push({ type: "tool-end", key, outcome: "done" });
    }
  }
}

interface AgentName {
  key: string;
  title: string;
  model?: string | null | undefined;
  /** There is no call of Codex's for it. */
  isOwnCall?: true;
}

function nameOf(item: ItemOf<"collabAgentToolCall" | "subAgentActivity">): Omit<AgentName, "key"> {
  const title = "agentPath" in item ? agentName(item) : (item.prompt ?? "Subagent");
  return { title, model: item.model };
}
