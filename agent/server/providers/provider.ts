/** What a model provider is: a stream of parts under a signal. */
import type {
  MediaType,
  Message,
  ModelInfo,
  ModelOptions,
  PartMeta,
  Usage,
} from "../../shared/protocol";

export interface ModelRequest {
  model: string;
  system: string;
  /** The conversation so far, interruptions included. Each provider writes it in the form of its own wire (see provider-history.ts). */
  messages: Message[];
  /** What each attached file of them is, by its hash: its content, or why a line of text takes its place. */
  files?: ReadonlyMap<string, SentFile>;
  tools: ToolSpec[];
  /** What the user chose for this session or role. */
  options: ModelOptions;
  /** The same for all requests of one conversation: services keep what they have cached by it. */
  cacheKey: string;
  /** Called with every piece of the answer that comes from the service, pings and comments too. */
  onBytes?: () => void;
  /** Called when it begins to wait for a free connection, and when it has one. */
  onWait?: (waits: boolean) => void;
  /** The window that is reckoned with: a server that can choose lets the model run in it. Absent where none is known. */
  contextTokens?: number;
}

/** Of a text its words go into the turn's text: none is sent as a file. */
export type SentMediaType = Exclude<MediaType, "text/plain">;

/** `data`: in base64, with the type that it has when it was converted. */
export type SentFile =
  | { data: string; mediaType?: SentMediaType }
  | { text: string }
  | { leftOut: string };

export interface ToolSpec {
  name: string;
  description: string;
  /** JSON Schema of the input: an object. */
  inputSchema: Record<string, unknown>;
}

/**
 * One piece of a model's answer. `key` ties the events of one part together and is unique within the stream.
 * Deltas of a tool call are pieces of its input's JSON; its `part-end` carries the parsed input,
 * and comes only when the provider has said that the input is whole: without `input` when that was not JSON,
 * which the tool runner tells the model.
 * `usage` counts the whole request so far: each one replaces the one before.
 * `finish` is always last: a stream that ends without it was cut.
 */
export type ModelEvent =
  | { type: "part-start"; key: string; part: "text" | "reasoning" }
  /** `callId` is "" where the service gives none: AnswerGuard then makes one. */
  | { type: "part-start"; key: string; part: "tool-call"; callId: string; name: string }
  /** `name` and `text` as in OtherPart; no deltas follow, and its data comes with its end. */
  | { type: "part-start"; key: string; part: "other"; name: string; text: string }
  | { type: "part-delta"; key: string; delta: string }
  | { type: "part-end"; key: string; input?: unknown; meta?: PartMeta }
  | ({ type: "usage" } & TokenCounts)
  /** `detail`: the service's own words about an early end, for people. */
  | { type: "finish"; reason: FinishReason; detail?: string };

/** The tokens of a request, as in Usage: `inputTokens` holds all of the input. */
export interface TokenCounts extends Pick<
  Usage,
  "inputTokens" | "outputTokens" | "cacheReadTokens" | "cacheWriteTokens"
> {
  /** Tokens of another model, with another price, are among them. */
  hasOtherModel?: boolean;
  /** What the service says that the request has cost, in US dollars. */
  costUsd?: number;
}

/**
 * `tool-calls` and `stop` end a turn well; after `pause` the model wants to go on with another request. The others end it
 * early: at the most output, at the end of the model's window, declined by the model, withheld by the service's filter,
 * or by an error of the model that the service only names.
 */
export type FinishReason =
  | "stop"
  | "tool-calls"
  | "pause"
  | "length"
  | "context-full"
  | "refusal"
  | "content-filter"
  | "error";

export interface Provider {
  readonly id: string;
  /** Its service states what an answer has cost, once it is finished. */
  readonly statesCost?: boolean;
  /**
   * Sends one request and yields the answer as it comes.
   * Throws ProviderError for whatever the service or the network did, a cut stream included.
   * `finish` comes as soon as the service has said it; a socket that stays open after it is closed in the background.
   * When `signal` aborts, the upstream socket closes at once and the iterator throws the signal's reason;
   * nothing is yielded after the abort but the `finish` of an answer that was whole before it. It never sends a request again by
   * itself: the loop does, visibly. What a service has refused to do for a model it remembers, and then does not ask for.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>;
  /** Loads what the first request would wait for. Asks the service nothing. */
  load?(): Promise<void>;
  /** The models that can be chosen now. Throws ProviderError. `signal` ends the look-up. */
  models(signal: AbortSignal): Promise<ModelInfo[]>;
}

/** Where a provider is and how it is asked. */
export interface ProviderConfig {
  apiKey?: string;
  baseUrl?: string;
  /** The environment variable that the key is in, or can be put into; absent when it is one of the settings, or none is needed. */
  keyVariable?: string;
}

export type FewTries = "wrong-address" | "unknown-error";

/** A failure of the service or the network, in words a person can act on. */
export class ProviderError extends Error {
  override readonly name = "ProviderError";
  readonly status: number | undefined;
  readonly retryable: boolean;
  /** What the service asked us to wait before the next try. */
  readonly retryAfterMs: number | undefined;
  readonly code: string;
  /**
   * The service refused the conversation as it is written, and may accept it as plain text. Where `retryable`, it only said
   * that it failed: perhaps it refused, which is known when the same words come again and again.
   */
  readonly refusesHistory: boolean;
  /**
   * Why a wait hardly helps, so that only a few tries are worth it: nothing is there, or something else than the service, or
   * the service named an unknown error.
   */
  readonly fewTries: FewTries | undefined;

  constructor(
    message: string,
    options: {
      /** Stable: authentication, model-not-found, rate-limit, overloaded, option-refused, invalid-request, content-filter, context-length, cut, bad-answer, network, unreachable, server, unknown. */
      code: string;
      retryable: boolean;
      status?: number;
      retryAfterMs?: number;
      refusesHistory?: boolean;
      fewTries?: FewTries;
      cause?: unknown;
    },
  ) {
    super(message, { cause: options.cause });
    this.code = options.code;
    this.retryable = options.retryable;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.refusesHistory = options.refusesHistory ?? false;
    this.fewTries = options.fewTries;
  }
}
