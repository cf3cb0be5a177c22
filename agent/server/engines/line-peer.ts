/** The program of an engine as a peer: requests go both ways over its lines, and each ends, whatever the program writes or does. */
import { setImmediate } from "node:timers/promises";
import { withoutEscapes } from "../../shared/escape-sequences";
import { ellipsized } from "../../shared/truncate";
import { abortable, neverAborts, within } from "../abort";
import { log } from "../log";
import { type EngineChild, EngineError } from "./engine";
import { limitHitWords } from "../../shared/limit-hit-words";

/** The id of a request of the program, in its own form. */
export type PeerId = string | number;

/** A message of the program. An answer has the number of Rein's request. */
export type PeerMessage<Request, Notice> =
  | { type: "answer"; id: number; result: unknown }
  | { type: "refusal"; id: number; error: Error }
  | { type: "request"; id: PeerId; request: Request }
  | { type: "notice"; notice: Notice };

/** What a protocol over lines adds: the form of its messages, and what is done with them. */
export interface PeerProtocol<Request, Notice> {
  /** The engine's name, for people. */
  name: string;
  /** Returns the message of a line, undefined for one of no use. Throws for a line that is no message of the protocol. */
  read(line: string): PeerMessage<Request, Notice> | undefined;
  /**
   * Resolves with the message that answers a request of the program; undefined: none is sent. `signal`: the program no
   * longer wants to know, or has ended. Never rejects.
   */
  answer(id: PeerId, request: Request, signal: AbortSignal): Promise<object | undefined>;
  /** The message that refuses a request, in the words given. */
  refuse(id: PeerId, words: string): object;
  /** Called in the order in which they come; none comes while another is being handled. */
  onNotice(notice: Notice): void;
  /** Called with the beginning of a line that was no message; "" for one that is no text. */
  onUnread?(words: string): void;
}

/** Requests of the program that are being answered at once: a question of each of its subagents, and some more. */
const mostRequests = 200;
/** Characters of the lines of these requests: some times the longest line, which can be a change of a large file. */
const mostCharacters = 64_000_000;
/** A program that ends has this long to close its output, to exit and to be proven dead before it is killed. */
const exitMs = 1_000;
/** Messages in a row before other work has its turn. */
const batch = 200;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/** Generic in what requests and notices of the program are in its protocol. */
export class LinePeer<Request, Notice> {
  readonly #child: EngineChild;
  readonly #protocol: PeerProtocol<Request, Notice>;
  /** Rein's requests, by number. */
  readonly #waiting = new Map<number, Waiting>();
  /** The program's requests, until they are answered. */
  readonly #answering = new Map<PeerId, AbortController>();
  #answeringCharacters = 0;
  #lastId = 0;
  #ended: EngineError | undefined;
  #unread: string | undefined;
  /** Resolves with the reason once the program can say no more; then nothing of it runs. Never rejects. */
  readonly ended: Promise<EngineError>;

  /** Reads the program's output from now on. */
  constructor(child: EngineChild, protocol: PeerProtocol<Request, Notice>) {
    this.#child = child;
    this.#protocol = protocol;
    this.ended = this.#read();
  }

  /** Writes a message. Without effect after the end. */
  send(message: object): void {
    this.#child.write(JSON.stringify(message));
  }

  /**
   * Sends the message that `compose` returns for the request's number, and resolves with the result of its answer. Rejects
   * with the error of a refusal, with EngineError when the program ends, and with the signal's reason when that aborts:
   * then a late answer is dropped.
   */
  async request(compose: (id: number) => object, signal: AbortSignal): Promise<unknown> {
    signal.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.send(compose(id));
    try {
      return await abortable(promise, signal);
    } finally {
      this.#waiting.delete(id);
    }
  }

  /** Aborts the signal of a request of the program that is being answered. Without effect on any other id. */
  withdraw(id: PeerId, reason: Error): void {
    this.#answering.get(id)?.abort(reason);
  }

  /** The same for all of them. */
  withdrawAll(reason: Error): void {
    for (const id of this.#answering.keys()) this.withdraw(id, reason);
  }

  /** The beginning of the last line that was no message: what a program says that speaks another language. */
  get unread(): string | undefined {
    return this.#unread;
  }

  async #read(): Promise<EngineError> {
    let problem: unknown;
    try {
      let count = 0;
      for await (const line of this.#child.lines) {
        const isAnswer = this.#take(line);
        // Code that awaits an answer acts on it before the next message is read.
        if (isAnswer || ++count % batch === 0) await setImmediate();
      }
    } catch (error) {
      problem = error;
    }
    return this.#end(problem);
  }

  /** Returns whether it was an answer that was waited for. Never throws. */
  #take(line: string): boolean {
    const message = this.#parse(line);
    switch (message?.type) {
      case "answer":
        return this.#settle(message.id, (waiting) => waiting.resolve(message.result));
      case "refusal":
        return this.#settle(message.id, (waiting) => waiting.reject(message.error));
      case "request":
        this.#answer(message.id, message.request, line.length).catch((err: unknown) =>
          log.error({ err }, "An answer to an engine failed"),
        );
        return false;
      case "notice":
        this.#notify(message.notice);
        return false;
      default:
        return false;
    }
  }

  #parse(line: string): PeerMessage<Request, Notice> | undefined {
    try {
      return this.#protocol.read(line);
    } catch {
      // No JSON, too deep for the parser, or of another protocol.
      if (line.trim() === "") return undefined;
      this.#unread = forPeople(line, 300);
      this.#protocol.onUnread?.(this.#unread);
      return undefined;
    }
  }

  /** False for an unknown id, a second answer, or one that came too late. */
  #settle(id: number, act: (waiting: Waiting) => void): boolean {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return false;
    this.#waiting.delete(id);
    act(waiting);
    return true;
  }

  #notify(notice: Notice): void {
    try {
      this.#protocol.onNotice(notice);
    } catch (err) {
      log.error({ err }, "A notice of an engine could not be handled");
    }
  }

  /** `characters`: of its line. */
  async #answer(id: PeerId, request: Request, characters: number): Promise<void> {
    const isTooMuch =
      this.#answering.size >= mostRequests ||
      this.#answeringCharacters + characters > mostCharacters;
    if (isTooMuch || this.#answering.has(id))
      return this.send(this.#protocol.refuse(id, "Too many requests at once."));
    const controller = new AbortController();
    this.#answering.set(id, controller);
    this.#answeringCharacters += characters;
    try {
      const message = await this.#protocol.answer(id, request, controller.signal);
      if (message !== undefined) this.send(message);
    } finally {
      this.#answering.delete(id);
      this.#answeringCharacters -= characters;
    }
  }

  /** Nothing of the program runs when it resolves. Never rejects. */
  async #end(problem: unknown): Promise<EngineError> {
    if (problem === undefined) await within(exitMs, this.#child.ended, neverAborts);
    const { exitCode, signalName, limitHit } = await this.#child.stop("hard");
    const exit = exitCode === null ? (signalName ?? "killed") : `exit code ${exitCode}`;
    const how = limitHit === undefined ? exit : `${exit}; ${limitHitWords(limitHit)}`;
    const error =
      problem instanceof EngineError
        ? problem
        : new EngineError(
            "engine-ended",
            `${this.#protocol.name} ended (${how}).${this.#lastWords()}`,
            { cause: problem },
          );
    this.#ended = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    this.withdrawAll(error);
    return error;
  }

  #lastWords(): string {
    const written = forPeople(lastError(this.#child.errorOutput()), 500) || this.#unread;
    return written ? ` It wrote: ${written}` : "";
  }
}

/** From the last line that names an error on, without the details that are indented; else its last lines. */
function lastError(output: string): string {
  const lines = withoutEscapes(output)
    .split("\n")
    .filter((line) => /^\S/.test(line));
  const at = lines.findLastIndex((line) => namesError.test(line));
  return lines.slice(at < 0 ? -3 : at).join("\n");
}

const namesError = /error|exception|fatal|panicked|denied|cannot|could not|failed|^E[A-Z]{3,}\b/i;

const noise = /[^\P{Cc}\t\n\r]|\uFFFD/gu;

/** The beginning of a program's text, for people: without escape sequences. "" where it is no text. */
export function forPeople(text: string, length: number): string {
  const near = withoutEscapes(text.slice(0, length * 4));
  const plain = near.replaceAll(noise, "");
  const isText = near.length - plain.length <= near.length / 10;
  return isText ? ellipsized(plain.trim(), length) : "";
}
