/** One open conversation of Claude Code: its turns, its questions, and what is said to it while it works. */
import type { z } from "zod";
import type { ModelOptions } from "../../../shared/protocol";
import { neverAborts, within } from "../../abort";
import { log } from "../../log";
import type {
  EngineChild,
  EngineConversation,
  EngineEnd,
  EngineError,
  EngineEvent,
  EngineFile,
  EngineRequest,
  GivenServer,
} from "../engine";
import { TurnEvents } from "../turn-events";
import { type ClaudeContent, contentOf } from "./claude-content";
import { endOfTurn, failed, type TurnToEnd } from "./claude-errors";
import { ClaudeControls } from "./claude-controls";
import { ClaudeEvents } from "./claude-events";
import { type ClaudeMessage, type ClaudeQuestion, initialized } from "./claude-messages";
import { denial, questionOf, replyOf } from "./claude-questions";
import { ClaudeUsage } from "./claude-usage";
import { ClaudeWire } from "./claude-wire";

export interface ClaudeRequest {
  id: string;
  cwd: string;
  /** Its conversation begins with this program. */
  isFresh: boolean;
  isGated: boolean;
  ask: EngineRequest["ask"];
}

/** A turn that began by itself is interrupted; this long a message waits for its end. */
const idleMs = 5_000;

interface Turn extends TurnToEnd {
  /** Of its message, once that is sent. */
  messageId?: string;
  /** Its message is being answered, as far as Claude Code says so. */
  isTaken: boolean;
}

export class ClaudeConversation implements EngineConversation {
  readonly id: string;
  readonly child: EngineChild;
  readonly #request: ClaudeRequest;
  readonly #wire: ClaudeWire;
  readonly #controls: ClaudeControls;
  readonly #events: ClaudeEvents;
  readonly #turns = new TurnEvents();
  #turn: Turn | undefined;
  #version: string | undefined;
  /** Whether it says when it is idle: else its result ends a turn. */
  #saysIdle = true;
  /** Whether it says when it takes a message: then it has done so once. */
  #saysTaken = false;
  #isBusy = false;
  #idle = Promise.withResolvers<void>();
  /** What it is busy with is no turn of ours, and was interrupted. */
  #isOther = false;
  #lastEnd: EngineError | undefined;
  /** Messages within a turn, until each is taken. */
  readonly #steered = new Map<string, (isTaken: boolean) => void>();
  readonly #nextNotices: string[] = [];

  /** Reads the program's output from now on. */
  constructor(child: EngineChild, request: ClaudeRequest) {
    this.id = request.id;
    this.child = child;
    this.#request = request;
    this.#events = new ClaudeEvents(request.cwd, new ClaudeUsage(request.isFresh));
    this.#wire = new ClaudeWire(child, {
      onMessage: (message) => this.#take(message),
      onQuestion: (question, signal) => this.#answer(question, signal),
    });
    this.#controls = new ClaudeControls(this.#wire);
    this.#wire.ended
      .then((error) => this.#end(error))
      .catch((err: unknown) => log.error({ err }, "The end of Claude Code could not be handled"));
  }

  get version(): string | undefined {
    return this.#version;
  }

  /** Resolves once it can take messages. Rejects with EngineError, and with the signal's reason. */
  async initialize(signal: AbortSignal): Promise<z.infer<typeof initialized>> {
    const request = { subtype: "initialize", forwardSubagentText: true };
    const answer = await this.#wire.control(request, signal);
    const known = initialized.safeParse(answer).data ?? {};
    this.#version = known.claude_code_version;
    this.#saysIdle = known.session_state !== undefined;
    return known;
  }

  turn(text: string, files: readonly EngineFile[] = []): AsyncGenerator<EngineEvent, EngineEnd> {
    // Claude Code takes a leading slash for a command of its own window, and `/clear` for the end of the conversation.
    return this.#begin(contentOf(text.startsWith("/") ? ` ${text}` : text, files));
  }

  compact(): AsyncGenerator<EngineEvent, EngineEnd> {
    return this.#begin("/compact", true);
  }

  interrupt(): void {
    const turn = this.#turn;
    if (turn === undefined || turn.isInterrupted) return;
    turn.isInterrupted = true;
    if (turn.messageId !== undefined) this.#controls.interrupt(true);
  }

  async stopSubagent(key: string): Promise<boolean> {
    const task = this.#events.taskOf(key);
    return task !== undefined && this.#controls.stopTask(task);
  }

  /** Claude Code reads it between two requests to the model; what comes after the last of them is answered in the same turn. */
  steer(text: string, files: readonly EngineFile[] = []): Promise<boolean> {
    if (!this.#isOpen || this.#turn?.isInterrupted !== false) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#steered.set(this.#say(contentOf(text, files)), resolve);
    return promise;
  }

  async setModel(model: string, options?: ModelOptions): Promise<void> {
    await this.#controls.setModel(model);
    await this.#controls.setEffort(options?.effort);
  }

  /** Once, before its first turn, which tells people of those that did not start. */
  async setMcpServers(all: readonly GivenServer[]): Promise<void> {
    this.#nextNotices.push(...(await this.#controls.setMcpServers(all)));
  }

  setEffort(effort: ModelOptions["effort"]): Promise<void> {
    return this.#controls.setEffort(effort);
  }

  async *#begin(content: ClaudeContent, sumsUp = false): AsyncGenerator<EngineEvent, EngineEnd> {
    const turn: Turn = { sumsUp, isTaken: false, isInterrupted: false };
    this.#turn = turn;
    try {
      if (this.#isBusy) await within(idleMs, this.#idle.promise, neverAborts);
      if (this.#lastEnd) return failed(this.#lastEnd.code, this.#lastEnd.message);
      if (turn.isInterrupted) return { outcome: "interrupted" };
      if (this.#isBusy)
        return failed("engine-busy", "Claude Code is still busy with something else.");
      const events = this.#turns.begin();
      this.#events.begin();
      for (const text of this.#nextNotices.splice(0)) this.#turns.push({ type: "notice", text });
      turn.messageId = this.#say(content);
      return yield* events;
    } finally {
      if (this.#turn === turn) this.#turn = undefined;
      // A reader that has left wants nothing of it any more.
      if (this.#isBusy && turn.messageId !== undefined && !turn.isInterrupted)
        this.#controls.interrupt(true);
    }
  }

  /** Sends a message of the user, and returns its id. */
  #say(content: ClaudeContent): string {
    const uuid = crypto.randomUUID();
    this.#wire.send({
      type: "user",
      message: { role: "user", content },
      parent_tool_use_id: null,
      uuid,
    });
    return uuid;
  }

  /** Whether what it says is said in the turn: not before it has taken the message, where it says when. */
  get #isOpen(): boolean {
    if (this.#turn?.messageId === undefined || !this.#turns.isOpen) return false;
    return this.#turn.isTaken || !this.#saysTaken;
  }

  #take(message: ClaudeMessage): void {
    if (message.type === "system" && message.subtype === "session_state_changed")
      return this.#setBusy(message.state !== "idle");
    if (message.type === "command_lifecycle") return this.#follow(message);
    if (!this.#isOpen) return this.#drop(message);
    for (const event of this.#events.read(message))
      if (!this.#isCut(event)) this.#turns.push(event);
    if (message.type !== "result") return;
    this.#turn!.result = message;
    for (const event of this.#events.end(message)) this.#turns.push(event);
    if (!this.#saysIdle) this.#setBusy(false);
  }

  /** What an interrupt has cut did not fail: it stays open, as text does. */
  #isCut(event: EngineEvent): boolean {
    return this.#turn!.isInterrupted && event.type === "tool-end" && event.outcome === "failed";
  }

  /** Nothing that is said outside a turn counts; work that Rein did not ask for is interrupted. */
  #drop({ type }: ClaudeMessage): void {
    const isWork = type === "stream_event" || type === "assistant";
    if (!this.#saysIdle && (isWork || type === "result")) this.#setBusy(isWork);
    // The turn's own message waits behind it.
    else if (isWork && this.#turn?.messageId !== undefined) this.#interruptOther();
  }

  #setBusy(isBusy: boolean): void {
    const was = this.#isBusy;
    this.#isBusy = isBusy;
    if (isBusy && !was) {
      this.#idle = Promise.withResolvers();
      this.#isOther = false;
      if (this.#turn?.messageId === undefined) this.#interruptOther();
    }
    if (isBusy) return;
    this.#idle.resolve();
    if (!this.#isOpen && this.#turn?.isInterrupted !== true) return;
    if (this.#turn?.messageId !== undefined)
      this.#turns.end(endOfTurn(this.#turn, this.#events, this.#request.isGated));
    this.#settle();
  }

  /** A turn that Rein did not ask for; what waits behind it stays. */
  #interruptOther(): void {
    if (!this.#isOther) this.#controls.interrupt(false);
    this.#isOther = true;
  }

  /** Ends what is open in a turn that is over. */
  #settle(): void {
    this.#wire.withdrawQuestions();
    for (const resolve of this.#steered.values()) resolve(false);
    this.#steered.clear();
  }

  /** What becomes of a message that was sent. */
  #follow({ command_uuid: id, state }: { command_uuid: string; state: string }): void {
    this.#saysTaken = true;
    if (state !== "started" && state !== "cancelled") return;
    if (this.#turn?.messageId === id) this.#turn.isTaken = true;
    this.#steered.get(id)?.(state === "started");
    this.#steered.delete(id);
  }

  #end(error: EngineError): void {
    this.#lastEnd = error;
    this.#isBusy = false;
    this.#idle.resolve();
    this.#turns.end(failed(error.code, error.message));
    this.#settle();
  }

  async #answer(request: ClaudeQuestion, signal: AbortSignal): Promise<object | undefined> {
    const agent = this.#events.subagentOf(request.agent_id);
    const question = questionOf(request, this.#request.cwd, agent);
    if (!this.#isOpen) return denial("No message is being answered.");
    const answer = await this.#request.ask(question, signal);
    if (answer.allow) this.#turns.push({ type: "tool-start", key: question.key });
    return replyOf(answer, question);
  }
}
