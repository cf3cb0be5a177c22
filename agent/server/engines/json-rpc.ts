/** JSON-RPC with the program of an engine. */
import { z } from "zod";
import { log } from "../log";
import { type EngineChild, EngineError } from "./engine";
import { parseLine } from "./parse-line";
import { forPeople, LinePeer, type PeerId, type PeerMessage } from "./line-peer";

export interface RpcOptions {
  /** The engine's name, for people. */
  name: string;
  /** Whether messages say `"jsonrpc": "2.0"`: Codex leaves it out. Both are read. */
  saysVersion: boolean;
  /**
   * Answers a request of the engine. What it throws becomes an error answer: an RpcError's own words, else that this
   * failed. `signal`: nothing reads the answer any more.
   */
  onRequest(request: RpcRequest, signal: AbortSignal): Promise<unknown>;
  /** Called in the order in which they come; none comes while another is being handled. */
  onNotice(method: string, params: unknown): void;
}

export interface RpcRequest {
  id: PeerId;
  method: string;
  params: unknown;
}

/** An error answer, of either side. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;
  readonly data: unknown;

  /** `code`: one of https://www.jsonrpc.org/specification#error_object, or the agent's own. */
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
const requestCancelled = -32_800;

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

interface RpcNotice {
  method: string;
  params: unknown;
}

/** A peer that speaks JSON-RPC 2.0 (https://www.jsonrpc.org/specification), a message a line. */
export class JsonRpc {
  readonly #options: RpcOptions;
  readonly #peer: LinePeer<RpcRequest, RpcNotice>;
  /** Methods that Rein has called. */
  readonly #called = new Set<string>();
  readonly #foreign = Promise.withResolvers<string>();
  /**
   * Resolves when the program writes what none writes that speaks the protocol: with the beginning of a line that is no
   * message, or with "" for one that is no text, or one of Rein's own requests.
   */
  readonly foreign = this.#foreign.promise;

  /** Reads the program's output from now on. */
  constructor(child: EngineChild, options: RpcOptions) {
    this.#options = options;
    this.#peer = new LinePeer(child, {
      name: options.name,
      read,
      answer: (_id, request, signal) => this.#answer(request, signal),
      refuse: (id, message) => this.#message({ id, error: { code: busy, message } }),
      onNotice: ({ method, params }) => options.onNotice(method, params),
      onUnread: (words) => this.#foreign.resolve(words),
    });
  }

  /** As `LinePeer.ended`. */
  get ended(): Promise<EngineError> {
    return this.#peer.ended;
  }

  /** As `LinePeer.unread`. */
  get unread(): string | undefined {
    return this.#peer.unread;
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
    this.#called.add(method);
    const compose = (id: number) => this.#message({ id, method, params });
    const parsed = schema.safeParse(await this.#peer.request(compose, signal));
    if (parsed.success) return parsed.data;
    throw new EngineError(
      "engine-wire",
      `${this.#options.name} answered “${method}” with something that Rein does not understand. Another version of it may work.`,
    );
  }

  /** Writes a message that is not answered. Without effect after the end. */
  notify(method: string, params: unknown): void {
    this.#peer.send(this.#message({ method, params }));
  }

  /** Aborts the signal of a request of the engine that is being answered. */
  cancel(id: PeerId): void {
    this.#peer.withdraw(id, new RpcError(requestCancelled, "The request was cancelled."));
  }

  #message(message: object): object {
    return this.#options.saysVersion ? { jsonrpc: "2.0", ...message } : message;
  }

  async #answer(request: RpcRequest, signal: AbortSignal): Promise<object> {
    const { id, method } = request;
    if (this.#called.has(method)) this.#foreign.resolve("");
    try {
      const result = await this.#options.onRequest(request, signal);
      return this.#message({ id, result: result ?? null });
    } catch (error) {
      const isMeant = error instanceof RpcError;
      if (!isMeant)
        log.error({ err: error, method }, "A request of an engine could not be handled");
      const { code, message } = isMeant
        ? error
        : { code: internalError, message: "The client could not answer this." };
      return this.#message({ id, error: { code, message } });
    }
  }
}

/** Throws for what is no message. */
function read(line: string): PeerMessage<RpcRequest, RpcNotice> | undefined {
  const { id, method, params, result, error } = anyMessage.parse(parseLine(line));
  if (method !== undefined)
    return id === undefined || id === null
      ? { type: "notice", notice: { method, params } }
      : { type: "request", id, request: { id, method, params } };
  // Rein's own ids are numbers.
  if (typeof id !== "number") return undefined;
  if (!error) return { type: "answer", id, result };
  const { code, message, data } = error;
  return { type: "refusal", id, error: new RpcError(code, forPeople(message, 2_000), data) };
}
