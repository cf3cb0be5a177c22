/** Claude Code's stream-json over its standard input and output: requests both ways, and its other messages in order. */
import { type EngineChild, EngineError } from "../engine";
import { LinePeer, type PeerId, type PeerMessage } from "../line-peer";
import { type ClaudeMessage, type ClaudeQuestion, readClaudeLine } from "./claude-messages";

export interface WireHandlers {
  /** All but questions and answers. None comes while another is being handled. */
  onMessage(message: ClaudeMessage): void;
  /**
   * Resolves with the answer, or with undefined when there is none to give. What it throws becomes an error answer: an
   * EngineError's own words, else that this failed. `signal`: it is no longer asked, and not answered any more.
   */
  onQuestion(question: ClaudeQuestion, signal: AbortSignal): Promise<object | undefined>;
}

export class ClaudeWire {
  readonly #handlers: WireHandlers;
  readonly #peer: LinePeer<ClaudeQuestion, ClaudeMessage>;

  /** Reads the program's output from now on. */
  constructor(child: EngineChild, handlers: WireHandlers) {
    this.#handlers = handlers;
    this.#peer = new LinePeer(child, {
      name: "Claude Code",
      read,
      answer: (id, question, signal) => this.#answer(id, question, signal),
      refuse: refusal,
      onNotice: (message) => this.#take(message),
    });
  }

  /** As `LinePeer.ended`. */
  get ended(): Promise<EngineError> {
    return this.#peer.ended;
  }

  /** Without effect after the end. */
  send(message: object): void {
    this.#peer.send(message);
  }

  /**
   * Resolves with the answer's content. Rejects with EngineError when it is an error or the program ends, and with the
   * signal's reason.
   */
  control(request: { subtype: string }, signal: AbortSignal): Promise<unknown> {
    const compose = (id: number) => ({ type: "control_request", request_id: String(id), request });
    return this.#peer.request(compose, signal);
  }

  /** For the end of a turn: nothing reads their answers any more. */
  withdrawQuestions(): void {
    this.#peer.withdrawAll(withdrawn);
  }

  #take(message: ClaudeMessage): void {
    if (message.type === "control_cancel_request")
      this.#peer.withdraw(message.request_id, withdrawn);
    else this.#handlers.onMessage(message);
  }

  async #answer(
    id: PeerId,
    question: ClaudeQuestion,
    signal: AbortSignal,
  ): Promise<object | undefined> {
    let answer: object | undefined;
    try {
      const response = await this.#handlers.onQuestion(question, signal);
      answer = response && answerTo(id, { subtype: "success", response });
    } catch (error) {
      answer = refusal(
        id,
        error instanceof EngineError ? error.message : "Rein could not answer this.",
      );
    }
    return signal.aborted ? undefined : answer;
  }
}

const withdrawn = new EngineError("engine-withdrawn", "It is no longer asked.");

/** Throws for what is no JSON: a warning of the program between its messages. */
function read(line: string): PeerMessage<ClaudeQuestion, ClaudeMessage> | undefined {
  const message = readClaudeLine(line);
  if (message?.type === "control_request")
    return { type: "request", id: message.request_id, request: message.request };
  if (message?.type !== "control_response") return message && { type: "notice", notice: message };
  const { request_id, subtype, response, error } = message.response;
  const id = Number(request_id);
  return subtype === "success"
    ? { type: "answer", id, result: response }
    : { type: "refusal", id, error: refused(error) };
}

function answerTo(id: PeerId, response: object): object {
  return { type: "control_response", response: { request_id: id, ...response } };
}

function refusal(id: PeerId, error: string): object {
  return answerTo(id, { subtype: "error", error });
}

function refused(error: string | undefined): EngineError {
  return new EngineError("engine-refused", `Claude Code answered: ${error ?? "no."}`);
}
