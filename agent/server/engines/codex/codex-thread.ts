/** One thread of a turn of Codex, the conversation's own or a subagent's: its items as events, held until it is known whose it is. */
import type { EngineEnd, EngineEvent } from "../engine";
import { agentName, endOf, toolOf } from "./codex-items";
import type { CountedThread } from "./codex-usage";
import type { FileChange, Item, ItemOf, Tokens } from "./codex-wire";

/** Of a thread without a name yet: an agent can speak before the call that made it has told its id. */
const mostHeld = 200;

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

/** What a thread is told as: the call that is the subagent. */
export interface AgentName {
  key: string;
  title: string;
  model?: string | null | undefined;
  /** There is no call of Codex's for it. */
  isOwnCall?: true;
}

/** What the turn does for its threads. */
export interface ThreadTurn {
  push: (event: EngineEvent) => void;
  /** The key of an item as a part or call, unique in the turn. */
  keyOf(threadId: string, itemId: string): string;
  /**
   * A call of `parent` is about the agent with this thread. Returns whether the call is that agent from now on: then it
   * ends with it. `isNew`: the call has made it.
   */
  nameAgent(parent: CodexThread, threadId: string, name: AgentName, isNew: boolean): boolean;
}

export class CodexThread implements CountedThread {
  readonly id: string;
  /** The turn of Codex that runs in it. */
  turnId: string | undefined;
  /** It has work, or is about to begin. */
  isBusy: boolean;
  total?: Tokens;
  before?: Tokens | undefined;
  readonly #turn: ThreadTurn;
  readonly #isMain: boolean;
  /** The key of the call that is this subagent; absent for the conversation's own, and while that is not known. */
  #agent: string | undefined;
  readonly #items = new Map<string, OpenItem>();
  /** What came before it was known whose it is. */
  #held: (() => void)[] = [];

  /** `isMain`: it is the conversation's own, and busy with the turn. */
  constructor(id: string, turn: ThreadTurn, isMain = false) {
    this.id = id;
    this.#turn = turn;
    this.#isMain = isMain;
    this.isBusy = isMain;
  }

  get agent(): string | undefined {
    return this.#agent;
  }

  /** It says something, and it is not known whose it is. */
  get isHeld(): boolean {
    return this.#held.length > 0;
  }

  /** The id of the open call of this tool. */
  openCall(name: string): string | undefined {
    return [...this.#items].find(([, item]) => !item.isDone && item.name === name)?.[0];
  }

  /** Of a patch, as they came last. */
  changesOf(itemId: string): readonly FileChange[] | undefined {
    return this.#items.get(itemId)?.changes;
  }

  itemStarted(turnId: string, item: Item): void {
    this.#during(turnId, () => this.#begin(item));
  }

  itemCompleted(turnId: string, item: Item): void {
    this.#during(turnId, () => this.#complete(item));
  }

  /** Of a text, of reasoning, or of a call's output. */
  delta(
    { turnId, itemId }: { turnId: string; itemId: string },
    type: "text" | "reasoning" | "tool-output",
    delta: string,
  ): void {
    this.#inItem(turnId, itemId, (item, key) => {
      if (type === "tool-output" && item.told === 0) this.#push({ type: "tool-start", key });
      item.told += delta.length;
      if (type === "tool-output") this.#push({ type, key, delta });
      else this.#text(type, key, delta);
    });
  }

  /** A part of a summary of reasoning begins. */
  summaryPart({ turnId, itemId }: { turnId: string; itemId: string }): void {
    this.#inItem(turnId, itemId, (item, key) => {
      if (item.hasParts) this.#text("reasoning", key, "\n\n");
      item.hasParts = true;
    });
  }

  /** The changes of a patch have become others. */
  changed(
    { turnId, itemId }: { turnId: string; itemId: string },
    changes: readonly FileChange[],
  ): void {
    this.#during(turnId, () => {
      const item = this.#items.get(itemId);
      if (item) item.changes = changes;
    });
  }

  /** The list of a subagent is not shown. */
  plan(turnId: string, entries: Extract<EngineEvent, { type: "plan" }>["entries"]): void {
    this.#during(turnId, () => {
      if (this.#isMain) this.#push({ type: "plan", entries });
    });
  }

  notice(turnId: string, text: string): void {
    this.#during(turnId, () => this.#push({ type: "notice", text }));
  }

  /** It is this subagent from now on. */
  name({ key, title, model, isOwnCall }: AgentName): void {
    this.#agent = key;
    if (isOwnCall)
      this.#push({ type: "tool", key, name: "followup_task", kind: "think", title, input: {} });
    this.#push({ type: "tool-start", key });
    this.#push({ type: "subagent", key, title, ...(model && { model }) });
    const held = this.#held;
    this.#held = [];
    for (const act of held) act();
  }

  /** Its turn has ended: it has no work, and where it is a subagent, that has ended too. */
  end(end: EngineEnd): void {
    this.turnId = undefined;
    this.isBusy = false;
    if (this.#isMain) {
      if (end.outcome === "done") this.#keepRunning();
    } else this.#whenNamed(() => this.#endAgent(end), true);
  }

  #endAgent(end: EngineEnd): void {
    this.turnId = undefined;
    this.isBusy = false;
    const key = this.#agent!;
    if (end.outcome === "done") this.#keepRunning();
    const outcome = end.outcome === "interrupted" ? "stopped" : end.outcome;
    this.#push({ type: "subagent-end", key, outcome });
    const error = end.outcome === "failed" ? end.error.message : "The subagent was stopped.";
    this.#push(
      outcome === "done"
        ? { type: "tool-end", key, outcome }
        : { type: "tool-end", key, outcome: "failed", error },
    );
  }

  /** Drops what belongs to an earlier turn: a terminal that was left running goes on writing. */
  #during(turnId: string, act: () => void): void {
    if (this.turnId === turnId) this.#whenNamed(act);
  }

  #inItem(turnId: string, itemId: string, act: (item: OpenItem, key: string) => void): void {
    this.#during(turnId, () => {
      const item = this.#items.get(itemId);
      if (item !== undefined && !item.isDone) act(item, this.#keyOf(itemId));
    });
  }

  /** Acts at once, or as soon as it has its name. `isEnd`: without it the turn would not end. */
  #whenNamed(act: () => void, isEnd = false): void {
    const most = isEnd ? mostHeld + 1 : mostHeld;
    if (this.#isMain || this.#agent !== undefined) act();
    else if (this.#held.length < most) this.#held.push(act);
  }

  #keyOf(itemId: string): string {
    return this.#turn.keyOf(this.id, itemId);
  }

  #push(event: EngineEvent): void {
    this.#turn.push(event);
  }

  get #ofAgent(): { agent?: string } {
    return this.#agent === undefined ? {} : { agent: this.#agent };
  }

  #text(type: "text" | "reasoning", key: string, delta: string): void {
    if (delta !== "") this.#push({ type, key, delta, ...this.#ofAgent });
  }

  #begin(item: Item): void {
    if (this.#items.has(item.id)) return;
    const open: OpenItem = { type: item.type, told: 0 };
    if (item.type === "fileChange") open.changes = item.changes;
    this.#items.set(item.id, open);
    const tool = toolOf(item);
    if (tool === undefined) return;
    open.name = tool.name;
    const key = this.#keyOf(item.id);
    this.#push({ type: "tool", key, ...tool, ...this.#ofAgent });
    if (item.type === "subAgentActivity")
      this.#turn.nameAgent(this, item.agentThreadId, { ...nameOf(item), key }, true);
  }

  #complete(item: Item): void {
    this.#begin(item);
    const open = this.#items.get(item.id)!;
    if (open.isDone) return;
    open.isDone = true;
    const { told } = open;
    const key = this.#keyOf(item.id);
    switch (item.type) {
      case "agentMessage":
      case "plan":
        this.#text("text", key, item.text.slice(told));
        return this.#push({ type: "part-end", key });
      case "reasoning": {
        const whole = item.summary.length > 0 ? item.summary : item.content;
        if (told === 0) this.#text("reasoning", key, whole.join("\n\n"));
        return this.#push({ type: "part-end", key });
      }
      case "contextCompaction": {
        const text = "Codex has summed up the conversation so far.";
        return this.#push({ type: "notice", text });
      }
      case "collabAgentToolCall":
        if (!this.#isAgentNow(item, key)) this.#push({ type: "tool-end", key, ...endOf(item)! });
        return;
      case "subAgentActivity":
        // Its call is the agent, and ends with it.
        return;
      default:
        this.#push({ type: "tool-end", key, ...endOf(item)! });
    }
  }

  /** Whether the call is an agent from now on. */
  #isAgentNow(item: ItemOf<"collabAgentToolCall">, key: string): boolean {
    const [threadId] = item.receiverThreadIds;
    if (threadId === undefined) return false;
    const isNew = item.tool === "spawnAgent" && item.status === "completed";
    return this.#turn.nameAgent(this, threadId, { ...nameOf(item), key }, isNew);
  }

  /** Commands that Codex has left running when it went on. */
  #keepRunning(): void {
    for (const [id, item] of this.#items) {
      if (item.type !== "commandExecution" || item.isDone) continue;
      item.isDone = true;
      const key = this.#keyOf(id);
      const before = item.told > 0 ? "\n" : "";
      const delta = `${before}[It keeps running in the background.]\n`;
      this.#push({ type: "tool-output", key, delta });
      this.#push({ type: "tool-end", key, outcome: "done" });
    }
  }
}

function nameOf(item: ItemOf<"collabAgentToolCall" | "subAgentActivity">): Omit<AgentName, "key"> {
  const title = "agentPath" in item ? agentName(item) : (item.prompt ?? "Subagent");
  return { title, model: item.model };
}
