/** One open conversation with an ACP agent: turns, their questions, and their interruption. */
import { z } from "zod";
import { addUsage, noUsage } from "../../../shared/protocol";
import { inWords } from "../../../shared/quotation";
import { abortable, link, neverAborts } from "../../abort";
import { log } from "../../log";
import {
  type EngineChild,
  type EngineConversation,
  type EngineEnd,
  EngineError,
  type EngineEvent,
  type EngineRequest,
} from "../engine";
import { JsonRpc, noSuchMethod, RpcError, type RpcRequest } from "../json-rpc";
import { TurnEvents } from "../turn-events";
import type { AcpAgent } from "./acp-agent";
import { acpError, problems } from "./acp-errors";
import { openSession } from "./acp-opening";
import { cancelled, outcomeOf, questionOf } from "./acp-questions";
import {
  anyAnswer,
  cancelNotice,
  type ConfigOptions,
  permissionRequest,
  promptAnswer,
  sessionUpdate,
  updateNotice,
} from "./acp-schemas";
import { settled } from "./acp-settled";
import { AcpUpdates } from "./acp-updates";

/** The slowest took eleven seconds on a busy machine; its first start prepares its files. */
const openMs = 60_000;
/** Between two interrupts of turns that nobody asked for. */
const strayMs = 1_000;

export class AcpConversation implements EngineConversation {
  readonly #agent: AcpAgent;
  readonly #request: EngineRequest;
  readonly #rpc: JsonRpc;
  readonly #events = new TurnEvents();
  readonly child: EngineChild;
  version?: string;
  #id: string | undefined;
  #config: ConfigOptions;
  /** Of the turn under way, from its prompt to its answer. */
  #updates: AcpUpdates | undefined;
  /** Aborts when nobody answers the questions of the turn any more. */
  #questions = new AbortController();
  #strayAt = -Infinity;
  #updateCount = 0;
  #isOpened = false;
  /** Something was denied in the turn: some end it by that, and call it cancelled. */
  #isDenied = false;
  /** Denials that the model has not been told the words of, for ACP has no place for them; and whether a person waits for that. */
  #untold: string[] = [];
  #hasWords = false;
  /** By the prompts of the turn. */
  #usage = noUsage;
  /** It was interrupted: more of that may come. */
  #isUnsettled = false;

  constructor(agent: AcpAgent, child: EngineChild, request: EngineRequest, version?: string) {
    this.#agent = agent;
    this.#request = request;
    this.child = child;
    if (version !== undefined) this.version = version;
    this.#questions.abort();
    this.#rpc = new JsonRpc(child, {
      name: agent.name,
      saysVersion: true,
      onRequest: (asked, signal) => this.#answer(asked, signal),
      onNotice: (method, params) => this.#notice(method, params),
    });
  }

  get id(): string {
    return this.#id ?? "";
  }

  /** Rejects with EngineError, or the signal's reason; the caller then stops the child. */
  async open(signal: AbortSignal): Promise<void> {
    using bounded = link(signal);
    const late = new EngineError(
      "engine-wire",
      `${this.#agent.name} did not answer within a minute.${this.#unread()}`,
    );
    const timer = setTimeout(() => bounded.controller.abort(late), openMs);
    try {
      await this.#open(bounded.controller.signal);
    } catch (error) {
      signal.throwIfAborted();
      throw acpError(error, this.#agent);
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { askingMode } = this.#agent;
    const { gate, model, conversationId } = this.#request;
    this.#id = conversationId;
    const opened = await openSession(this.#rpc, this.#agent, this.#request, signal);
    this.#id = opened.id;
    this.#config = opened.config;
    if (opened.version !== undefined) this.version ??= opened.version;
    if (opened.replays) await this.#settled(signal);
    if (askingMode !== undefined) await this.#setMode(askingMode, signal);
    if (model !== "" && gate === undefined) await this.setModel(model);
    this.#isOpened = true;
  }

  /** Rejects only with the signal's reason, or when the agent has ended. */
  #settled(signal: AbortSignal): Promise<void> {
    return settled(this.#rpc, () => this.#updateCount, signal);
  }

  async *turn(text: string): AsyncGenerator<EngineEvent, EngineEnd> {
    const events = this.#events.begin();
    this.#questions = new AbortController();
    this.#prompt(text).catch((err: unknown) => log.error({ err }, "A turn of an engine failed"));
    return yield* events;
  }

  async #prompt(text: string): Promise<void> {
    let end: EngineEnd;
    try {
      if (this.#isUnsettled) await this.#settled(neverAborts);
      this.#isUnsettled = false;
      this.#usage = noUsage;
      const updates = new AcpUpdates(
        (event) => void this.#events.push(event),
        this.#agent.toolName,
      );
      do {
        if (this.#questions.signal.aborted) return this.#events.end({ outcome: "interrupted" });
        this.#updates = updates;
        updates.endPart();
        end = await this.#promptOnce(text);
        text = "";
        // What a person has said instead is answered in this turn, not in the next.
      } while (end.outcome === "done" && this.#hasWords);
    } catch (error) {
      const { code, message } = acpError(error, this.#agent);
      end = { outcome: "failed", error: { code, message } };
    }
    this.#updates = undefined;
    this.#events.end(end);
    this.#questions.abort();
  }

  async #promptOnce(text: string): Promise<EngineEnd> {
    const whole = [...this.#untold, text].filter(Boolean).join("\n\n");
    this.#untold = [];
    this.#hasWords = false;
    this.#isDenied = false;
    const params = { sessionId: this.id, prompt: [{ type: "text", text: whole }] };
    return this.#endOf(
      await this.#rpc.request("session/prompt", params, promptAnswer, neverAborts),
    );
  }

  #endOf({ stopReason, usage }: z.infer<typeof promptAnswer>): EngineEnd {
    if (usage && usage.inputTokens + usage.outputTokens > 0) {
      const { inputTokens, outputTokens, cachedReadTokens, cachedWriteTokens } = usage;
      const [read, write] = [cachedReadTokens ?? 0, cachedWriteTokens ?? 0];
      this.#usage = addUsage(this.#usage, {
        inputTokens: inputTokens + read + write,
        outputTokens,
        ...(read > 0 && { cacheReadTokens: read }),
        ...(write > 0 && { cacheWriteTokens: write }),
        estimated: false,
      });
      this.#events.push({ type: "usage", usage: this.#usage });
    }
    if (stopReason === "cancelled") {
      if (!this.#isDenied || this.#isUnsettled) return { outcome: "interrupted" };
      if (!this.#hasWords)
        this.#events.push({
          type: "notice",
          text: `${this.#agent.name} ended its turn because something was denied.`,
        });
      return { outcome: "done" };
    }
    const problem = problems[stopReason];
    return problem ? { outcome: "failed", error: problem } : { outcome: "done" };
  }

  interrupt(): void {
    if (this.#events.isOpen) this.#cancel();
  }

  /** First the notice, then the pending questions are answered: so the protocol wants it. */
  #cancel(): void {
    if (this.#id !== undefined) this.#rpc.notify("session/cancel", { sessionId: this.#id });
    this.#updates?.interrupted();
    this.#questions.abort();
    this.#isUnsettled = true;
  }

  async setModel(model: string): Promise<void> {
    const option = this.#config?.find(({ category, id }) => (category ?? id) === "model");
    const values = option?.options.flatMap((one) =>
      "value" in one ? one.value : one.options.map(({ value }) => value),
    );
    if (option === undefined || !values?.includes(model))
      throw new EngineError(
        "engine-model",
        `${this.#agent.name} does not offer the model “${model}”.`,
      );
    if (option.currentValue === model) return;
    await this.#rpc.request(
      "session/set_config_option",
      { sessionId: this.id, configId: option.id, value: model },
      anyAnswer,
      AbortSignal.timeout(openMs),
    );
    option.currentValue = model;
  }

  async #setMode(modeId: string, signal: AbortSignal): Promise<void> {
    await this.#rpc.request("session/set_mode", { sessionId: this.id, modeId }, anyAnswer, signal);
  }

  #notice(method: string, params: unknown): void {
    if (method === "$/cancel_request") {
      const { data } = cancelNotice.safeParse(params);
      if (data) this.#rpc.cancel(data.requestId);
      return;
    }
    if (method !== "session/update") return;
    this.#updateCount++;
    const notice = updateNotice.safeParse(params).data;
    if (notice === undefined || notice.sessionId !== this.#id) return;
    const update = sessionUpdate.safeParse(notice.update).data;
    if (update === undefined) return;
    if (update.sessionUpdate === "current_mode_update") return this.#keepMode(update.currentModeId);
    if (update.sessionUpdate === "config_option_update") this.#config = update.configOptions;
    else if (this.#updates) this.#updates.apply(update);
    else if (this.#isOpened && isWork.has(update.sessionUpdate)) this.#stray();
  }

  /** The agent works though nobody asked. What is left of a turn that has ended looks the same, and an interrupt does no harm then. */
  #stray(): void {
    if (this.#events.isOpen) return;
    if (performance.now() - this.#strayAt < strayMs) return;
    this.#strayAt = performance.now();
    this.#cancel();
  }

  /** A mode that the agent has chosen by itself may ask nobody. */
  #keepMode(modeId: string): void {
    const { askingMode } = this.#agent;
    if (askingMode === undefined || modeId === askingMode) return;
    this.#setMode(askingMode, AbortSignal.timeout(openMs)).catch((err: unknown) =>
      log.warn({ err }, "An engine did not go back to the mode that asks"),
    );
  }

  async #answer({ method, params }: RpcRequest, signal: AbortSignal): Promise<unknown> {
    if (method !== "session/request_permission")
      throw new RpcError(noSuchMethod, "Rein offers no such method.");
    const asked = permissionRequest.safeParse(params).data;
    if (asked === undefined) throw new RpcError(-32_602, "Rein does not understand this question.");
    if (this.#updates === undefined) this.#stray();
    const over = this.#questions.signal;
    if (over.aborted || this.#updates === undefined) return cancelled;
    const updates = this.#updates;
    const call = updates.call(asked.toolCall);
    const question = questionOf(call, this.#request.cwd);
    using wanted = link(over);
    const withdraw = () => wanted.controller.abort(signal.reason);
    signal.addEventListener("abort", withdraw, { once: true });
    try {
      const answered = this.#request.ask(question, wanted.controller.signal);
      const answer = await abortable(answered, wanted.controller.signal);
      const { outcome, noOption } = outcomeOf(answer, asked.options);
      this.#isDenied ||= !answer.allow || noOption === true;
      if (!answer.allow && "message" in answer) {
        updates.answered(call, answer.message);
        this.#untold.push(
          `[Your call of ${inWords(call.name || call.kind)} was not allowed. ${answer.message}]`,
        );
        this.#hasWords ||= answer.hasWords === true;
      } else if (!noOption) updates.answered(call, undefined);
      if (noOption)
        this.#events.push({
          type: "notice",
          text: `${this.#agent.name} has no way to allow this only once, so it was denied.`,
        });
      return { outcome };
    } catch (error) {
      if (wanted.controller.signal.aborted) return cancelled;
      throw error;
    } finally {
      signal.removeEventListener("abort", withdraw);
    }
  }

  #unread(): string {
    const { unread } = this.#rpc;
    return unread === undefined ? "" : ` It wrote: ${unread}`;
  }
}

const isWork = new Set(["agent_message_chunk", "agent_thought_chunk", "tool_call"]);
