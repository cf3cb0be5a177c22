/** One call of an engine, from what is first told of it to its end: its words, its question, its output. */
import { defined } from "../../shared/defined";
import type { Stop, ToolCallPart } from "../../shared/protocol";
import type { EngineEvent } from "../engines/engine";
import { newId } from "../id";
import { diffOf, errorOf, inputOf, keyOf, kindOf, nameOf, titleOf } from "./engine-bounds";
import type { EngineMessage, MessageTurn } from "./engine-message";
import { EngineOutput, type OutputChange } from "./engine-output";
import type { MessageName } from "./turn-types";

export type CallTold = Omit<Extract<EngineEvent, { type: "tool" }>, "type">;
export type CallEnd = Omit<Extract<EngineEvent, { type: "tool-end" }>, "type" | "key">;
export type CallName = MessageName & { partId: string };

export class EngineCall {
  /** As the engine names it. */
  readonly key: string;
  readonly name: CallName;
  readonly #turn: MessageTurn;
  readonly #message: EngineMessage;
  readonly #output = new EngineOutput();
  /** As it was shown last. */
  #shown: ReturnType<typeof shownOf>;
  #told: CallTold;
  /** As it was told before its last question, and since then as it was asked. */
  #question: { before: CallTold; asked: CallTold } | undefined;
  /** Takes back the question that is open. */
  #withdraw: (() => void) | undefined;
  #isStarted = false;
  #isEnded = false;

  private constructor(turn: MessageTurn, message: EngineMessage, told: CallTold) {
    this.key = told.key;
    this.name = { ...message.at, partId: newId() };
    this.#turn = turn;
    this.#message = message;
    this.#shown = shownOf(told);
    this.#told = told;
  }

  /** Resolves once it is shown, in the message. */
  static async begin(
    turn: MessageTurn,
    message: EngineMessage,
    told: CallTold,
  ): Promise<EngineCall> {
    const call = new EngineCall(turn, message, told);
    const input = inputOf(told.input);
    const { name, title } = call.#shown;
    const part: ToolCallPart = {
      type: "tool-call",
      id: call.name.partId,
      callId: keyOf(told.key),
      name,
      kind: kindOf(told.kind),
      inputText: "",
      state: input === undefined ? "writing" : "pending",
      output: "",
      ...defined({ title, input }),
    };
    await message.add(part);
    return call;
  }

  /** What it is about, for people. */
  get title(): string {
    return this.#shown.title ?? this.#shown.name;
  }

  get isRunning(): boolean {
    return this.#isStarted && !this.isEnded;
  }

  get isEnded(): boolean {
    return this.#isEnded || this.#message.isEnded;
  }

  /** More is known of it. What was asked stays: the answer is to just that. */
  async change(told: CallTold): Promise<void> {
    if (this.#isAsked) return;
    const { name, input } = this.#told;
    await this.#tell(this.#question ? { ...told, name, input } : told);
  }

  async #tell(told: CallTold): Promise<void> {
    this.#told = { ...this.#told, ...defined(told) };
    const before = this.#shown;
    const now = shownOf(told);
    const change = defined({
      name: now.name === before.name ? undefined : now.name,
      title: now.title === before.title ? undefined : now.title,
      input: now.input === before.input ? undefined : inputOf(told.input),
    });
    if (Object.keys(change).length === 0) return;
    this.#turn.size.addChange(change);
    this.#shown = { ...before, ...defined(now) };
    await this.#turn.send({ type: "tool-change", ...this.name, ...change });
  }

  /** A question about it is open. `withdraw`: called when the call ends first. */
  async asked(question: CallTold, withdraw: () => void): Promise<void> {
    this.#question = { before: this.#told, asked: question };
    this.#withdraw = withdraw;
    await this.#tell(question);
  }

  /** One that had begun before its question goes on. A question about something else in it has not made it another. */
  async answered(): Promise<void> {
    this.#withdraw = undefined;
    const { before, asked } = this.#question!;
    if (before.name !== asked.name) await this.#tell(before);
    if (this.isRunning) await this.#sendStart();
  }

  /** Shows that it runs. Once; not after a stop has answered its question. */
  async start(): Promise<void> {
    // A stop has answered its question: whatever the engine says, it does not run.
    if (this.#isStarted || (this.#isAsked && this.#isStopped)) return;
    this.#isStarted = true;
    await this.#sendStart();
  }

  addOutput(delta: string): Promise<void> {
    return this.#show(this.#output.add(delta));
  }

  /** After a stop the engine's words about that can come in the place of the output. */
  async replaceOutput(whole: string): Promise<void> {
    if (!this.#isStopped || this.#output.isGrown(whole))
      await this.#show(this.#output.replace(whole));
  }

  /** The output's tail too: no more of it comes. */
  endOutput(): Promise<void> {
    return this.#show(this.#output.end());
  }

  /** Shows its end; `output` takes the place of what came before. After a stop it can stay open, to be shown as stopped. */
  async end({ outcome, output, error, diff }: CallEnd): Promise<void> {
    // No engine has a word for a call that was stopped: it fails. One whose question a stop has answered did not run.
    const isUnstarted = this.#isAsked && !this.#isStarted;
    if (this.#isStopped && (outcome === "failed" || isUnstarted)) {
      if (output !== undefined) await this.replaceOutput(output);
      return;
    }
    if (outcome === "done") await this.start();
    if (output !== undefined) await this.#show(this.#output.replace(output));
    await this.#end({ outcome, ...defined({ diff: diffOf(diff), error: errorOf(error) }) });
  }

  /** It was stopped alone. */
  async stopped(stop: Stop | undefined): Promise<void> {
    await this.#end({ outcome: "stopped", ...defined({ stop }) });
  }

  async #end(how: Pick<ToolCallPart, "diff" | "error" | "stop"> & { outcome: CallOutcome }) {
    await this.endOutput();
    this.#isEnded = true;
    this.#withdraw?.();
    await this.#turn.send({ type: "tool-end", ...this.name, at: Date.now(), ...how });
    await this.#message.callEnded();
  }

  /** It waits for an answer. */
  get #isAsked(): boolean {
    return this.#withdraw !== undefined;
  }

  get #isStopped(): boolean {
    return this.#turn.signal.aborted || this.#message.signal.aborted;
  }

  async #sendStart(): Promise<void> {
    await this.#turn.send({ type: "tool-start", ...this.name, at: Date.now() });
  }

  async #show(change: OutputChange | undefined): Promise<void> {
    if (change === undefined) return;
    if ("whole" in change) this.#turn.size.addChange(change.whole);
    await this.#turn.send(
      "delta" in change
        ? { type: "part-delta", ...this.name, field: "output", delta: change.delta }
        : { type: "output-replace", ...this.name, output: change.whole },
    );
  }
}

type CallOutcome = CallEnd["outcome"] | "stopped";

function shownOf({ name, title, input }: CallTold) {
  return {
    name: nameOf(name),
    title: titleOf(title),
    input: JSON.stringify(inputOf(input)) as string | undefined,
  };
}
