/** Tells browsers, by the push service of their maker, what happened in a session while none of their pages is open. */
import { ECDH } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { type News, newsOf } from "../../shared/news";
import type { PushAnswer, SessionSummary } from "../../shared/protocol";
import type { PushRequest } from "../../shared/requests";
import { truncate } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { log } from "../log";
import type { Network } from "../tools/web/fetch-checked";
import { maxSubscriptions, type PushFile, type Subscription } from "./push-file";
import { type PushMessage, type Sent, sendMessage } from "./send-message";

/** In UTF-8; the service sees how long a message is, and no more of it. */
export const maxTextBytes = 300;
/** Before each further attempt, when a service does not take a message now. */
const retryMs = [2000, 10_000];

export interface PushParts {
  /** Whether a page of this sign-in has a stream open: then that page tells. */
  isOpen(signInId: string): boolean;
  /** Whether its credential is still valid. */
  isSignedIn(signInId: string): boolean;
  /** Whether the one who signed in may see this session. */
  maySee(signInId: string, summary: SessionSummary): boolean;
  network(): Network;
}

/** Why a browser is not subscribed, for people. */
export class PushError extends Error {
  override readonly name = "PushError";
  constructor(
    readonly code: "push" | "push-full" | "push-failed",
    message: string,
  ) {
    super(message);
  }
}

interface SessionNews extends PushMessage {
  /** Of the session when it was told. */
  state: SessionSummary["state"];
}

export class Push {
  readonly #file: PushFile;
  readonly #parts: PushParts;
  readonly #closing = new AbortController();
  /** Of the sessions that work. */
  readonly #states = new Map<string, SessionSummary["state"]>();
  /** By the sign-in, the newest message of each session that is not sent yet. */
  readonly #waiting = new Map<string, Map<string, SessionNews>>();

  constructor(file: PushFile, parts: PushParts) {
    this.#file = file;
    this.#parts = parts;
  }

  /** For the browser of this sign-in. Throws what the file system throws. */
  answer(signInId: string): PushAnswer {
    return { publicKey: this.#file.keys.publicKey, isOn: this.#find(signInId) !== undefined };
  }

  /**
   * Replaces what this browser has given before, also under another sign-in, once its service has taken a first message.
   * Throws PushError, and then nothing has changed; what the file system throws; the signal's reason.
   */
  async add(
    given: PushRequest,
    { signInId, host }: Pick<Subscription, "signInId" | "host">,
    signal: AbortSignal,
  ): Promise<PushAnswer> {
    const next: Subscription = { ...given, signInId, host };
    const before = this.#find(signInId);
    if (before?.endpoint === next.endpoint && before.keys.auth === next.keys.auth)
      return this.answer(signInId);
    this.#refuseWhenFull(next);
    if (!isPoint(given.keys.p256dh))
      throw new PushError("push", "`keys.p256dh` is no public key of the curve P-256.");
    const both = AbortSignal.any([signal, this.#closing.signal]);
    const sent = await this.#send(next, { topic: "", text: textOf("first") }, both);
    if (sent !== "sent") throw new PushError("push-failed", wordsOf(sent));
    // Others may have come meanwhile.
    this.#refuseWhenFull(next);
    this.#file.save([...this.#others(next), next]);
    return this.answer(signInId);
  }

  /** Returns whether there was one. Throws what the file system throws, and then changes nothing. */
  remove(signInId: string): boolean {
    if (this.#find(signInId) === undefined) return false;
    this.#file.save(this.#others({ signInId }));
    this.#waiting.delete(signInId);
    return true;
  }

  /** Sign-ins have ended. Throws what the file system throws. */
  removeEnded(): void {
    for (const { signInId } of this.#file.subscriptions)
      if (!this.#parts.isSignedIn(signInId)) this.remove(signInId);
  }

  /** To be called with each change of a session's row. Never waits, never throws. */
  sessionChanged(summary: SessionSummary): void {
    const { id, title, state, outcome, deletedAt } = summary;
    const was = this.#states.get(id) ?? "idle";
    if (state === "idle" || deletedAt !== undefined) this.#states.delete(id);
    else this.#states.set(id, state);
    if (was === state || deletedAt !== undefined) return;
    const news = newsOf(state, outcome);
    if (news === undefined) return;
    for (const subscription of this.#file.subscriptions)
      if (this.#parts.maySee(subscription.signInId, summary))
        this.#tell(subscription, { topic: id, text: textOf(news, { id, title }), state });
  }

  /** What is under way is given up. */
  close(): void {
    this.#closing.abort();
  }

  #tell({ signInId }: Subscription, message: SessionNews): void {
    if (this.#closing.signal.aborted || this.#parts.isOpen(signInId)) return;
    const waiting = this.#waiting.get(signInId);
    if (waiting !== undefined) return void waiting.set(message.topic, message);
    const begun = new Map([[message.topic, message]]);
    this.#waiting.set(signInId, begun);
    this.#sendAll(signInId, begun)
      .catch((err: unknown) => {
        if (!this.#closing.signal.aborted) log.error({ err }, "A push message was not sent");
      })
      .finally(() => {
        if (this.#waiting.get(signInId) === begun) this.#waiting.delete(signInId);
      });
  }

  /** One after the other. */
  async #sendAll(signInId: string, waiting: Map<string, SessionNews>): Promise<void> {
    for (;;) {
      if (!this.#parts.isSignedIn(signInId)) this.remove(signInId);
      const subscription = this.#find(signInId);
      const [message] = waiting.values();
      if (subscription === undefined || message === undefined) return;
      waiting.delete(message.topic);
      const isOutdated = () => waiting.has(message.topic) || this.#hasGoneOn(message);
      await this.#sendOne(subscription, message, isOutdated);
    }
  }

  async #sendOne(
    subscription: Subscription,
    message: PushMessage,
    isOutdated: () => boolean,
  ): Promise<void> {
    const { signal } = this.#closing;
    for (const delayMs of [0, ...retryMs]) {
      if (delayMs > 0) await wait(delayMs, undefined, { signal });
      const { signInId } = subscription;
      if (isOutdated() || this.#parts.isOpen(signInId)) return;
      const sent = await this.#send(subscription, message, signal);
      if (sent === "sent") return;
      if (sent === "gone") return this.#forget(subscription);
      log.warn({ why: sent.failure }, "A push message was not taken");
      if (sent.isLasting) return;
    }
  }

  /** It was answered, say, before the service took the message. */
  #hasGoneOn({ topic, state }: SessionNews): boolean {
    return (this.#states.get(topic) ?? "idle") !== state;
  }

  #send(to: Subscription, message: PushMessage, signal: AbortSignal): Promise<Sent> {
    return sendMessage(to, message, this.#file.keys, this.#parts.network(), signal);
  }

  /** The browser may have given another one meanwhile. */
  #forget({ signInId, endpoint }: Subscription): void {
    if (this.#find(signInId)?.endpoint === endpoint) this.remove(signInId);
  }

  #find(signInId: string): Subscription | undefined {
    return this.#file.subscriptions.find((one) => one.signInId === signInId);
  }

  /** Of other browsers. */
  #others({ signInId, endpoint }: Partial<Subscription>): Subscription[] {
    return this.#file.subscriptions.filter(
      (one) => one.signInId !== signInId && one.endpoint !== endpoint,
    );
  }

  #refuseWhenFull(next: Subscription): void {
    if (this.#others(next).length < maxSubscriptions) return;
    throw new PushError(
      "push-full",
      `This server notifies ${maxSubscriptions} browsers already. Switch it off in one of them, or sign one out.`,
    );
  }
}

function isPoint(p256dh: string): boolean {
  try {
    ECDH.convertKey(p256dh, "prime256v1", "base64url");
    return true;
  } catch {
    // It says that the point is not on the curve.
    return false;
  }
}

function wordsOf(sent: Exclude<Sent, "sent">): string {
  const why = sent === "gone" ? "it does not know the subscription" : sent.failure;
  return `The browser’s push service took no message from this server: ${why}. Nothing was switched on.`;
}

/** What the service worker reads. The title is cut where the whole would be too long. */
function textOf(state: News | "first", about: { id?: string; title: string } = { title: "" }) {
  for (let length = 200; ; length -= 20) {
    const title = truncate(visibleString(truncate(about.title, length)), length);
    const text = JSON.stringify({ state, ...about, title });
    if (Buffer.byteLength(text) <= maxTextBytes || length <= 0) return text;
  }
}
