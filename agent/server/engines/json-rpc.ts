/** A JSON-RPC peer over a program of an engine: each request ends with its answer, its signal or the program, whatever that writes. */
import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { withoutEscapes } from "../../shared/escape-sequences";
import { ellipsized, truncateStart } from "../../shared/truncate";
import { abortable, neverAborts, within } from "../abort";
import { log } from "../log";
import { type EngineChild, EngineError } from "./engine";
import { parseLine } from "./parse-line";

export interface RpcOptions {
  /** The engine's name, for people. */
  name: string;
  /** Whether messages say `"jsonrpc": "2.0"`: Codex leaves it out. Both are read. */
  saysVersion: boolean;
  /**
   * Answers a request of the engine. What it throws becomes an error answer: an RpcError's own words, else that this
   * failed. `signal`: nobody reads the answer any more.
   */
  onRequest(request: RpcRequest, signal: AbortSignal): Promise<unknown>;
  /** Called in the order in which they come; none comes while another is being handled. */
  onNotice(method: string, params: unknown): void;
}

export interface RpcRequest {
  id: RpcId;
  method: string;
  params: unknown;
}

export type RpcId = string | number;

/** An error answer, of either side. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** Not one of its methods. */
export const noSuchMethod = -32_601;
const internalError = -32_603;
const busy = -32_000;

/** Requests of the engine that are being answered at once: a question of each of its subagents, and some more. */
const mostRequests = 200;
/** An engine that ends has this long to close its output, to exit and to be proven dead before it is killed. */
const exitMs = 1_000;
/** Messages in a row before other work has its turn. */
const batch = 200;

const anyMessage = z.object({
  id: z.union([z.string().max(1_000), z.number()]).nullish(),
  method: z.string().max(1_000).optional(),
  params: z.unknown().optional(),
  result: z.unknown().optional(),
  error: z
    .object({
      code: z.number().catch(0),
      message: z.string().catch(""),
      data: z.unknown().optional(),
    })
    .nullish()
    .catch({ code: 0, message: "", data: undefined }),
});

type Message = z.infer<typeof anyMessage>;

interface Waiting {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

export class JsonRpc {
  readonly #child: EngineChild;
  readonly #options: RpcOptions;
  readonly #waiting = new Map<RpcId, Waiting>();
  /** Of the engine's requests, until they are answered. */
  readonly #answering = new Map<RpcId, AbortController>();
  #lastId = 0;
  #ended: EngineError | undefined;
  #unread: string | undefined;
  /** Resolves with the reason once the engine can say no more; then nothing of it runs. Never rejects. */
  readonly ended: Promise<EngineError>;

  /** Reads the program's output from now on. */
  constructor(child: EngineChild, options: RpcOptions) {
    this.#child = child;
    this.#options = options;
    this.ended = this.#read();
  }

  /**
   * Asks, and resolves with the answer. Rejects with RpcError for an error answer, with EngineError when the engine ends
   * or its answer does not match the schema, and with the signal's reason when that aborts: then a late answer is dropped.
   */
  async request<T>(
    method: string,
    params: unknown,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<T> {
    signal.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const id = ++this.#lastId;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.set(id, { resolve, reject });
    this.#write({ id, method, params });
    try {
      const parsed = schema.safeParse(await abortable(promise, signal));
      if (parsed.success) return parsed.data;
    } finally {
      this.#waiting.delete(id);
    }
    throw new EngineError(
      "engine-wire",
      `${this.#options.name} answered “${method}” with something that Rein does not understand. Another version of it may work.`,
    );
  }

  notify(method: string, params: unknown): void {
    this.#write({ method, params });
  }

  /** Aborts the signal of a request of the engine that is being answered. */
  cancel(id: RpcId): void {
    this.#answering.get(id)?.abort(new RpcError(-32_800, "The request was cancelled."));
  }

  /** The beginning of the last line that was no message: what a program says that speaks another language. */
  get unread(): string | undefined {
    return this.#unread;
  }

  #write(message: object): void {
    const whole = this.#options.saysVersion ? { jsonrpc: "2.0", ...message } : message;
    this.#child.write(JSON.stringify(whole));
  }

  async #read(): Promise<EngineError> {
    let problem: unknown;
    try {
      let count = 0;
      for await (const line of this.#child.lines) {
        const isAnswer = this.#take(line);
        // Whoever waits for an answer acts on it before the next message is read.
        if (isAnswer || ++count % batch === 0) await setImmediate();
      }
    } catch (error) {
      problem = error;
    }
    return this.#end(problem);
  }

  /** Whether it was an answer that was waited for. Never throws. */
  #take(line: string): boolean {
    const message = parse(line);
    if (message === undefined) {
      if (line.trim() !== "") this.#unread = cut(line, 300);
      return false;
    }
    const { id, method, params } = message;
    if (method === undefined) return this.#takeAnswer(message);
    if (id === undefined || id === null) this.#takeNotice(method, params);
    else
      this.#answer({ id, method, params }).catch((err: unknown) =>
        log.error({ err }, "An answer to an engine failed"),
      );
    return false;
  }

  #takeAnswer({ id, result, error }: Message): boolean {
    const waiting = this.#waiting.get(id ?? "");
    // An unknown id, a second answer, or one that came too late.
    if (waiting === undefined) return false;
    this.#waiting.delete(id!);
    if (error) waiting.reject(new RpcError(error.code, cut(error.message, 2_000), error.data));
    else waiting.resolve(result);
    return true;
  }

  #takeNotice(method: string, params: unknown): void {
    try {
      this.#options.onNotice(method, params);
    } catch (err) {
      log.error({ err, method }, "A notice of an engine could not be handled");
    }
  }

  /** Never rejects. */
  async #answer(request: RpcRequest): Promise<void> {
    const { id, method } = request;
    if (this.#answering.size >= mostRequests || this.#answering.has(id))
      return this.#write({ id, error: { code: busy, message: "Too many requests at once." } });
    const controller = new AbortController();
    this.#answering.set(id, controller);
    try {
      const result = await this.#options.onRequest(request, controller.signal);
      this.#write({ id, result: result ?? null });
    } catch (error) {
      const isMeant = error instanceof RpcError;
      if (!isMeant)
        log.error({ err: error, method }, "A request of an engine could not be handled");
      const { code, message } = isMeant
        ? error
        : { code: internalError, message: "The client could not answer this." };
      this.#write({ id, error: { code, message } });
    } finally {
      this.#answering.delete(id);
    }
  }

  /** Nothing of the engine runs when it resolves; never rejects. */
  async #end(problem: unknown): Promise<EngineError> {
    if (problem === undefined) await within(exitMs, this.#child.ended, neverAborts);
    const { exitCode, signalName } = await this.#child.stop("hard");
    const how = exitCode === null ? (signalName ?? "killed") : `exit code ${exitCode}`;
    const error =
      problem instanceof EngineError
        ? problem
        : new EngineError(
            "engine-ended",
            `${this.#options.name} ended (${how}).${this.#lastWords()}`,
            { cause: problem },
          );
    this.#ended = error;
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
    for (const controller of this.#answering.values()) controller.abort(error);
    return error;
  }

  #lastWords(): string {
    const written = cut(this.#child.errorOutput(), 500, "end") || this.#unread;
    return written ? ` It wrote: ${written}` : "";
  }
}

function parse(line: string): Message | undefined {
  try {
    return anyMessage.safeParse(parseLine(line)).data;
  } catch {
    return undefined; // no JSON, or too deep for the parser
  }
}

/** Text of a program, for people: without escape sequences, in one piece. */
function cut(text: string, length: number, keep: "start" | "end" = "start"): string {
  const near = keep === "start" ? text.slice(0, length * 4) : text.slice(-length * 4);
  const plain = withoutEscapes(near).trim();
  return keep === "start" ? ellipsized(plain, length) : truncateStart(plain, length);
}
