/** One turn with an ACP agent: its prompts, what is said and asked in it, and its end. */
import type { z } from "zod";
import { addUsage, noUsage } from "../../../shared/protocol";
import { inWords } from "../../../shared/quotation";
import { abortable, link } from "../../abort";
import type { EngineAnswer, EngineEnd, EngineEvent, EngineRequest } from "../engine";
import type { AcpAgent } from "./acp-agent";
import { problems } from "./acp-errors";
import { mcpToolName } from "./acp-mcp";
import { cancelled, type Outcome, outcomeOf, questionOf, withInstructions } from "./acp-questions";
import type { permissionRequest, promptAnswer, SessionUpdate } from "./acp-schemas";
import { type AcpCall, AcpUpdates } from "./acp-updates";

type PermissionRequest = z.infer<typeof permissionRequest>;
type PromptAnswer = z.infer<typeof promptAnswer>;

export interface AcpTurnOptions {
  agent: AcpAgent;
  request: Pick<EngineRequest, "cwd" | "ask" | "mcpServers">;
  /**
   * Denials whose words the model has not been told, for ACP has no place for them: told with the next prompt, of this turn
   * or of the next.
   */
  untold: string[];
  push: (event: EngineEvent) => void;
}

export class AcpTurn {
  readonly #options: AcpTurnOptions;
  readonly #updates: AcpUpdates;
  /** Aborts when the questions of the turn are no longer answered. */
  readonly #questions = new AbortController();
  #isPrompted = false;
  /** Something was denied since the last prompt: some agents end the turn by that, and call it cancelled. */
  #isDenied = false;
  /** A person has said what to do instead, and waits for that. */
  #hasWords = false;
  /** By the prompts of the turn. */
  #usage = noUsage;

  constructor(options: AcpTurnOptions) {
    this.#options = options;
    this.#updates = new AcpUpdates(options.push, (first) => {
      const { agent, request } = options;
      const { toolName, mcpTool } = agent;
      return toolName?.(first.toolCallId) ?? mcpToolName(first, mcpTool, request.mcpServers);
    });
  }

  /** What the agent says and asks belongs to it from its first prompt on. */
  get hasBegun(): boolean {
    return this.#isPrompted;
  }

  /**
   * Prompts with the text, and again until the model has answered what a person has said with a denial. Rejects as `prompt`,
   * which sends a text and resolves with its answer.
   */
  async run(text: string, prompt: (text: string) => Promise<PromptAnswer>): Promise<EngineEnd> {
    let end: EngineEnd;
    let next = text;
    do {
      if (this.#questions.signal.aborted) return { outcome: "interrupted" };
      this.#isPrompted = true;
      this.#updates.endPart();
      this.#isDenied = false;
      this.#hasWords = false;
      const whole = [...this.#options.untold.splice(0), next].filter(Boolean).join("\n\n");
      end = this.#endOf(await prompt(whole));
      next = "";
    } while (end.outcome === "done" && this.#hasWords);
    return end;
  }

  /** What the agent says, as events. */
  apply(update: SessionUpdate): void {
    this.#updates.apply(update);
  }

  /** The agent was told to stop: what ends now was cut, and what it asks is cancelled. */
  interrupt(): void {
    this.#updates.interrupted();
    this.#questions.abort();
  }

  /** Cancels what is still asked after the end of the turn. */
  close(): void {
    this.#questions.abort();
  }

  /** `signal`: the agent no longer wants to know. */
  async answer(asked: PermissionRequest, signal: AbortSignal): Promise<Outcome> {
    if (this.#questions.signal.aborted) return cancelled;
    const { request, agent } = this.#options;
    const call = this.#updates.call(asked.toolCall);
    const question = await withInstructions(
      questionOf(call, request.cwd),
      agent.readsAlong ?? [],
      request.cwd,
    );
    using wanted = link(this.#questions.signal);
    const withdraw = () => wanted.controller.abort(signal.reason);
    signal.addEventListener("abort", withdraw, { once: true });
    try {
      const answered = request.ask(question, wanted.controller.signal);
      const answer = await abortable(answered, wanted.controller.signal);
      const chosen = outcomeOf(answer, asked.options);
      this.#note(call, answer, chosen);
      return { outcome: chosen.outcome };
    } catch (error) {
      if (wanted.controller.signal.aborted) return cancelled;
      throw error;
    } finally {
      signal.removeEventListener("abort", withdraw);
    }
  }

  /** What follows from an answer for the call, for its model and for people. */
  #note(call: AcpCall, answer: EngineAnswer, { noOption }: Outcome): void {
    const { agent, untold, push } = this.#options;
    this.#isDenied ||= !answer.allow || noOption === true;
    if (!answer.allow && "message" in answer) {
      this.#updates.answered(call, answer.message);
      untold.push(
        `[Your call of ${inWords(call.name || call.kind)} was not allowed. ${answer.message}]`,
      );
      this.#hasWords ||= answer.hasWords === true;
    } else if (!noOption) this.#updates.answered(call, undefined);
    if (noOption)
      push({
        type: "notice",
        text: `${agent.name} has no way to allow this only once, so it was denied.`,
      });
  }

  #endOf({ stopReason, usage }: PromptAnswer): EngineEnd {
    if (usage) this.#count(usage);
    if (stopReason === "cancelled") {
      if (!this.#isDenied || this.#questions.signal.aborted) return { outcome: "interrupted" };
      const text = `${this.#options.agent.name} ended its turn because something was denied.`;
      if (!this.#hasWords) this.#options.push({ type: "notice", text });
      return { outcome: "done" };
    }
    const problem = problems[stopReason];
    return problem ? { outcome: "failed", error: problem } : { outcome: "done" };
  }

  #count(usage: NonNullable<PromptAnswer["usage"]>): void {
    const { inputTokens, outputTokens, cachedReadTokens, cachedWriteTokens } = usage;
    if (inputTokens + outputTokens === 0) return;
    const [read, write] = [cachedReadTokens ?? 0, cachedWriteTokens ?? 0];
    this.#usage = addUsage(this.#usage, {
      inputTokens: inputTokens + read + write,
      outputTokens,
      ...(read > 0 && { cacheReadTokens: read }),
      ...(write > 0 && { cacheWriteTokens: write }),
      estimated: false,
    });
    this.#options.push({ type: "usage", usage: this.#usage });
  }
}
