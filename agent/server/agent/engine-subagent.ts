/** One subagent of an engine, the card of its call: its own message, and its stop alone. */
import { defined } from "../../shared/defined";
import { noUsage, type Outcome, type Subagent } from "../../shared/protocol";
import { type Scope, type Scopes, stopReason, within } from "../abort";
import type { EngineEvent } from "../engines/engine";
import { nameOf, titleOf } from "./engine-bounds";
import type { CallEnd, EngineCall } from "./engine-call";
import { EngineMessage, type MessageTurn } from "./engine-message";

/** An engine has so long to agree to stop a subagent, and as long again to say that it has ended. */
const stopMs = 2_000;

export type SubagentTold = Omit<Extract<EngineEvent, { type: "subagent" }>, "type" | "key">;

/** How one is stopped alone. */
export interface SubagentStops {
  scopes: Scopes;
  /** Asks the engine. Resolves with whether it does. */
  stop: (key: string) => Promise<boolean>;
  /** Tells people. */
  notice: (text: string) => Promise<void>;
}

export class EngineSubagent {
  readonly #turn: MessageTurn;
  readonly #call: EngineCall;
  /** Absent: it cannot be stopped alone. */
  readonly #scope: Scope | undefined;
  #message: EngineMessage | undefined;
  #title = "";
  #outcome: Outcome | undefined;
  /** Of the call, told before the subagent has ended. */
  #callEnd: CallEnd | undefined;

  /** Without `stops` the engine cannot stop it alone. */
  constructor(turn: MessageTurn, call: EngineCall, stops: SubagentStops | undefined) {
    this.#turn = turn;
    this.#call = call;
    this.#scope = stops?.scopes.open(call.name.partId, turn.signal);
    const onStop = () => void this.#stopAlone(stops!);
    this.#scope?.signal.addEventListener("abort", onStop, { once: true });
  }

  /** Undefined while it runs. */
  get outcome(): Outcome | undefined {
    return this.#outcome;
  }

  /** Resolves once it is shown. */
  async start({ title, kind, model }: SubagentTold): Promise<void> {
    await this.#call.start();
    this.#title = titleOf(title) ?? this.#call.title;
    const subagent: Subagent = {
      title: this.#title,
      provider: this.#turn.provider,
      model: model ? nameOf(model) : this.#turn.model,
      messages: [],
      usage: noUsage,
      ...defined({ kind: kind && nameOf(kind) }),
      ...(this.#scope === undefined && { notStoppable: true as const }),
    };
    await this.#turn.send({ type: "subagent-start", ...this.#call.name, subagent });
  }

  /** Where its parts go. */
  async message(): Promise<EngineMessage> {
    return (this.#message ??= await EngineMessage.start(
      this.#turn,
      this.#call.name.partId,
      this.#scope?.signal ?? this.#turn.signal,
    ));
  }

  /** A text of it has ended, if it is its own. */
  async endText(key: string): Promise<void> {
    await this.#message?.endText(key);
  }

  /** Its call has ended. One in the background goes on after that, and the call ends with it. */
  async endCall(end: CallEnd): Promise<void> {
    if (this.#outcome === undefined) this.#callEnd = end;
    else await this.#call.end(end);
  }

  /** Idempotent. Only a stop of Rein's stops it: by itself it fails. */
  async end(told: Outcome): Promise<void> {
    if (this.#outcome !== undefined) return;
    const stop = stopReason(this.#scope?.signal ?? this.#turn.signal);
    const cut = stop ? "stopped" : "failed";
    const outcome = told === "stopped" ? cut : told;
    this.#outcome = outcome;
    await this.#message?.end(outcome);
    await this.#turn.send({ type: "subagent-end", ...this.#call.name, outcome });
    this.#scope?.[Symbol.dispose]();
    if (outcome === "stopped") {
      if (!this.#turn.signal.aborted) await this.#call.stopped(stop);
    } else if (this.#callEnd) await this.#call.end(this.#callEnd);
  }

  /** A person has stopped it alone. */
  async #stopAlone({ stop, notice }: SubagentStops): Promise<void> {
    if (this.#turn.signal.aborted) return;
    const { signal } = this.#turn;
    const agreed = stop(this.#call.key).catch(() => false);
    const ended = agreed.then(async (isStopping) => {
      if (isStopping) await Bun.sleep(stopMs);
    });
    await within(2 * stopMs, ended, signal);
    if (this.#outcome !== undefined || signal.aborted) return;
    await notice(`The engine could not stop “${this.#title}” alone.`);
    // A stop of it that waits for its end is answered.
    this.#scope?.[Symbol.dispose]();
  }
}
