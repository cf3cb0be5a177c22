/** One request of an engine to a model, from when it goes out until it is closed: what it costs, and whose turn pays. */
import { defined } from "../../shared/defined";
import { estimateTokens } from "../../shared/estimate-tokens";
import { noUsage } from "../../shared/protocol";
import type { ModelPrice, Usage } from "../../shared/protocol";
import { usageOfAnswer } from "../providers/answer-usage";
import type { PassedAnswer } from "../providers/passed-answer";
import { gateBounds } from "./gate-bounds";
import type { ClosedRequest, GateTurn, OpenRequest } from "./gate-types";
import type { RequestFacts } from "./request-scan";

export interface ModelRequestOptions {
  turn: GateTurn;
  model: string;
  facts: RequestFacts;
  price: () => ModelPrice | undefined;
  /** Cuts it so that the engine sends it anew. */
  again: () => void;
  /** Its usage has grown. */
  onUsage: () => void;
  onClosed: (request: ClosedRequest) => void;
}

export class ModelRequest {
  readonly #options: ModelRequestOptions;
  readonly #wait: OpenRequest;
  #answer: PassedAnswer | undefined;
  /** It was sent, and not refused. */
  #mayBeCharged = true;
  #isClosed = false;
  #shown = { counted: 0, written: 0 };
  status: number | undefined;

  constructor(options: ModelRequestOptions) {
    this.#options = options;
    this.#wait = options.turn.openRequest(options.again);
  }

  /** To be told of its bytes and of its waiting. */
  get wait(): Omit<OpenRequest, keyof Disposable> {
    return this.#wait;
  }

  /** So far. */
  get usage(): Usage {
    if (!this.#mayBeCharged) return noUsage;
    const { facts, price } = this.#options;
    const { counted = {}, written = 0, isOver = false } = this.#answer ?? {};
    return usageOfAnswer({
      counted,
      written: estimateTokens(written),
      isOver,
      requestTokens: () => facts.tokens,
      serviceTier: facts.serviceTier,
      price: price(),
    });
  }

  /** Its answer has begun. */
  begin(answer: PassedAnswer): void {
    this.#answer = answer;
    this.#options.onUsage();
  }

  /** The answer has grown. */
  grow(chunk: Uint8Array): void {
    const answer = this.#answer!;
    answer.add(chunk);
    const { inputTokens = 0, outputTokens = 0 } = answer.counted;
    const counted = inputTokens + outputTokens;
    const { written } = answer;
    const shown = this.#shown;
    if (counted === shown.counted && written - shown.written < gateBounds.usageEveryCharacters)
      return;
    this.#shown = { counted, written };
    this.#options.onUsage();
  }

  /** How it ended, and with which code it failed; the first counts. `failed` before its answer began: it costs nothing. */
  close(outcome: ClosedRequest["outcome"], code?: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (outcome === "done") this.#answer?.end();
    if (outcome === "failed" && this.#answer === undefined) this.#mayBeCharged = false;
    const { model, onClosed } = this.#options;
    const { usage, status } = this;
    this.#wait[Symbol.dispose]();
    onClosed({ model, usage, outcome, ...defined({ status, code }) });
  }
}
