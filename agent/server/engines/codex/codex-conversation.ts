/** An open conversation of Codex: a thread of an app-server, whose notices become the events of the turn that Rein has asked for. */
import type { ZodType } from "zod";
import type { ModelOptions } from "../../../shared/protocol";
import { inWords } from "../../../shared/quotation";
import { neverAborts } from "../../abort";
import { log } from "../../log";
import {
  type CutTurn,
  type EngineAnswer,
  type EngineChild,
  type EngineConversation,
  type EngineEnd,
  EngineError,
  type EngineEvent,
  type EngineFile,
  type EngineRequest,
} from "../engine";
import { type JsonRpc, noSuchMethod, RpcError, type RpcRequest } from "../json-rpc";
import { TurnEvents } from "../turn-events";
import { amendItems } from "./codex-amend";
import { errorInfo } from "./codex-errors";
import { handleNotice, type NoticeTarget } from "./codex-notices";
import { questionOf } from "./codex-questions";
import { CodexTurn, type TurnPlace } from "./codex-turn";
import { answers, type Tokens } from "./codex-wire";

export interface CodexSetting {
  /** Empty: Codex's own default. */
  model: string;
  options?: ModelOptions | undefined;
}

export class CodexConversation implements EngineConversation, NoticeTarget {
  readonly id: string;
  readonly version: string | undefined;
  readonly child: EngineChild;
  readonly #rpc: JsonRpc;
  readonly #ask: EngineRequest["ask"];
  readonly #events = new TurnEvents();
  readonly #agents = new Map<string, string>();
  /** Warnings that were told: Codex repeats some with each turn. */
  readonly #warned = new Set<string>();
  #setting: CodexSetting;
  #turn: CodexTurn | undefined;
  #isInterrupted = false;
  #total: Tokens | undefined;
  /** Messages within a turn, until each is taken. */
  readonly #steered = new Map<string, (isTaken: boolean) => void>();

  /** Connect it to the notices and requests of `rpc`. */
  constructor(rpc: JsonRpc, child: EngineChild, { id, version, setting, ask }: CodexOpen) {
    this.id = id;
    this.version = version;
    this.child = child;
    this.#rpc = rpc;
    this.#setting = setting;
    this.#ask = ask;
    rpc.ended
      .then((error) => this.#finish(failed(error)))
      .catch((err: unknown) => log.error({ err }, "The end of Codex could not be handled"));
  }

  turn(text: string, files: readonly EngineFile[] = []): AsyncGenerator<EngineEvent, EngineEnd> {
    const { model, options } = this.#setting;
    const effort = options?.effort;
    return this.#begin(async () => {
      const { turn } = await this.#request(
        "turn/start",
        {
          threadId: this.id,
          input: inputOf(text, files),
          ...(model && { model }),
          ...(effort && { effort }),
        },
        answers.turn,
      );
      return turn.id;
    });
  }

  compact(): AsyncGenerator<EngineEvent, EngineEnd> {
    return this.#begin(async () => {
      await this.#request("thread/compact/start", { threadId: this.id }, answers.anything);
      return undefined;
    });
  }

  interrupt(): void {
    if (!this.#events.isOpen || this.#isInterrupted) return;
    this.#isInterrupted = true;
    const running = this.#turn?.running ?? [];
    // Without an id it is for a turn that is about to start.
    if (this.#turn?.turnId === undefined) this.#interrupt({ threadId: this.id, turnId: "" });
    for (const place of running) this.#interrupt(place);
  }

  async stopSubagent(key: string): Promise<boolean> {
    const place = this.#turn?.subagent(key);
    if (place === undefined) return false;
    await this.#request("turn/interrupt", place, answers.anything);
    // An agent that waits for it would wait on: an interrupted agent can be given more to do, one that is put away cannot.
    const { threadId } = place;
    this.#request("thread/archive", { threadId }, answers.anything).catch((err: unknown) =>
      log.debug({ err }, "An agent of Codex could not be put away"),
    );
    return true;
  }

  /** Codex answers at once, and takes the message between two requests to the model: what an interrupt comes before is lost. */
  steer(text: string, files: readonly EngineFile[] = []): Promise<boolean> {
    const expectedTurnId = this.#turn?.turnId;
    if (!this.#events.isOpen || this.#isInterrupted || expectedTurnId === undefined)
      return Promise.resolve(false);
    const clientUserMessageId = crypto.randomUUID();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#steered.set(clientUserMessageId, resolve);
    const input = inputOf(text, files);
    const params = { threadId: this.id, expectedTurnId, clientUserMessageId, input };
    // It is refused where the turn is over, or takes nothing.
    this.#request("turn/steer", params, answers.anything).catch(() =>
      this.#resolveSteered(clientUserMessageId, false),
    );
    return promise;
  }

  async amend(cut: CutTurn): Promise<boolean> {
    const items = amendItems(cut);
    try {
      await this.#request("thread/inject_items", { threadId: this.id, items }, answers.anything);
      return true;
    } catch (err) {
      log.warn({ err }, "Codex did not take what was cut");
      return false;
    }
  }

  setModel(model: string, options?: ModelOptions): Promise<void> {
    this.#setting = { model, options };
    return Promise.resolve();
  }

  /** For every request of Codex. Rejects with RpcError for one that is not answered. */
  async onRequest(request: RpcRequest, signal: AbortSignal): Promise<unknown> {
    const turn = this.#turn;
    const question = questionOf(request, (thread, item) => turn?.thread(thread)?.changesOf(item));
    if (question === undefined) throw new RpcError(noSuchMethod, "Rein cannot answer this.");
    const { threadId, itemId, name, kind, input, access, reply } = question;
    if (turn === undefined || !this.#events.isOpen || this.#isInterrupted)
      return reply({ allow: false, cancelled: true });
    const thread = turn.thread(threadId);
    const item = itemId ?? thread?.openCall(name) ?? `request-${request.id}`;
    const key = turn.keyOf(threadId, item);
    const agent = thread?.agent;
    const tool = { key, name, kind, input, ...(agent !== undefined && { agent }) };
    if (typeof access === "string") this.#events.push({ type: "tool", ...tool });
    const answer: EngineAnswer =
      typeof access === "string"
        ? { allow: false, message: access }
        : await this.#ask({ ...tool, access }, signal);
    if (answer.allow) this.#events.push({ type: "tool-start", key });
    else if ("message" in answer) {
      const { message: error } = answer;
      this.#events.push({ type: "tool-end", key, outcome: "failed", error });
      this.#explain(threadId, name, error);
    }
    return reply(answer);
  }

  /** For every notice of Codex. */
  onNotice(method: string, params: unknown): void {
    handleNotice(method, params, this.#turn, this);
  }

  /** A turn that was not asked for is interrupted at once. */
  turnStarted(place: TurnPlace): void {
    const isOwn = this.#events.isOpen && this.#turn?.started(place);
    if (!isOwn || this.#isInterrupted) this.#interrupt(place);
  }

  turnCompleted(place: TurnPlace, end: EngineEnd): void {
    this.#over(this.#turn?.completed(place, end));
  }

  threadClosed(threadId: string): void {
    this.#over(this.#turn?.closed(threadId));
  }

  noteTotal(threadId: string, total: Tokens): void {
    if (threadId === this.id) this.#total = total;
  }

  messageTaken(clientId: string): void {
    this.#resolveSteered(clientId, true);
  }

  warn(message: string): void {
    if (this.#warned.has(message) || this.#warned.size > 100) return;
    if (ofTheModel.test(message)) return;
    if (this.#events.push({ type: "notice", text: message })) this.#warned.add(message);
  }

  resolved(id: string | number): void {
    this.#rpc.cancel(id);
  }

  #begin(start: () => Promise<string | undefined>): AsyncGenerator<EngineEvent, EngineEnd> {
    const events = this.#events.begin();
    const options = { total: this.#total, agents: this.#agents };
    const turn = new CodexTurn(this.id, (event) => this.#events.push(event), options);
    this.#turn = turn;
    this.#isInterrupted = false;
    start().then(
      (turnId) => {
        if (turnId === undefined || turn !== this.#turn || !this.#events.isOpen) return;
        turn.started({ threadId: this.id, turnId });
      },
      (error: unknown) => {
        if (turn === this.#turn) this.#finish(failed(error));
      },
    );
    return events;
  }

  #over(end: EngineEnd | undefined): void {
    if (end) this.#finish(end);
  }

  #finish(end: EngineEnd): void {
    this.#events.end(end);
    this.#turn = undefined;
    for (const id of this.#steered.keys()) this.#resolveSteered(id, false);
  }

  #resolveSteered(id: string, isTaken: boolean): void {
    this.#steered.get(id)?.(isTaken);
    this.#steered.delete(id);
  }

  #interrupt(place: TurnPlace): void {
    // It is refused where the turn has ended meanwhile, or has not begun: then it is interrupted when it begins.
    this.#request("turn/interrupt", place, answers.anything).catch(() => {});
  }

  /** Codex's answers have no words for its model. */
  #explain(threadId: string, name: string, message: string): void {
    const turn = this.#turn?.running.find((place) => place.threadId === threadId);
    if (turn === undefined) return;
    const input = inputOf(`[Your call of ${inWords(name)} was not allowed. ${message}]`, []);
    const params = { threadId, expectedTurnId: turn.turnId, input };
    this.#request("turn/steer", params, answers.anything).catch((err: unknown) =>
      log.debug({ err }, "Codex did not take the words of a denial"),
    );
  }

  #request<T>(method: string, params: object, schema: ZodType<T>): Promise<T> {
    return this.#rpc.request(method, params, schema, neverAborts);
  }
}

/** Said in each conversation with a model that is not in its own list, where a person can do nothing about it. */
const ofTheModel = /^Model metadata for /;

interface CodexOpen {
  id: string;
  version: string | undefined;
  setting: CodexSetting;
  ask: EngineRequest["ask"];
}

/** Files first, then the user's words. */
function inputOf(text: string, files: readonly EngineFile[]): object[] {
  const words = text === "" && files.length > 0 ? [] : [{ text }];
  return [...files, ...words].map((one) =>
    "text" in one
      ? { type: "text", text: one.text, text_elements: [] }
      : { type: "image", url: `data:${one.mediaType};base64,${one.data}` },
  );
}

function failed(error: unknown): EngineEnd {
  if (error instanceof EngineError)
    return { outcome: "failed", error: { code: error.code, message: error.message } };
  if (error instanceof RpcError)
    return {
      outcome: "failed",
      error: errorInfo({ message: error.message, codexErrorInfo: "other" }),
    };
  log.error({ err: error }, "A turn of Codex could not be started");
  return { outcome: "failed", error: { code: "engine-error", message: "Codex did not begin." } };
}
