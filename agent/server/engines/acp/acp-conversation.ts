/** One open conversation with an ACP agent: turns, their questions, and their interruption. */
import type { z } from "zod";
import { link, neverAborts } from "../../abort";
import { log } from "../../log";
import {
  type EngineChild,
  type EngineConversation,
  type EngineEnd,
  EngineError,
  type EngineEvent,
  type EngineFile,
  type EngineRequest,
} from "../engine";
import { JsonRpc, noSuchMethod, RpcError, type RpcRequest } from "../json-rpc";
import { TurnEvents } from "../turn-events";
import type { AcpAgent } from "./acp-agent";
import { acpError } from "./acp-errors";
import { type OpenedSession, openSession } from "./acp-opening";
import { promptOf } from "./acp-prompt";
import { cancelled } from "./acp-questions";
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
import { AcpTurn } from "./acp-turn";

/** The slowest took eleven seconds on a busy machine; its first start prepares its files. */
export const openMs = 60_000;
/** Between two interrupts of turns that Rein did not ask for. */
const strayMs = 1_000;

/** Of a failure: no more of a text is compared with it. */
const mostWords = 2_000;

export class AcpConversation implements EngineConversation {
  readonly #agent: AcpAgent;
  readonly #request: EngineRequest;
  readonly #rpc: JsonRpc;
  readonly #events = new TurnEvents();
  readonly child: EngineChild;
  version?: string;
  takes?: OpenedSession["takes"];
  #id: string | undefined;
  #config: ConfigOptions;
  /** Under way, or about to begin. */
  #turn: AcpTurn | undefined;
  /** The text that it has written last in the turn. */
  #words = { key: "", text: "" };
  #strayAt = -Infinity;
  #updateCount = 0;
  #isOpened = false;
  /** As `AcpTurnOptions.untold`. */
  readonly #untold: string[] = [];
  /** It was interrupted: more of that may come. */
  #isUnsettled = false;

  constructor(agent: AcpAgent, child: EngineChild, request: EngineRequest, version?: string) {
    this.#agent = agent;
    this.#request = request;
    this.child = child;
    if (version !== undefined) this.version = version;
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

  /**
   * Rejects with EngineError, also when it is not open within `limitMs`, and with the signal's reason; the caller then
   * stops the child.
   */
  async open(limitMs: number, signal: AbortSignal): Promise<void> {
    using bounded = link(signal);
    const timer = setTimeout(() => bounded.controller.abort(this.#late(limitMs)), limitMs);
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
    this.takes = opened.takes;
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

  async *turn(
    text: string,
    files: readonly EngineFile[] = [],
  ): AsyncGenerator<EngineEvent, EngineEnd> {
    const events = this.#events.begin();
    const turn = new AcpTurn({
      agent: this.#agent,
      request: this.#request,
      untold: this.#untold,
      push: (event) => {
        this.#noteWords(event);
        this.#events.push(event);
      },
    });
    this.#turn = turn;
    this.#words = { key: "", text: "" };
    this.#run(turn, text, files).catch((err: unknown) =>
      log.error({ err }, "A turn of an engine failed"),
    );
    return yield* events;
  }

  async #run(turn: AcpTurn, text: string, files: readonly EngineFile[]): Promise<void> {
    let end: EngineEnd;
    try {
      if (this.#isUnsettled) await this.#settled(neverAborts);
      this.#isUnsettled = false;
      let brought = files;
      end = await turn.run(text, (prompt) => {
        const blocks = promptOf(prompt, brought);
        brought = [];
        return this.#prompt(blocks);
      });
    } catch (error) {
      const { code, message } = acpError(error, this.#agent);
      const said = this.#words.text.trim();
      const isSaid = said !== "" && message.endsWith(said);
      const words = isSaid ? `${this.#agent.name} failed, as it says above.` : message;
      end = { outcome: "failed", error: { code, message: words } };
    }
    this.#turn = undefined;
    this.#events.end(end);
    turn.close();
  }

  /** Some write why they fail before they say so. */
  #noteWords(event: EngineEvent): void {
    if (event.type !== "text" || event.agent !== undefined) return;
    const before = event.key === this.#words.key ? this.#words.text : "";
    this.#words = { key: event.key, text: (before + event.delta).slice(0, mostWords) };
  }

  #prompt(prompt: object[]): Promise<z.infer<typeof promptAnswer>> {
    const params = { sessionId: this.id, prompt };
    return this.#rpc.request("session/prompt", params, promptAnswer, neverAborts);
  }

  interrupt(): void {
    if (this.#events.isOpen) this.#cancel();
  }

  /** First the notice, then the pending questions are answered: so the protocol wants it. */
  #cancel(): void {
    if (this.#id !== undefined) this.#rpc.notify("session/cancel", { sessionId: this.#id });
    this.#turn?.interrupt();
    this.#isUnsettled = true;
  }

  /** Rejects with EngineError where the agent does not offer it, with RpcError where it refuses, and after a minute. */
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
    else if (this.#turn?.hasBegun) this.#turn.apply(update);
    else if (this.#isOpened && isWork.has(update.sessionUpdate)) this.#stray();
  }

  /** The agent works though it was not prompted. What is left of a turn that has ended looks the same, and an interrupt does no harm then. */
  #stray(): void {
    if (this.#events.isOpen) return;
    if (performance.now() - this.#strayAt < strayMs) return;
    this.#strayAt = performance.now();
    this.#cancel();
  }

  /** In a mode that the agent has chosen by itself it may not ask. */
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
    if (this.#turn?.hasBegun) return this.#turn.answer(asked, signal);
    this.#stray();
    return cancelled;
  }

  #late(limitMs: number): EngineError {
    const { unread } = this.#rpc;
    const said = `${this.#agent.name} did not answer within ${limitMs / 1_000} seconds.`;
    const written = unread ? ` It wrote: ${unread}` : "";
    return new EngineError("engine-wire", said + written);
  }
}

const isWork = new Set(["agent_message_chunk", "agent_thought_chunk", "tool_call"]);
