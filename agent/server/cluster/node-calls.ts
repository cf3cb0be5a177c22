/** Requests from this node to others, which prove the key that all share. Whatever fails is said in words, and never thrown. */
import {
  askerHeader,
  hopHeader,
  nodeHeader,
  proofHeader,
  type Sentence,
  wireHeader,
  wireVersion,
} from "../../shared/protocol";
import { reasonOf, sentence } from "../../shared/sentences";
import { abortable } from "../abort";
import { Turns } from "../turns";
import type { ClusterConfig, NodeRow } from "./cluster-types";
import type { NodeDirectory } from "./node-directory";
import { NodeProof } from "./node-proof";
import { NodePulse, nodeSilentMs } from "./node-pulse";
import { heldBody } from "./read-short";
import { freshMs } from "./received-proofs";
import {
  ofAnotherTime,
  Silence,
  unproven,
  whyAnother,
  whyRefused,
  whyUnreached,
} from "./unreached-words";

export interface NodeRequest {
  method: string;
  /** With its query. */
  path: string;
  headers?: Record<string, string>;
  body?: string | ReadableStream<Uint8Array> | undefined;
  /** The answer must be whole after so long, in milliseconds; without it a node that lives may take its time. */
  withinMs?: number;
}

/** The node's own answer; JSON is whole, unless it is very long, and anything else comes as it comes. */
export interface NodeAnswer {
  node: string;
  status: number;
  headers: Headers;
  body: string | ReadableStream<Uint8Array> | null;
}

export interface Unreached {
  node: string;
  /** down: nothing runs there, or it was removed. foreign: what answers is not it, or refuses this node. Otherwise it may have received it. */
  kind: "down" | "foreign" | "unclear";
  /** A sentence for people. */
  reason: string;
  /** The same, to be translated. */
  said?: Sentence;
}

export type Called = { answer: NodeAnswer } | { unreached: Unreached };

interface Asked {
  called: Called;
  /** There, as it has proven. */
  time?: number;
}

interface Parts {
  own: Pick<ClusterConfig, "node" | "key">;
  directory: Pick<NodeDirectory, "find" | "known" | "isRead">;
}

/** What only reads from one node: a stop waits behind none. */
const reads = { atOnce: 16, mostMs: 1000 };
/** For a node that was silent when it was asked last. */
const hopelessMs = 1000;

export class NodeCalls {
  readonly #parts: Parts;
  readonly #pulses = new Map<string, NodePulse>();
  readonly #turns = new Map<string, Turns>();
  readonly #proof: NodeProof;
  /** What is to be added to this node's time for that of another one, where it has said so. */
  readonly #timesOff = new Map<string, number>();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#proof = new NodeProof(parts.own.key);
  }

  /** Rejects only with the reason of the signal, which closes the connection: the node sees a client that hangs up. */
  async call(node: string, request: NodeRequest, signal: AbortSignal): Promise<Called> {
    const { directory, own } = this.#parts;
    const row = await directory.known(node);
    if (row === undefined) {
      const why = directory.isRead
        ? sentence(
            "It is not in the cluster any more: it was removed. If it comes back, its sessions are its own again.",
          )
        : sentence("No node of this name is known to “{own}”.", { own: own.node });
      // What an admin has removed is gone for good.
      const kind = directory.isRead ? "down" : "foreign";
      return { unreached: { node, kind, ...reasonOf(why) } };
    }
    try {
      return await this.#ask(row, request, signal);
    } catch (error) {
      signal.throwIfAborted();
      return { unreached: { node, ...whyUnreached(error, row) } };
    }
  }

  /** Calls `onSilent` once nothing has come from the node for five seconds, to any request; returns what ends that. */
  watch(node: string, onSilent: () => void): () => void {
    const row = this.#parts.directory.find(node);
    return row === undefined ? () => {} : this.#pulse(row).watch(onSilent);
  }

  async #ask(row: NodeRow, request: NodeRequest, signal: AbortSignal): Promise<Called> {
    const given = new AbortController();
    const giveUp = (why: Silence) => () => given.abort(why);
    const pulse = this.#pulse(row);
    const unwatch = pulse.watch(giveUp(new Silence(nodeSilentMs)));
    const isRead = /^(?:GET|HEAD)$/.test(request.method);
    // What is only read is better read elsewhere than waited for again.
    const isHopeless = isRead && pulse.isSilent;
    const withinMs = isHopeless ? hopelessMs : request.withinMs;
    const late =
      withinMs === undefined ? undefined : setTimeout(giveUp(new Silence(withinMs)), withinMs);
    let release: (() => void) | undefined;
    try {
      const own = AbortSignal.any([signal, given.signal]);
      if (isRead) release = await this.#turnsOf(row).take(own, request.headers?.[askerHeader]);
      const called = await this.#askInTime(row, request, own);
      pulse.heard();
      if ("unreached" in called) given.abort();
      return called;
    } catch (error) {
      const why: unknown = given.signal.aborted && !signal.aborted ? given.signal.reason : error;
      // What still comes of it is not read.
      given.abort();
      throw why;
    } finally {
      release?.();
      unwatch();
      clearTimeout(late);
    }
  }

  /**
   * A node checks the time in a proof by its own clock. When the clocks differ it refuses the request, which has no effect
   * then, and says its time; then it is asked again.
   */
  async #askInTime(row: NodeRow, request: NodeRequest, signal: AbortSignal): Promise<Called> {
    // What comes piece by piece cannot be sent again: its time must be right at once.
    if (request.body instanceof ReadableStream) await this.#learnTime(row, signal);
    const begun = performance.now();
    const called = await this.#askOnce(row, request, signal);
    if (!this.#isOfAnotherTime(row, called)) return called.called;
    // A refusal that comes later may answer an old request that was recorded and replayed.
    const isSoon = performance.now() - begun < freshMs;
    const again =
      isSoon && !(request.body instanceof ReadableStream)
        ? await this.#askOnce(row, request, signal)
        : called;
    // The node refuses this node, not the person: passed on, its 401 would sign the page out.
    return this.#isOfAnotherTime(row, again)
      ? { unreached: { node: row.id, kind: "foreign", ...reasonOf(ofAnotherTime(row)) } }
      : again.called;
  }

  async #learnTime(row: NodeRow, signal: AbortSignal): Promise<void> {
    const health = { method: "GET", path: "/api/health" };
    this.#isOfAnotherTime(row, await this.#askOnce(row, health, signal));
  }

  /** Then its time is known from here on. */
  #isOfAnotherTime(row: NodeRow, { called, time }: Asked): boolean {
    const isRefused = "answer" in called && called.answer.status === 401;
    if (!isRefused || time === undefined) return false;
    this.#timesOff.set(row.id, time - Date.now());
    return true;
  }

  async #askOnce(row: NodeRow, request: NodeRequest, signal: AbortSignal): Promise<Asked> {
    const { response, proof } = await this.#fetch(row, request, signal);
    const { status, headers } = response;
    const unreached = (kind: Unreached["kind"], why: Sentence) => ({
      called: { unreached: { node: row.id, kind, ...reasonOf(why) } },
    });
    const another = whyAnother(row, headers);
    if (another !== undefined) return unreached("foreign", another);
    const body = await heldInTime(request, response);
    const answer = { node: row.id, status, headers, body };
    const time = this.#proof.timeOf(proof, answer, headers);
    if (time !== undefined) return { called: { answer }, time };
    const refused = whyRefused(row, answer);
    return refused === undefined
      ? unreached("unclear", unproven(row))
      : unreached("foreign", refused);
  }

  #turnsOf({ id }: NodeRow): Turns {
    const turns = this.#turns.get(id) ?? new Turns(reads);
    this.#turns.set(id, turns);
    return turns;
  }

  #pulse(row: NodeRow): NodePulse {
    const known = this.#pulses.get(row.id);
    if (known !== undefined) return known;
    const ask = async (signal: AbortSignal) => {
      const now = this.#parts.directory.find(row.id) ?? row;
      const { response } = await this.#fetch(now, { method: "GET", path: "/api/health" }, signal);
      await response.body?.cancel();
    };
    const pulse = new NodePulse(ask);
    this.#pulses.set(row.id, pulse);
    return pulse;
  }

  async #fetch(
    row: NodeRow,
    { method, path, body, headers: given }: NodeRequest,
    signal: AbortSignal,
  ): Promise<{ response: Response; proof: string }> {
    const headers = new Headers({
      ...given,
      "Accept-Encoding": "identity",
      [hopHeader]: this.#parts.own.node,
      [nodeHeader]: row.id,
      [wireHeader]: String(wireVersion),
    });
    const url = new URL(row.address).origin + path;
    const time = Date.now() + (this.#timesOff.get(row.id) ?? 0);
    const proof = this.#proof.ofRequest({ method, url, headers }, body, time);
    headers.set(proofHeader, proof);
    const response = await fetch(url, {
      method,
      headers,
      body: body ?? null,
      signal,
      redirect: "error",
      // A connection that the other end is just closing would make a stop fail that could be delivered.
      keepalive: false,
      decompress: false,
      timeout: false,
    } as RequestInit);
    return { response, proof };
  }
}

/**
 * As `heldBody`. A stop takes long until its answer begins, and not from there on: who drips it keeps the answers of all other
 * nodes waiting. Rejects with a Silence.
 */
async function heldInTime(
  { withinMs }: NodeRequest,
  { headers, body }: Response,
): Promise<NodeAnswer["body"]> {
  const held = heldBody(headers, body);
  if (!(held instanceof Promise) || withinMs === undefined) return held;
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new Silence(nodeSilentMs, true)), nodeSilentMs);
  try {
    return await abortable(held, late.signal);
  } finally {
    clearTimeout(timer);
  }
}
