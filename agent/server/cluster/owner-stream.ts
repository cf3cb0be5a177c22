/** The events of a session as the node that owns it sends them: what a viewer has missed, and a stream of what follows. */
import type { Owned } from "../../shared/session-roles";
import type { Frame } from "../stream/sse-frame";
import { FrameSplitter, type PassedFrame } from "./frame-splitter";
import type { Called, NodeAnswer, NodeRequest, Unreached } from "./node-calls";

/** The owner sends a heartbeat every 15 s. */
const streamSilentMs = 40_000;
const pageMs = 10_000;

export interface OwnerCalls {
  call(node: string, request: NodeRequest, signal: AbortSignal): Promise<Called>;
  /** Calls `onSilent` when the node has answered nothing for some seconds; returns what ends that. */
  watch(node: string, onSilent: () => void): () => void;
}

export interface Snapshot {
  seq: number;
  frame: Frame;
  /** Who may see the session. */
  owned: Owned;
}

/** What the owner has sent of what a viewer missed; it ends with the event `seq`. */
export interface Page {
  seq: number;
  frames: Frame[];
  snapshot?: Snapshot;
  /** Who may see the session, as of the last of them; where there is a snapshot among them. */
  owned?: Owned;
}

/** ended: by the owner, in order. */
type End = "ended" | "broken" | "no session" | "unreached";

interface Reading {
  onOpen: () => void;
  onFrames: (frames: PassedFrame[]) => void;
}

export class OwnerStream {
  readonly #calls: OwnerCalls;
  readonly #node: string;
  readonly #path: string;
  #cut = new AbortController();

  constructor(calls: OwnerCalls, node: string, sessionId: string) {
    this.#calls = calls;
    this.#node = node;
    this.#path = `/api/sessions/${encodeURIComponent(sessionId)}/events`;
  }

  /** Ends the stream that is read now: it is not believed any more. */
  cut(): void {
    this.#cut.abort();
    this.#cut = new AbortController();
  }

  /** The events after this one, or a snapshot; or the owner's refusal. Rejects with the signal's reason. */
  async page(
    after: number | undefined,
    signal: AbortSignal,
  ): Promise<Page | { answer: NodeAnswer } | { unreached: Unreached }> {
    const query = after === undefined ? "?once" : `?once&after=${after}`;
    const within = AbortSignal.any([signal, AbortSignal.timeout(pageMs)]);
    try {
      const called = await this.#get(query, within);
      if ("unreached" in called) return called;
      const { answer } = called;
      if (answer.status !== 200 || !(answer.body instanceof ReadableStream)) return { answer };
      const found: PassedFrame[] = [];
      await readFrames(answer.body, (frames) => found.push(...frames), within);
      return pageOf(found, after);
    } catch (error) {
      signal.throwIfAborted();
      return { unreached: { node: this.#node, kind: "unclear", reason: String(error) } };
    }
  }

  /** Reads from the event after this one on, until that ends. Never rejects. */
  async read(after: number, { onOpen, onFrames }: Reading, signal: AbortSignal): Promise<End> {
    const own = AbortSignal.any([signal, this.#cut.signal]);
    const silence = new AbortController();
    const unwatch = this.#calls.watch(this.#node, () => silence.abort());
    try {
      const called = await this.#get(`?after=${after}`, AbortSignal.any([own, silence.signal]));
      if ("unreached" in called) return "unreached";
      const { status, body } = called.answer;
      if (status === 404) return "no session";
      if (status !== 200 || !(body instanceof ReadableStream)) return "unreached";
      onOpen();
      await readFrames(body, onFrames, AbortSignal.any([own, silence.signal]));
      return "ended";
    } catch {
      return "broken";
    } finally {
      unwatch();
    }
  }

  #get(query: string, signal: AbortSignal): Promise<Called> {
    const request = {
      method: "GET",
      path: this.#path + query,
      headers: { accept: "text/event-stream" },
    };
    return this.#calls.call(this.#node, request, signal);
  }
}

function pageOf(all: PassedFrame[], after: number | undefined): Page {
  const last = all.at(-1);
  const snapshot = all.findLast(({ isSnapshot }) => isSnapshot) as Snapshot | undefined;
  const seq = last?.seq ?? after;
  // Without a number to begin after there is a snapshot.
  if (seq === undefined) throw new Error("The owner of a session has sent no snapshot of it");
  const frames = all.map(({ frame }) => frame);
  if (snapshot === undefined) return { seq, frames };
  const owned = Object.assign({}, ...all.map((one) => one.owned)) as Owned;
  return { seq, frames, owned, ...(all.length === 1 && { snapshot }) };
}

/** Rejects when the stream breaks, is silent, or the signal aborts: then it is closed. */
async function readFrames(
  body: ReadableStream<Uint8Array>,
  onFrames: (frames: PassedFrame[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = body.getReader();
  const stop = (): void => void reader.cancel(signal.reason).catch(() => undefined);
  signal.addEventListener("abort", stop, { once: true });
  const splitter = new FrameSplitter();
  let timer: Timer | undefined;
  try {
    for (;;) {
      clearTimeout(timer);
      timer = setTimeout(stop, streamSilentMs);
      const { done, value } = await reader.read();
      signal.throwIfAborted();
      if (done) return;
      const frames = splitter.add(value);
      if (frames.length > 0) onFrames(frames);
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    stop();
  }
}
