/** Turns the events of an engine's turn into parts of messages, with Rein's own ids and within bounds. */
import { defined } from "../../shared/defined";
import {
  type ErrorInfo,
  type EventBody,
  isOutcome,
  noUsage,
  type Outcome,
  type Part,
  type Session,
  type Subagent,
  type ToolCallPart,
  type Usage,
} from "../../shared/protocol";
import { findMessage } from "../../shared/session-lookup";
import { type Scope, type Scopes, stopReason } from "../abort";
import { EngineError, type EngineEvent, type EngineQuestion } from "../engines/engine";
import { newId } from "../id";
import { closeParts } from "./answer-stream";
import {
  count,
  diffOf,
  entriesOf,
  errorOf,
  inputOf,
  keyOf,
  kindOf,
  nameOf,
  noticeOf,
  titleOf,
  turnBounds,
  usageOf,
} from "./engine-bounds";
import { EngineOutput, type OutputChange } from "./engine-output";
import type { MessageName, Send } from "./turn-types";

type Event<Type extends EngineEvent["type"]> = Extract<EngineEvent, { type: Type }>;
type PartName = MessageName & { partId: string };

/** What the parts of a turn belong to. */
export interface EngineMessages {
  session: Session;
  runId: string;
  /** Of a subagent of Rein's that the engine runs. */
  agentId?: string | undefined;
  provider: string;
  model: string;
  scopes: Scopes;
  /** Stops one subagent of the engine; absent: it cannot. Resolves with whether it does. */
  stopSubagent?: ((key: string) => Promise<boolean>) | undefined;
}

/** A message that the engine is writing. */
interface Writer {
  at: MessageName;
  /** Its text or reasoning under way. */
  open?: { type: "text" | "reasoning"; key: string; partId: string } | undefined;
  planId?: string;
}

interface Call {
  key: string;
  name: PartName;
  output: EngineOutput;
  /** As it was shown last. */
  shown: { name: string; title?: string | undefined; input?: string | undefined };
  isStarted: boolean;
  isEnded: boolean;
  subagent?: OpenSubagent;
}

interface OpenSubagent {
  scope: Scope | undefined;
  writer: Writer | undefined;
  outcome?: Outcome;
  /** Of the call, told before the subagent has ended. */
  end?: Event<"tool-end">;
}

export class EngineParts {
  readonly #of: EngineMessages;
  readonly #send: Send;
  readonly #signal: AbortSignal;
  readonly #calls = new Map<string, Call>();
  /** The session's own, oldest first: a message that was given to the engine meanwhile comes between two. */
  readonly #writers: Writer[] = [];
  #main: Writer | undefined;
  #partCount = 0;
  #characters = 0;
  #notices = 0;
  /** One after another: a question comes while an event is being applied. */
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed = false;
  usage: Usage = noUsage;
  context: Session["context"];

  /** `signal`: the turn's own. Events come after `begin`. */
  constructor(of: EngineMessages, send: Send, signal: AbortSignal) {
    this.#of = of;
    this.#send = send;
    this.#signal = signal;
  }

  /** A message that is answered: its first part may come late. */
  begin(): Promise<void> {
    return this.#inTurn(async () => void (await this.#writer(undefined)));
  }

  /** Of the message that is being written. */
  get messageId(): string | undefined {
    return (this.#main ?? this.#writers.at(-1))?.at.messageId;
  }

  /** What comes next is in a message of its own: `between` shows what the user has said, in the tick in which it is called. */
  split(between: () => void): Promise<void> {
    return this.#inTurn(async () => {
      await this.#split();
      between();
    });
  }

  async #split(): Promise<void> {
    const before = this.#main;
    if (before === undefined) return;
    await this.#endText(before);
    this.#main = undefined;
    const isWriting = [...this.#calls.values()].some(
      ({ isEnded, name }) => !isEnded && name.messageId === before.at.messageId,
    );
    if (!isWriting) await this.#endMessage(before, "done");
  }

  /** A call is running, so that no word of a model is waited for. */
  get isCalling(): boolean {
    return [...this.#calls.values()].some(
      ({ isStarted, isEnded, subagent }) => isStarted && !isEnded && subagent === undefined,
    );
  }

  get hasCalled(): boolean {
    return this.#calls.size > 0;
  }

  /** Resolves once it was applied. Throws EngineError when it is more than a turn can have. */
  apply(event: EngineEvent): Promise<void> {
    return this.#inTurn(() => this.#apply(event));
  }

  async #apply(event: EngineEvent): Promise<void> {
    switch (event.type) {
      case "text":
      case "reasoning":
        return this.#write(event);
      case "part-end": {
        const writers = [this.#main, ...this.#subagentWriters()];
        const writer = writers.find((one) => one?.open?.key === keyOf(event.key));
        return writer && this.#endText(writer);
      }
      case "tool":
        await this.#call(event);
        return;
      case "tool-start":
        return this.#withCall(event.key, (call) => this.#start(call));
      case "tool-output":
        return this.#withCall(event.key, (call) => {
          const { output } = call;
          return this.#show(
            call,
            "whole" in event ? output.replace(event.whole) : output.add(event.delta),
          );
        });
      case "tool-end":
        return this.#withCall(event.key, (call) => this.#end(call, event));
      case "subagent":
        return this.#beginSubagent(event);
      case "subagent-end":
        return this.#withCall(event.key, (call) => this.#endSubagent(call, event.outcome));
      case "usage":
        this.usage = usageOf(event.usage);
        return;
      case "context": {
        const windowTokens = count(event.windowTokens ?? 0) || undefined;
        this.context = { usedTokens: count(event.usedTokens), ...defined({ windowTokens }) };
        return;
      }
      case "plan":
        return this.#plan(entriesOf(event.entries));
      case "notice":
        return this.#notice(event.text);
    }
  }

  /** Shown once, as a part of its own. */
  notice(text: string): Promise<void> {
    return this.#inTurn(() => this.#notice(text));
  }

  async #notice(text: string): Promise<void> {
    const shown = noticeOf(text);
    if (shown === "" || ++this.#notices > turnBounds.notices) return;
    await this.#add(await this.#writer(undefined), {
      type: "other",
      id: newId(),
      name: "notice",
      text: shown,
    });
  }

  /** The part of the call that a question is about, made where the engine has not told of it; undefined after the turn. */
  async asked({ key, name, kind, input, agent }: EngineQuestion): Promise<PartName | undefined> {
    let part: PartName | undefined;
    await this.#inTurn(async () => {
      part = (await this.#call({ key, name, kind, input, ...defined({ agent }) })).name;
    });
    return part;
  }

  /** It was answered. One that had begun before goes on. */
  answered(key: string): Promise<void> {
    return this.#inTurn(async () => {
      const call = this.#calls.get(keyOf(key));
      if (call?.isStarted && !call.isEnded)
        await this.#send({ type: "tool-start", ...call.name, at: Date.now() });
    });
  }

  /** Ends and marks what is open. The usage and the context are of the last message. */
  async close(
    outcome: Outcome,
    error: ErrorInfo | undefined,
    end: { usage?: Usage; context?: Session["context"] },
  ): Promise<void> {
    await this.#inTurn(() => this.#close(outcome, error, end));
    this.#isClosed = true;
  }

  async #close(
    outcome: Outcome,
    error: ErrorInfo | undefined,
    end: { usage?: Usage; context?: Session["context"] },
  ): Promise<void> {
    for (const call of this.#calls.values()) {
      if (call.isEnded) continue;
      await this.#show(call, call.output.end());
      if (call.subagent && call.subagent.outcome === undefined)
        await this.#endSubagent(call, outcome === "done" ? "done" : "stopped");
      // The engine does not tell of the end of each.
      if (outcome !== "stopped" && call.isStarted && !call.isEnded)
        await this.#endUntold(call, error?.message);
    }
    const last = this.#main ?? this.#writers.at(-1);
    for (const writer of this.#writers) {
      if (this.#isOver(writer)) continue;
      const isLast = writer === last;
      await this.#endMessage(writer, outcome, error, isLast ? end : {});
    }
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    const turn = this.#turn.then(() => (this.#isClosed ? undefined : act()));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #write({ type, key, delta, agent }: Event<"text" | "reasoning">): Promise<void> {
    if (delta === "") return;
    this.#characters += delta.length;
    if (this.#characters > turnBounds.characters) throw tooMuch("characters of text");
    const writer = await this.#writer(agent);
    const named = keyOf(key);
    if (writer.open?.type !== type || writer.open.key !== named) {
      await this.#endText(writer);
      const id = newId();
      const part: Part =
        type === "text" ? { type, id, text: "" } : { type, id, text: "", startedAt: Date.now() };
      await this.#add(writer, part);
      writer.open = { type, key: named, partId: id };
    }
    const { partId } = writer.open;
    await this.#send({ type: "part-delta", ...writer.at, partId, field: "text", delta });
  }

  async #endText(writer: Writer): Promise<void> {
    const { open } = writer;
    writer.open = undefined;
    if (open)
      await this.#send({ type: "part-end", ...writer.at, partId: open.partId, at: Date.now() });
  }

  async #plan(entries: ReturnType<typeof entriesOf>): Promise<void> {
    const writer = await this.#writer(undefined);
    const { planId } = writer;
    if (planId === undefined) {
      writer.planId = newId();
      await this.#add(writer, { type: "plan", id: writer.planId, entries });
    } else await this.#send({ type: "plan-change", ...writer.at, partId: planId, entries });
  }

  /** The call, made or changed by what is told of it. */
  async #call(told: Omit<Event<"tool">, "type">): Promise<Call> {
    const key = keyOf(told.key);
    const input = inputOf(told.input);
    const shown = {
      name: nameOf(told.name),
      title: titleOf(told.title),
      input: JSON.stringify(input) as string | undefined,
    };
    const known = this.#calls.get(key);
    if (known) {
      if (!known.isEnded) await this.#change(known, shown, input);
      return known;
    }
    if ([...this.#calls.values()].filter(({ isEnded }) => !isEnded).length >= turnBounds.openCalls)
      throw tooMuch("calls at once");
    // None works in itself.
    const agent = told.agent === told.key ? undefined : told.agent;
    const writer = await this.#writer(agent);
    const { name, title } = shown;
    const part: ToolCallPart = {
      type: "tool-call",
      id: newId(),
      callId: key,
      name,
      kind: kindOf(told.kind),
      inputText: "",
      state: input === undefined ? "writing" : "pending",
      output: "",
      ...defined({ title, input }),
    };
    const call: Call = {
      key: told.key,
      name: { ...writer.at, partId: part.id },
      output: new EngineOutput(),
      shown,
      isStarted: false,
      isEnded: false,
    };
    this.#calls.set(key, call);
    await this.#endText(writer);
    await this.#add(writer, part);
    return call;
  }

  async #change(call: Call, now: Call["shown"], input: unknown): Promise<void> {
    const before = call.shown;
    const change = defined({
      name: now.name === before.name ? undefined : now.name,
      title: now.title === before.title ? undefined : now.title,
      input: now.input === before.input ? undefined : input,
    });
    if (Object.keys(change).length === 0) return;
    call.shown = { ...before, ...defined(now) };
    await this.#send({ type: "tool-change", ...call.name, ...change });
  }

  async #start(call: Call): Promise<void> {
    if (call.isStarted) return;
    call.isStarted = true;
    await this.#send({ type: "tool-start", ...call.name, at: Date.now() });
  }

  async #show(call: Call, change: OutputChange | undefined): Promise<void> {
    if (change === undefined) return;
    const event: EventBody =
      "delta" in change
        ? { type: "part-delta", ...call.name, field: "output", delta: change.delta }
        : { type: "output-replace", ...call.name, output: change.whole };
    await this.#send(event);
  }

  async #end(call: Call, end: Event<"tool-end">): Promise<void> {
    const { subagent } = call;
    if (subagent && subagent.outcome === undefined) {
      // One in the background goes on after its call.
      subagent.end = end;
      return;
    }
    const { outcome, output, error, diff } = end;
    // No engine has a word for a call that was stopped: it fails.
    if (outcome === "failed" && this.#isStopped(call)) {
      if (output !== undefined && call.output.isGrown(output))
        await this.#show(call, call.output.replace(output));
      return;
    }
    if (outcome === "done") await this.#start(call);
    if (output !== undefined) await this.#show(call, call.output.replace(output));
    await this.#show(call, call.output.end());
    call.isEnded = true;
    const what = defined({ diff: diffOf(diff), error: errorOf(error) });
    await this.#send({ type: "tool-end", ...call.name, at: Date.now(), outcome, ...what });
    await this.#endSplit(call);
  }

  #isStopped({ name: { agentId } }: Call): boolean {
    const outer = [...this.#calls.values()].find(({ name }) => name.partId === agentId);
    return this.#signal.aborted || outer?.subagent?.scope?.signal.aborted === true;
  }

  /** The turn is over, and how this call ended was not said. */
  async #endUntold(call: Call, reason = "The engine did not say how it ended."): Promise<void> {
    const outcome = call.subagent?.outcome === "done" ? "done" : "failed";
    const error = outcome === "done" ? undefined : reason;
    await this.#end(call, { type: "tool-end", key: call.key, outcome, ...defined({ error }) });
  }

  /** A message that was split off ends with its last call. */
  async #endSplit({ name: { messageId } }: Call): Promise<void> {
    const writer = this.#writers.find(({ at }) => at.messageId === messageId);
    if (writer === undefined || writer === this.#main) return;
    const isOpen = [...this.#calls.values()].some(
      ({ isEnded, name }) => !isEnded && name.messageId === messageId,
    );
    if (!isOpen) await this.#endMessage(writer, "done");
  }

  async #beginSubagent(event: Event<"subagent">): Promise<void> {
    const { key, title } = event;
    const call =
      this.#calls.get(keyOf(key)) ?? (await this.#call({ key, name: "subagent", kind: "think" }));
    // No card within a card: what happens in it is shown in the outer one.
    if (call.isEnded || call.subagent || call.name.agentId !== undefined) return;
    const { provider, model, scopes, stopSubagent } = this.#of;
    const isStoppable = stopSubagent !== undefined && event.stop !== false;
    const scope = isStoppable ? scopes.open(call.name.partId, this.#signal) : undefined;
    call.subagent = { scope, writer: undefined };
    if (scope)
      scope.signal.addEventListener("abort", () => void this.#stopSubagent(call), { once: true });
    await this.#start(call);
    const subagent: Subagent = {
      title: titleOf(title) ?? call.shown.title ?? call.shown.name,
      provider,
      model: event.model ? nameOf(event.model) : model,
      messages: [],
      usage: noUsage,
      ...defined({ kind: event.kind && nameOf(event.kind) }),
      ...(!isStoppable && { notStoppable: true as const }),
    };
    await this.#send({ type: "subagent-start", ...call.name, subagent });
  }

  /** A person has stopped it alone. */
  async #stopSubagent(call: Call): Promise<void> {
    if (this.#signal.aborted) return;
    const isStopping = await this.#of.stopSubagent!(call.key).catch(() => false);
    if (isStopping) await Bun.sleep(subagentStopMs);
    if (call.subagent?.outcome !== undefined) return;
    await this.notice(`The engine could not stop “${call.shown.title ?? call.shown.name}” alone.`);
    // Whoever waits for its end is answered.
    call.subagent?.scope?.[Symbol.dispose]();
  }

  async #endSubagent(call: Call, told: Outcome): Promise<void> {
    const { subagent } = call;
    if (subagent === undefined || subagent.outcome !== undefined) return;
    const signal = subagent.scope?.signal ?? this.#signal;
    const stop = stopReason(signal);
    const cut = stop ? ("stopped" as const) : ("failed" as const);
    const outcome = told === "stopped" ? cut : told;
    subagent.outcome = outcome;
    if (subagent.writer) await this.#endMessage(subagent.writer, outcome, undefined, {}, signal);
    await this.#send({ type: "subagent-end", ...call.name, outcome });
    subagent.scope?.[Symbol.dispose]();
    if (outcome === "stopped" && !this.#signal.aborted) {
      call.isEnded = true;
      await this.#show(call, call.output.end());
      await this.#send({
        type: "tool-end",
        ...call.name,
        at: Date.now(),
        outcome,
        ...defined({ stop }),
      });
    } else if (subagent.end && outcome !== "stopped") await this.#end(call, subagent.end);
  }

  async #withCall(key: string, act: (call: Call) => Promise<void>): Promise<void> {
    const call = this.#calls.get(keyOf(key));
    // What is said of a call after its end changes nothing.
    if (call && !call.isEnded) await act(call);
  }

  /** Where a part of this agent goes. */
  async #writer(agent: string | undefined): Promise<Writer> {
    if (agent !== undefined && this.#of.agentId === undefined) {
      const call = this.#outermost(agent);
      if (call === undefined || call.subagent === undefined)
        await this.#beginSubagent({ type: "subagent", key: call?.key ?? agent, title: "" });
      const subagent = this.#outermost(agent)?.subagent;
      if (subagent && subagent.outcome === undefined)
        return (subagent.writer ??= await this.#startMessage(this.#outermost(agent)!.name.partId));
    }
    if (this.#main === undefined) {
      this.#main = await this.#startMessage(this.#of.agentId);
      this.#writers.push(this.#main);
    }
    return this.#main;
  }

  /** The call of the session's own under which this agent works. */
  #outermost(agent: string): Call | undefined {
    const call = this.#calls.get(keyOf(agent));
    const outer = call?.name.agentId;
    if (outer === undefined) return call;
    return [...this.#calls.values()].find(({ name }) => name.partId === outer);
  }

  #subagentWriters(): (Writer | undefined)[] {
    return [...this.#calls.values()].map(({ subagent }) => subagent?.writer);
  }

  async #startMessage(agentId: string | undefined): Promise<Writer> {
    const { runId, provider, model } = this.#of;
    const at = { messageId: newId(), ...defined({ agentId }) };
    const message = { id: at.messageId, runId, role: "assistant" as const, parts: [] };
    await this.#send({
      type: "message-start",
      ...defined({ agentId }),
      message: { ...message, createdAt: Date.now(), provider, model },
    });
    return { at };
  }

  async #add(writer: Writer, part: Part): Promise<void> {
    if (++this.#partCount > turnBounds.parts) throw tooMuch("parts");
    if (part.type !== "text" && part.type !== "reasoning") await this.#endText(writer);
    await this.#send({ type: "part-start", ...writer.at, part });
  }

  async #endMessage(
    writer: Writer,
    outcome: Outcome,
    error?: ErrorInfo,
    end: { usage?: Usage; context?: Session["context"] } = {},
    signal = this.#signal,
  ): Promise<void> {
    // A stop leaves it as it was cut.
    if (outcome === "done") await this.#endText(writer);
    const answer = findMessage(this.#of.session, writer.at);
    if (answer === undefined || answer.outcome !== undefined) return;
    for (const event of closeParts(answer, writer.at, outcome, error, signal))
      await this.#send(event);
    for (const call of this.#calls.values())
      if (call.name.messageId === writer.at.messageId) call.isEnded = true;
    await this.#send({
      type: "message-end",
      ...writer.at,
      outcome,
      ...defined({ error, ...end }),
    });
  }

  #isOver({ at }: Writer): boolean {
    const outcome = findMessage(this.#of.session, at)?.outcome;
    return outcome !== undefined && isOutcome(outcome);
  }
}

/** An engine that has agreed to stop a subagent has so long to say that it has ended. */
const subagentStopMs = 2_000;

function tooMuch(what: string): EngineError {
  return new EngineError(
    "engine-flood",
    `The engine sent more ${what} in one turn than can be shown.`,
  );
}
