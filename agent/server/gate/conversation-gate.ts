/** The gate of one conversation: lets its requests through while it has a turn, counts them, and cuts them at once. */
import { addUsage, noUsage } from "../../shared/protocol";
import type { Usage } from "../../shared/protocol";
import { abortable, link, type Link } from "../abort";
import type { Catalog } from "../catalog/catalog";
import type { GateTarget } from "../catalog/gate-target";
import type { GateAddress } from "../engines/engine";
import { forward } from "./forward";
import { gateBounds } from "./gate-bounds";
import { closedRefusal, CutRequest, GateRefusal } from "./gate-refusal";
import { type Endpoint, passedQuery } from "./gate-paths";
import { hasToken } from "./gate-token";
import type { GateCounts, GateTurn, OpenGate } from "./gate-types";
import { ModelRequest } from "./model-request";
import { readBody } from "./read-body";
import type { RequestFacts } from "./request-scan";

export type GateCatalog = Pick<Catalog, "gateTarget" | "info">;

/** Told of each request to a model that failed. */
export type OnFailure = (provider: string, code: string) => void;

/** A request that has the token, and whose path passes. */
export interface AllowedRequest {
  request: Request;
  endpoint: Endpoint;
  /** After the base URL of the wire's client. */
  path: string;
  query: URLSearchParams;
}

export class ConversationGate implements OpenGate {
  readonly address: GateAddress;
  readonly #catalog: GateCatalog;
  readonly #onFailure: OnFailure;
  readonly #onClose: () => void;
  /** Of all requests that are here, from their first byte to their last. */
  readonly #links = new Set<Link>();
  readonly #open = new Set<ModelRequest>();
  #turn: GateTurn | undefined;
  #requests = 0;
  #closedAt: number | undefined;
  #closedUsage = noUsage;
  #heldBytes = 0;

  constructor(
    address: GateAddress,
    catalog: GateCatalog,
    onFailure: OnFailure,
    onClose: () => void,
  ) {
    this.address = address;
    this.#catalog = catalog;
    this.#onFailure = onFailure;
    this.#onClose = onClose;
  }

  get counts(): GateCounts {
    const closedAt = this.#closedAt;
    const known = closedAt !== undefined && { closedAt };
    return { requests: this.#requests, open: this.#open.size, ...known };
  }

  get usage(): Usage {
    return [...this.#open].reduce((sum, { usage }) => addUsage(sum, usage), this.#closedUsage);
  }

  setTurn(turn: GateTurn | undefined): void {
    this.cut();
    if (turn === undefined) return;
    this.#turn = turn;
    this.#requests = 0;
    this.#closedAt = undefined;
    this.#closedUsage = noUsage;
  }

  cut(): void {
    this.#turn = undefined;
    for (const { controller } of this.#links) controller.abort(new CutRequest(false));
  }

  close(): void {
    this.cut();
    this.#onClose();
  }

  /** Whether it has the conversation's token. */
  isAllowed(request: Request, query: URLSearchParams): boolean {
    return hasToken(request, query, this.address.token);
  }

  /** Passes the request on. Rejects with GateRefusal where it does not pass. */
  async pass(allowed: AllowedRequest): Promise<Response> {
    const turn = this.#turn;
    if (turn === undefined) throw closedRefusal();
    if (this.#links.size >= gateBounds.requests)
      throw new GateRefusal("Too many requests at once.", 429);
    const own = link(allowed.request.signal);
    const { signal } = own.controller;
    this.#links.add(own);
    let held = 0;
    const hold = (bytes: number): void => {
      held += bytes;
      this.#heldBytes += bytes;
      if (this.#heldBytes > gateBounds.heldBytes)
        throw new GateRefusal("Too much is sent at once.", 429);
    };
    const release = (): void => {
      own[Symbol.dispose]();
      this.#links.delete(own);
      this.#heldBytes -= held;
      held = 0;
    };
    try {
      return await this.#send(allowed, turn, own, hold, release);
    } catch (error) {
      release();
      if (!signal.aborted) throw error;
      const { reason } = signal;
      const isAgain = reason instanceof CutRequest && reason.isAgain;
      throw isAgain ? new GateRefusal(reason.message, 503) : closedRefusal();
    }
  }

  async #send(
    { request, endpoint, path, query }: AllowedRequest,
    turn: GateTurn,
    own: Link,
    hold: (bytes: number) => void,
    release: () => void,
  ): Promise<Response> {
    const { signal } = own.controller;
    const { form, method } = endpoint;
    const body = method === "POST" ? await readBody(request, hold, signal) : undefined;
    if (body?.facts.isBackground)
      throw new GateRefusal("An answer that goes on in the background does not pass.");
    if (form !== undefined) await passTurn(turn, signal);
    signal.throwIfAborted();
    const target = this.#target();
    const url = `${target.baseUrl}${path}${passedQuery(query)}`;
    const sent = { request, url, target, ...(body && { body: body.bytes }) };
    if (form === undefined || body === undefined) return forward(sent, release, signal);
    const model = endpoint.path.exec(path)?.[1] ?? body.facts.model ?? "";
    const counted = this.#count(turn, model, body.facts, own);
    return forward({ ...sent, asked: { form, counted, model } }, release, signal);
  }

  /** As it is set up now. */
  #target(): GateTarget {
    const target = this.#catalog.gateTarget(this.address.provider);
    if ("missing" in target) throw new GateRefusal(target.missing);
    return target;
  }

  #count(turn: GateTurn, model: string, facts: RequestFacts, { controller }: Link): ModelRequest {
    const { signal } = controller;
    const onAbort = (): void => request.close("cut");
    const tell = (): void => {
      if (this.#turn === turn) turn.onUsage(this.usage);
    };
    const request = new ModelRequest({
      turn,
      model,
      facts,
      price: () => this.#catalog.info(this.address.provider, model)?.price,
      again: () => controller.abort(new CutRequest(true)),
      onUsage: tell,
      onClosed: (closed) => {
        signal.removeEventListener("abort", onAbort);
        this.#open.delete(request);
        this.#closedUsage = addUsage(this.#closedUsage, closed.usage);
        this.#closedAt = Date.now();
        if (closed.code !== undefined) this.#onFailure(this.address.provider, closed.code);
        turn.onClosed(closed);
        tell();
      },
    });
    this.#requests++;
    this.#open.add(request);
    // In the tick of a cut: what it has cost by then is counted for its own turn.
    signal.addEventListener("abort", onAbort, { once: true });
    return request;
  }
}

async function passTurn(turn: GateTurn, signal: AbortSignal): Promise<void> {
  try {
    await abortable(turn.beforeRequest(signal), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new GateRefusal(error instanceof Error ? error.message : String(error));
  }
}
