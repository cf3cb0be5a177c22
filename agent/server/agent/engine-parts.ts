/** Turns the events of an engine's turn into parts of messages, one after another, with Rein's own ids and within bounds. */
import { defined } from "../../shared/defined";
import { type ErrorInfo, noUsage, type Outcome, type Usage } from "../../shared/protocol";
import type { Session } from "../../shared/protocol";
import type { Scopes } from "../abort";
import type { EngineEvent, EngineQuestion } from "../engines/engine";
import { newId } from "../id";
import { log } from "../log";
import { count, entriesOf, keyOf, noticeOf, usageOf } from "./engine-bounds";
import { type CallName, type CallTold, EngineCall } from "./engine-call";
import { EngineMessage, type MessageCost, type MessageTurn } from "./engine-message";
import { EngineSubagent, type SubagentStops, type SubagentTold } from "./engine-subagent";
import { TurnSize } from "./engine-turn-size";

/** What the parts of a turn belong to. */
export interface PartsTurn extends Omit<MessageTurn, "size"> {
  /** Of a subagent of Rein's that the engine runs. */
  agentId?: string | undefined;
  scopes: Scopes;
  /** Stops one subagent of the engine; absent: it cannot. Resolves with whether it does. */
  stopSubagent?: ((key: string) => Promise<boolean>) | undefined;
}

export class EngineParts {
  readonly #turn: MessageTurn;
  readonly #agentId: string | undefined;
  readonly #stops: SubagentStops | undefined;
  /** The turn's own, oldest first: a message that was given to the engine meanwhile comes between two. */
  readonly #messages: EngineMessage[] = [];
  readonly #calls = new Map<string, EngineCall>();
  readonly #subagents = new Map<EngineCall, EngineSubagent>();
  /** One after another: a question comes while an event is being applied. */
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  usage: Usage = noUsage;
  context: Session["context"];

  /** Events come after `begin`. */
  constructor({ agentId, scopes, stopSubagent, ...turn }: PartsTurn) {
    this.#turn = { ...turn, size: new TurnSize() };
    this.#agentId = agentId;
    if (stopSubagent)
      this.#stops = { scopes, stop: stopSubagent, notice: (text) => this.notice(text) };
  }

  /** A message that is answered: its first part may come late. */
  begin(): Promise<void> {
    return this.#inTurn(async () => void (await this.#own()));
  }

  /** Of the message that is being written. */
  get messageId(): string | undefined {
    return this.#messages.at(-1)?.at.messageId;
  }

  /** What the turn has used so far is kept: a server that is killed has counted it. */
  count(usage: Usage | undefined): void {
    if (usage === undefined || usage.inputTokens + usage.outputTokens === 0) return;
    this.#inTurn(async () => {
      const at = this.#messages.at(-1)?.at;
      if (at) await this.#turn.send({ type: "message-usage", ...at, usage });
    }).catch((err: unknown) => log.error({ err }, "What an engine has used could not be kept"));
  }

  /** What comes next is in a message of its own: `between` shows what the user has said, in the tick in which it is called. */
  split(between: () => void): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#messages.at(-1);
      if (before && !before.isLeft) await before.leave();
      between();
    });
  }

  /** A call is running, so that no word of a model is waited for. */
  get isCalling(): boolean {
    return [...this.#calls.values()].some((call) => call.isRunning && !this.#subagents.has(call));
  }

  /** Shown once, as a part of its own. */
  notice(text: string): Promise<void> {
    return this.#inTurn(() => this.#notice(text));
  }

  /**
   * The part of the call that a question is about, made where the engine has not told of it; undefined after the call, or
   * the turn. `withdraw`: called when the call ends before it is `answered`.
   */
  async asked(
    { key, name, kind, input, agent }: EngineQuestion,
    withdraw: () => void,
  ): Promise<CallName | undefined> {
    let part: CallName | undefined;
    await this.#inTurn(async () => {
      const told = { key, name, kind, input, ...defined({ agent }) };
      const call = this.#calls.get(keyOf(key)) ?? (await this.#call(told));
      if (call.isEnded) return;
      await call.asked(told, withdraw);
      part = call.name;
    });
    return part;
  }

  /** The question about this call has its answer. */
  answered(key: string): Promise<void> {
    return this.#inTurn(async () => this.#calls.get(keyOf(key))?.answered());
  }

  /** Resolves once it was applied. Throws EngineError when it is more than a turn can have. */
  apply(event: EngineEvent): Promise<void> {
    return this.#inTurn(() => this.#apply(event));
  }

  /** Ends and marks what is open. The cost is the last message's. */
  async close(outcome: Outcome, error: ErrorInfo | undefined, cost: MessageCost): Promise<void> {
    await this.#inTurn(async () => {
      await this.#endCalls(outcome, error);
      const last = this.#messages.at(-1);
      for (const message of this.#messages)
        await message.end(outcome, error, message === last ? cost : {});
    });
    this.#isClosed = true;
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(() => (this.#isClosed ? undefined : act()));
    // The caller gets the failure; what comes after it goes on.
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #apply(event: EngineEvent): Promise<void> {
    switch (event.type) {
      case "text":
      case "reasoning": {
        if (event.delta === "") return;
        const message = await this.#messageOf(event.agent);
        return message.write(event.type, keyOf(event.key), event.delta);
      }
      case "part-end": {
        const key = keyOf(event.key);
        await this.#messages.at(-1)?.endText(key);
        for (const subagent of this.#subagents.values()) await subagent.endText(key);
        return;
      }
      case "plan":
        return (await this.#own()).plan(entriesOf(event.entries));
      case "notice":
        return this.#notice(event.text);
      case "usage":
        this.usage = usageOf(event.usage);
        return;
      case "context": {
        const windowTokens = count(event.windowTokens ?? 0) || undefined;
        this.context = { usedTokens: count(event.usedTokens), ...defined({ windowTokens }) };
        return;
      }
      case "tool":
        await this.#call(event);
        return;
      case "subagent":
        return this.#beginSubagent(event.key, event);
      default: {
        const call = this.#calls.get(keyOf(event.key));
        // What is said of a call after its end changes nothing.
        if (call && !call.isEnded) await this.#applyTo(call, event);
      }
    }
  }

  async #applyTo(
    call: EngineCall,
    event: Extract<
      EngineEvent,
      { type: "tool-start" | "tool-output" | "tool-end" | "subagent-end" }
    >,
  ): Promise<void> {
    const subagent = this.#subagents.get(call);
    switch (event.type) {
      case "tool-start":
        return call.start();
      case "tool-output":
        if ("delta" in event) return call.addOutput(event.delta);
        return call.replaceOutput(event.whole);
      case "tool-end":
        return subagent ? subagent.endCall(event) : call.end(event);
      case "subagent-end":
        return subagent?.end(event.outcome);
    }
  }

  async #notice(text: string): Promise<void> {
    const shown = noticeOf(text);
    if (shown === "" || !this.#turn.size.addNotice()) return;
    const message = await this.#own();
    await message.add({ type: "other", id: newId(), name: "notice", text: shown });
  }

  /** The call, made or changed by what is told of it. */
  async #call(told: CallTold): Promise<EngineCall> {
    const key = keyOf(told.key);
    const known = this.#calls.get(key);
    if (known) {
      if (!known.isEnded) await known.change(told);
      return known;
    }
    this.#turn.size.checkCalls([...this.#calls.values()].filter((one) => !one.isEnded).length);
    // None works in itself.
    const agent = told.agent === told.key ? undefined : told.agent;
    const call = await EngineCall.begin(this.#turn, await this.#messageOf(agent), told);
    this.#calls.set(key, call);
    return call;
  }

  async #beginSubagent(key: string, told: SubagentTold): Promise<void> {
    const call =
      this.#calls.get(keyOf(key)) ?? (await this.#call({ key, name: "subagent", kind: "think" }));
    // No card within a card: what happens in it is shown in the outer one.
    if (call.isEnded || this.#subagents.has(call) || call.name.agentId !== undefined) return;
    const stops = told.stop === false ? undefined : this.#stops;
    const subagent = new EngineSubagent(this.#turn, call, stops);
    this.#subagents.set(call, subagent);
    await subagent.start(told);
  }

  /** The engine does not tell of the end of each. */
  async #endCalls(outcome: Outcome, error: ErrorInfo | undefined): Promise<void> {
    for (const call of this.#calls.values()) {
      if (call.isEnded) continue;
      await call.endOutput();
      const subagent = this.#subagents.get(call);
      await subagent?.end(outcome === "done" ? "done" : "stopped");
      if (outcome === "stopped" || !call.isRunning) continue;
      if (subagent?.outcome === "done") await call.end({ outcome: "done" });
      else await call.end({ outcome: "failed", error: error?.message ?? untold });
    }
  }

  /** Where a part of this agent goes. */
  async #messageOf(agent: string | undefined): Promise<EngineMessage> {
    if (agent === undefined || this.#agentId !== undefined) return this.#own();
    const before = this.#outermost(agent);
    if (before === undefined || !this.#subagents.has(before))
      await this.#beginSubagent(before?.key ?? agent, { title: "" });
    const call = this.#outermost(agent);
    const subagent = call && this.#subagents.get(call);
    return subagent && subagent.outcome === undefined ? subagent.message() : this.#own();
  }

  /** The call of the session's own under which this agent works. */
  #outermost(agent: string): EngineCall | undefined {
    const call = this.#calls.get(keyOf(agent));
    const outer = call?.name.agentId;
    if (outer === undefined) return call;
    return [...this.#calls.values()].find(({ name }) => name.partId === outer);
  }

  /** The message of the session's own that is being written. */
  async #own(): Promise<EngineMessage> {
    const last = this.#messages.at(-1);
    if (last && !last.isLeft) return last;
    const message = await EngineMessage.start(this.#turn, this.#agentId, this.#turn.signal);
    this.#messages.push(message);
    return message;
  }
}

const untold = "The engine did not say how it ended.";
