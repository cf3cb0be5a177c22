/** One message that an engine writes: texts, reasoning, a plan and other parts one after another, until it ends. */
import { defined } from "../../shared/defined";
import type { ErrorInfo, Outcome, Part, PlanEntry, Session, Usage } from "../../shared/protocol";
import { findMessage } from "../../shared/session-lookup";
import { newId } from "../id";
import { closeParts } from "./answer-stream";
import type { TurnSize } from "./engine-turn-size";
import type { MessageName, Send } from "./turn-types";

/** The turn whose messages they are. */
export interface MessageTurn {
  session: Session;
  runId: string;
  provider: string;
  model: string;
  send: Send;
  signal: AbortSignal;
  size: TurnSize;
}

/** Known at the end of a turn. */
export interface MessageCost {
  usage?: Usage;
  context?: Session["context"];
}

export class EngineMessage {
  readonly at: MessageName;
  /** What stops it: the turn's signal, or a subagent's. */
  readonly signal: AbortSignal;
  readonly #turn: MessageTurn;
  /** Its text or reasoning under way. */
  #writing: { type: "text" | "reasoning"; key: string; partId: string } | undefined;
  #planId: string | undefined;
  #openCalls = 0;
  #isLeft = false;
  #isEnded = false;

  private constructor(turn: MessageTurn, at: MessageName, signal: AbortSignal) {
    this.#turn = turn;
    this.at = at;
    this.signal = signal;
  }

  /** Resolves once it is shown. */
  static async start(
    turn: MessageTurn,
    agentId: string | undefined,
    signal: AbortSignal,
  ): Promise<EngineMessage> {
    const { runId, provider, model, send } = turn;
    const agent = defined({ agentId });
    const at = { messageId: newId(), ...agent };
    const message = { id: at.messageId, runId, role: "assistant" as const, parts: [] };
    await send({
      type: "message-start",
      ...agent,
      message: { ...message, createdAt: Date.now(), provider, model },
    });
    return new EngineMessage(turn, at, signal);
  }

  /** What comes next is in another one. */
  get isLeft(): boolean {
    return this.#isLeft;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Adds to the text or reasoning of this key, which ends the one before. */
  async write(type: "text" | "reasoning", key: string, delta: string): Promise<void> {
    this.#turn.size.addText(delta);
    if (this.#writing?.type !== type || this.#writing.key !== key) {
      await this.endText();
      const id = newId();
      const part: Part =
        type === "text" ? { type, id, text: "" } : { type, id, text: "", startedAt: Date.now() };
      await this.#add(part);
      this.#writing = { type, key, partId: id };
    }
    const { partId } = this.#writing;
    await this.#turn.send({ type: "part-delta", ...this.at, partId, field: "text", delta });
  }

  /** Of the text or reasoning of this key, or whatever is under way. */
  async endText(key = this.#writing?.key): Promise<void> {
    if (this.#writing === undefined || this.#writing.key !== key) return;
    const { partId } = this.#writing;
    this.#writing = undefined;
    await this.#turn.send({ type: "part-end", ...this.at, partId, at: Date.now() });
  }

  /** The whole plan; it takes the place of the message's last. */
  async plan(entries: PlanEntry[]): Promise<void> {
    const partId = this.#planId;
    const { runId, send } = this.#turn;
    this.#turn.size.addChange(entries);
    if (this.at.agentId === undefined)
      await send({ type: "todo-change", runId, entries, at: Date.now() });
    if (partId !== undefined) return send({ type: "plan-change", ...this.at, partId, entries });
    this.#planId = newId();
    await this.add({ type: "plan", id: this.#planId, entries });
  }

  /** A part that is no text: the text under way ends with it. */
  async add(part: Part): Promise<void> {
    if (part.type === "tool-call") this.#openCalls++;
    await this.endText();
    await this.#add(part);
  }

  /** Nothing more is written in it. It ends with its last call. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    await this.endText();
    if (this.#openCalls === 0) await this.end("done");
  }

  /** One of its calls has ended. */
  async callEnded(): Promise<void> {
    this.#openCalls--;
    if (this.#isLeft && this.#openCalls === 0) await this.end("done");
  }

  /** Ends and marks what is open in it. Idempotent. */
  async end(outcome: Outcome, error?: ErrorInfo, cost: MessageCost = {}): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { session, send } = this.#turn;
    // A stop leaves it as it was cut.
    if (outcome === "done") await this.endText();
    const answer = findMessage(session, this.at);
    if (answer === undefined || answer.outcome !== undefined) return;
    for (const event of closeParts(answer, this.at, outcome, error, this.signal)) await send(event);
    await send({ type: "message-end", ...this.at, outcome, ...defined({ error, ...cost }) });
  }

  async #add(part: Part): Promise<void> {
    this.#turn.size.addPart();
    await this.#turn.send({ type: "part-start", ...this.at, part });
  }
}
