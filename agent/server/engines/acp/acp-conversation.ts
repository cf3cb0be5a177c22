/** One open conversation with an ACP agent: turns, their questions, and their interruption. */
import { z } from "zod";
import type { ErrorInfo } from "../../../shared/protocol";
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
import { cancelled, outcomeOf, questionOf } from "./acp-questions";
import {
  anyAnswer,
  cancelNotice,
  type ConfigOptions,
  initializeAnswer,
  newSessionAnswer,
  permissionRequest,
  promptAnswer,
  sessionAnswer,
  sessionUpdate,
  updateNotice,
} from "./acp-schemas";
import { AcpUpdates } from "./acp-updates";

/** The slowest took eleven seconds on a busy machine; its first start prepares its files. */
const openMs = 60_000;
/** Between two interrupts of turns that nobody asked for. */
const strayMs = 1_000;
/** An agent that is silent for so long, or never comes to an end, is not waited for. */
const settleMs = 1_000;
/** What agents answer when there is no log-in. */
const loginRequired = -32_000;

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
      throw this.#wordsFor(error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #open(signal: AbortSignal): Promise<void> {
    const { name, keyLogin, askingMode } = this.#agent;
    const { gate, cwd, model, conversationId } = this.#request;
    const { protocolVersion, agentInfo, agentCapabilities } = await this.#rpc.request(
      "initialize",
      {
        protocolVersion: 1,
        clientInfo: { name: "rein", title: "Rein", version: "1" },
        clientCapabilities,
      },
      initializeAnswer,
      signal,
    );
    if (protocolVersion !== 1)
      throw new EngineError(
        "engine-wire",
        `${name} speaks version ${protocolVersion} of ACP, and Rein version 1. Install a version of ${name} that speaks it too.`,
      );
    this.version ??= agentInfo?.version ?? undefined;
    if (gate !== undefined && keyLogin !== undefined)
      await this.#rpc.request("authenticate", { methodId: keyLogin }, anyAnswer, signal);
    const place = { cwd, mcpServers: [] };
    if (conversationId === undefined) {
      const opened = await this.#rpc.request(
        "session/new",
        place,
        sessionAnswer.and(newSessionAnswer),
        signal,
      );
      this.#id = opened.sessionId;
      this.#config = opened.configOptions;
    } else {
      const { sessionCapabilities, loadSession } = agentCapabilities ?? {};
      const method = sessionCapabilities?.resume ? "session/resume" : "session/load";
      if (method === "session/load" && !loadSession)
        throw new EngineError(
          "engine-conversation",
          `${name} cannot take up a conversation again.`,
        );
      this.#id = conversationId;
      const opened = await this.#resume(method, { ...place, sessionId: conversationId }, signal);
      this.#config = opened?.configOptions;
      if (method === "session/load") await this.#settled(signal);
    }
    if (askingMode !== undefined) await this.#setMode(askingMode, signal);
    if (model !== "" && gate === undefined) await this.setModel(model);
    this.#isOpened = true;
  }

  async #resume(method: string, params: object, signal: AbortSignal) {
    try {
      return await this.#rpc.request(method, params, sessionAnswer, signal);
    } catch (error) {
      if (!(error instanceof RpcError) || error.code === loginRequired) throw error;
      throw new EngineError(
        "engine-conversation",
        `${this.#agent.name} could not take up the conversation again: ${error.message}`,
        { cause: error },
      );
    }
  }

  /**
   * Some go on with what they replay, or with a turn that was interrupted, after they have answered: waits until nothing
   * comes between a question and its answer. Rejects only with the signal's reason, or when the agent has ended.
   */
  async #settled(signal: AbortSignal): Promise<void> {
    using bounded = link(signal);
    const timer = setTimeout(() => bounded.controller.abort(), settleMs);
    try {
      for (let count = -1; count !== this.#updateCount;) {
        count = this.#updateCount;
        await this.#rpc
          .request("_rein/settled", {}, anyAnswer, bounded.controller.signal)
          .catch((error: unknown) => {
            if (!(error instanceof RpcError)) throw error; // any answer will do
          });
      }
    } catch (error) {
      signal.throwIfAborted();
      if (!bounded.controller.signal.aborted) throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async *turn(text: string): AsyncGenerator<EngineEvent, EngineEnd> {
    const events = this.#events.begin();
    this.#questions = new AbortController();
    this.#prompt(text).catch((err: unknown) => log.error({ err }, "A turn of an engine failed"));
    return yield* events;
  }

  async #prompt(text: string): Promise<void> {
    const params = { sessionId: this.id, prompt: [{ type: "text", text }] };
    let end: EngineEnd;
    try {
      if (this.#isUnsettled) await this.#settled(neverAborts);
      this.#isUnsettled = false;
      this.#isDenied = false;
      if (this.#questions.signal.aborted) return this.#events.end({ outcome: "interrupted" });
      this.#updates = new AcpUpdates(
        (event) => void this.#events.push(event),
        this.#agent.toolName,
      );
      const answer = await this.#rpc.request("session/prompt", params, promptAnswer, neverAborts);
      end = this.#endOf(answer);
    } catch (error) {
      const { code, message } = this.#wordsFor(error);
      end = { outcome: "failed", error: { code, message } };
    }
    this.#updates = undefined;
    this.#events.end(end);
    this.#questions.abort();
  }

  #endOf({ stopReason, usage }: z.infer<typeof promptAnswer>): EngineEnd {
    if (usage && usage.inputTokens + usage.outputTokens > 0) {
      const { inputTokens, outputTokens, cachedReadTokens, cachedWriteTokens } = usage;
      const [read, write] = [cachedReadTokens ?? 0, cachedWriteTokens ?? 0];
      this.#events.push({
        type: "usage",
        usage: {
          inputTokens: inputTokens + read + write,
          outputTokens,
          ...(read > 0 && { cacheReadTokens: read }),
          ...(write > 0 && { cacheWriteTokens: write }),
          estimated: false,
        },
      });
    }
    if (stopReason === "cancelled")
      return { outcome: this.#isDenied && !this.#isUnsettled ? "done" : "interrupted" };
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
      if (!answer.allow && "message" in answer) updates.answered(call, answer.message);
      else if (!noOption) updates.answered(call, undefined);
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

  #wordsFor(error: unknown): EngineError {
    if (error instanceof EngineError) return error;
    const { name, loginHelp } = this.#agent;
    if (error instanceof RpcError && error.code === loginRequired)
      return new EngineError("engine-login", `${name} is not logged in. ${loginHelp}`, {
        cause: error,
      });
    if (error instanceof RpcError)
      return new EngineError(
        "engine-failed",
        `${name} failed: ${messageOf(error)}${detailsOf(error)}`,
        { cause: error },
      );
    log.error({ err: error }, "An internal error with an engine");
    return new EngineError("internal", `An internal error of Rein with ${name}.`, { cause: error });
  }

  #unread(): string {
    const { unread } = this.#rpc;
    return unread === undefined ? "" : ` It wrote: ${unread}`;
  }
}

/** Its processes are all Rein's job: it works on files and commands by itself. */
const clientCapabilities = {
  fs: { readTextFile: false, writeTextFile: false },
  terminal: false,
  // Else its warnings come as text of the model.
  session: { notices: {} },
  _meta: { terminal_output_delta: true, "subagent-transcript": true },
};

const isWork = new Set(["agent_message_chunk", "agent_thought_chunk", "tool_call"]);

const problems: Record<string, ErrorInfo | undefined> = {
  refusal: { code: "refusal", message: "The model refused to answer." },
  max_tokens: { code: "max-tokens", message: "The answer was cut at the model’s limit of tokens." },
  // Gemini CLI says so of a turn that goes round in circles, too.
  max_turn_requests: {
    code: "engine-turn-limit",
    message:
      "The engine ended this turn by a limit of its own: it made too many requests, or it was repeating itself.",
  },
};

/** Some give the answer of the model's service as it came. */
function messageOf({ message }: RpcError): string {
  return /"message":\s*("(?:[^"\\]|\\.)*")/.exec(message)?.[1] ?? message;
}

/** Some say what happened only there. */
function detailsOf({ data, message }: RpcError): string {
  const { details } = (typeof data === "object" && data !== null ? data : {}) as {
    details?: unknown;
  };
  const text = typeof data === "string" ? data : details;
  return typeof text === "string" && !message.includes(text) ? ` (${text.slice(0, 500)})` : "";
}
