/** Claude Code's stream-json over its standard input and output: requests both ways, and what it says by itself, in order. */
import { setImmediate } from "node:timers/promises";
import { truncateStart } from "../../../shared/truncate";
import { abortable, neverAborts, within } from "../../abort";
import { log } from "../../log";
import { type EngineChild, EngineError } from "../engine";
import { type ClaudeMessage, type ClaudeQuestion, readClaudeLine } from "./claude-messages";

export interface WireHandlers {
  /** All but questions and answers. None comes while another is being handled. */
  onMessage(message: ClaudeMessage): void;
  /** Resolves with the answer, or with undefined when there is none to give. `signal`: it is no longer asked. */
  onQuestion(question: ClaudeQuestion["request"], signal: AbortSignal): Promise<object | undefined>;
}

/** Questions that are open at once: one of each subagent, and some more. */
const mostQuestions = 200;

/** A program that ends has this long to exit and to be proven dead before it is killed. */
const exitMs = 2_000;

/** Messages in a row before other work has its turn. */
const batch = 200;

export class ClaudeWire {
  readonly #child: EngineChild;
  readonly #handlers: WireHandlers;
  readonly #waiting = new Map<string, (answer: Answer) => void>();
  readonly #questions = new Map<string, AbortController>();
  #lastId = 0;
  #ended: EngineError | undefined;
  /** Resolves with the reason once it can say no more; then nothing of it runs. Never rejects. */
  readonly ended: Promise<EngineError>;

  /** Reads the program's output from now on. */
  constructor(child: EngineChild, handlers: WireHandlers) {
    this.#child = child;
    this.#handlers = handlers;
    this.ended = this.#read();
  }

  send(message: object): void {
    this.#child.write(JSON.stringify(message));
  }

  /**
   * Resolves with the answer's content. Rejects with EngineError when it is an error or the program ends, and with the
   * signal's reason.
   */
  async control(request: { subtype: string }, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const id = `rein-${++this.#lastId}`;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#waiting.set(id, resolve);
    this.send({ type: "control_request", request_id: id, request });
    try {
      const { content, error } = await abortable(promise, signal);
      if (error) throw error;
      return content;
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** For the end of a turn: nobody reads their answers any more. */
  withdrawQuestions(): void {
    for (const id of this.#questions.keys()) this.#withdraw(id);
  }

  async #read(): Promise<EngineError> {
    let problem: unknown;
    try {
      let read = 0;
      for await (const line of this.#child.lines) {
        const message = readClaudeLine(line);
        if (message) this.#take(message);
        // What waits for an answer acts on it before the next message is read.
        if (message?.type === "control_response" || ++read % batch === 0) await setImmediate();
      }
    } catch (error) {
      problem = error;
    }
    return this.#end(problem);
  }

  #take(message: ClaudeMessage): void {
    switch (message.type) {
      case "control_response": {
        const { request_id, subtype, response, error } = message.response;
        const refusal = subtype === "success" ? undefined : refused(error);
        this.#waiting.get(request_id)?.({ content: response, error: refusal });
        break;
      }
      case "control_request":
        this.#answer(message).catch(unexpected);
        break;
      case "control_cancel_request":
        this.#withdraw(message.request_id);
        break;
      default:
        this.#handlers.onMessage(message);
    }
  }

  /** Never rejects. */
  async #answer({ request_id: id, request }: ClaudeQuestion): Promise<void> {
    if (this.#questions.size >= mostQuestions || this.#questions.has(id))
      return this.#respond(id, { subtype: "error", error: "Too many questions at once." });
    const controller = new AbortController();
    this.#questions.set(id, controller);
    try {
      const response = await this.#handlers.onQuestion(request, controller.signal);
      if (controller.signal.aborted) return;
      if (response !== undefined) this.#respond(id, { subtype: "success", response });
    } catch (error) {
      const words = error instanceof EngineError ? error.message : "Rein could not answer this.";
      if (!controller.signal.aborted) this.#respond(id, { subtype: "error", error: words });
    } finally {
      if (this.#questions.get(id) === controller) this.#questions.delete(id);
    }
  }

  #respond(id: string, response: object): void {
    this.send({ type: "control_response", response: { request_id: id, ...response } });
  }

  #withdraw(id: string): void {
    this.#questions.get(id)?.abort(new EngineError("engine-withdrawn", "It is no longer asked."));
    this.#questions.delete(id);
  }

  /** Nothing of it runs when this resolves. Never rejects. */
  async #end(problem: unknown): Promise<EngineError> {
    if (problem === undefined) await within(exitMs, this.#child.ended, neverAborts);
    const { exitCode, signalName } = await this.#child.stop("hard");
    const how = exitCode === null ? (signalName ?? "killed") : `exit code ${exitCode}`;
    const written = truncateStart(this.#child.errorOutput().trim(), 500);
    const said = written && ` It wrote: ${written}`;
    const ended = new EngineError("engine-ended", `Claude Code ended (${how}).${said}`);
    const error = problem instanceof EngineError ? problem : ended;
    this.#ended = error;
    for (const settle of this.#waiting.values()) settle({ error });
    this.withdrawQuestions();
    return error;
  }
}

/** For what never rejects. */
function unexpected(err: unknown): void {
  log.error({ err }, "Claude Code's messages could not be handled");
}

interface Answer {
  content?: unknown;
  error?: EngineError | undefined;
}

function refused(error: string | undefined): EngineError {
  return new EngineError("engine-refused", `Claude Code answered: ${error ?? "no."}`);
}
