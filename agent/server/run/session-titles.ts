/** Names sessions by a small request after a run is over: no part of any run, and ended by every stop and by what is sent next. */
import { priced } from "../../shared/cost";
import { filesOf, textOf, typedText } from "../../shared/message-parts";
import { noUsage, type Session, type TitleChoice, type Usage } from "../../shared/protocol";
import { findRun } from "../../shared/session-lookup";
import { askTitle, type TitleRequest } from "../agent/ask-title";
import type { Catalog } from "../catalog/catalog";
import { newId } from "../id";
import { log } from "../log";
import type { LiveSession } from "../session/live-session";
import { compareLimits, costs } from "./limit-rules";
import type { RunParts } from "./run-types";
import { currentTotals, noTotals, totalsOfOthers } from "./usage-totals";

/** A request for a title that is under way, or another that ends with it. */
interface OpenTitle {
  sessionId: string;
  /** Of a title: the run that it follows. */
  runId?: string;
  provider: string;
  controller: AbortController;
  /** Never rejects. */
  settled: Promise<void>;
}

/** After so many good runs a session keeps its first words: a service that gives no title is not asked for ever. */
const mostTries = 3;
/** More than a title takes. */
const atMost: Usage = { ...noUsage, inputTokens: 1500, outputTokens: 100 };

export class SessionTitles {
  readonly #parts: RunParts;
  /** Titles by session, others by an id of their own. */
  readonly #open = new Map<string, OpenTitle>();

  constructor(parts: RunParts) {
    this.#parts = parts;
  }

  /**
   * To be called when a run has ended well and nothing follows it. Asks for a title if the session has none yet, and may be
   * asked for one: not at a limit, and not while nothing can be saved. Never waits, never throws.
   */
  ask(live: LiveSession, runId: string): void {
    if (this.#open.has(live.session.id)) return;
    try {
      const request = this.#request(live.session, runId);
      if (request !== undefined) this.#begin(request);
    } catch (err) {
      log.error({ err, sessionId: live.session.id, runId }, "A title could not be asked for");
    }
  }

  /**
   * Ends the requests that are in the way of a run of this session: its own, and on this machine every one of the same
   * server.
   */
  makeWay({ id, provider }: Session): void {
    const isLocal = this.#parts.catalog.isLocal(provider);
    this.#end(
      (title) =>
        (title.sessionId === id && title.runId !== undefined) ||
        (isLocal && title.provider === provider),
    );
  }

  /** Another small request, which ends as a title does; what is sent next does not end it, but on this machine. */
  hold(sessionId: string, provider: string, controller: AbortController): Disposable {
    const { promise: settled, resolve } = Promise.withResolvers<void>();
    const key = newId();
    this.#open.set(key, { sessionId, provider, controller, settled });
    return {
      [Symbol.dispose]: () => {
        this.#open.delete(key);
        resolve();
      },
    };
  }

  /** Ends the request of this session: it is stopped, or a person has named it. */
  endSession(sessionId: string): void {
    this.#end((title) => title.sessionId === sessionId);
  }

  /** Ends the request that followed this run. */
  endRun(runId: string): void {
    this.#end((title) => title.runId === runId);
  }

  endAll(): void {
    this.#end(() => true);
  }

  /** Ends them all. Resolves when what they have cost is counted; never rejects. */
  async close(): Promise<void> {
    await Promise.all(this.#end(() => true).map(({ settled }) => settled));
  }

  /** Their sockets are closed when this returns. What they have cost is counted when they have settled. */
  #end(isEnded: (title: OpenTitle) => boolean): OpenTitle[] {
    const ended = [...this.#open.values()].filter(isEnded);
    for (const { controller } of ended) controller.abort();
    return ended;
  }

  #begin(request: TitleRequest): void {
    const { sessionId, runId } = request;
    const provider = request.provider.id;
    const controller = new AbortController();
    const settled = this.#take(request, controller.signal).catch((err: unknown) =>
      log.error({ err, sessionId, runId }, "A title could not be taken"),
    );
    this.#open.set(sessionId, { sessionId, runId, provider, controller, settled });
  }

  async #take(request: TitleRequest, signal: AbortSignal): Promise<void> {
    const { sessionId, runId, provider } = request;
    const answering = askTitle(request, signal);
    const { title, usage } = await answering.finally(() => this.#open.delete(sessionId));
    // It may have been deleted, or have left the memory.
    const live = this.#parts.sessions.getReadable(sessionId);
    if (usage === undefined || live === undefined) return;
    const event = { type: "session-title" as const, runId, provider: provider.id, usage };
    live.emit(title === undefined || signal.aborted ? event : { ...event, title });
  }

  #request(session: Session, runId: string): TitleRequest | undefined {
    const { catalog, sessions } = this.#parts;
    const { id: sessionId, messages } = session;
    const asked = askedModel(this.#parts.titles(), catalog, session);
    const message = messages.find(({ role }) => role === "user");
    if (asked === undefined || message === undefined || !mayBeNamed(session, runId)) return;
    const { provider, model } = asked;
    const info = () => catalog.info(provider, model);
    const cost = priced(atMost, info()?.price);
    if (sessions.storageError !== undefined || isAtLimit(this.#parts, session, runId, cost)) return;
    const words =
      typedText(message) ||
      filesOf(message)
        .map(({ name }) => name)
        .join(", ");
    const answer = messages.findLast((one) => one.runId === runId && one.role === "assistant");
    return {
      sessionId,
      runId,
      provider: catalog.provider(provider),
      model,
      info,
      message: words,
      answer: answer ? textOf(answer, "\n") : "",
    };
  }
}

/** Whether it could reach a limit of the run or of the day in tokens or money. */
export function isAtLimit(parts: RunParts, session: Session, runId: string, cost: Usage): boolean {
  const limits = parts.limits();
  const isDayLimited = Object.keys(limits.day).length > 0;
  const others = isDayLimited ? totalsOfOthers(parts.sessions, runId) : noTotals;
  const used = currentTotals(session, runId, [cost], others);
  return compareLimits(limits, findRun(session, runId)!, used, costs).reached !== undefined;
}

/** Undefined: no title is asked for. */
export function askedModel(
  choice: TitleChoice,
  catalog: Catalog,
  { provider, model }: Session,
): { provider: string; model: string } | undefined {
  if (choice === "off") return undefined;
  const asked = choice === "auto" ? { provider, model } : choice;
  const chosen = catalog.titleModel(asked.provider, asked.model);
  if (chosen === undefined) return undefined;
  return choice === "auto" ? { provider, model: chosen } : choice;
}

/** Neither a person nor a model has named it, and this run is one of its first that ended well. */
function mayBeNamed({ titledBy, runs }: Session, runId: string): boolean {
  const good = runs.filter(({ outcome, sumsUp }) => outcome === "done" && !sumsUp);
  return titledBy === undefined && good.length <= mostTries && good.at(-1)?.id === runId;
}
