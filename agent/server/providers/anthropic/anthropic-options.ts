/** Writes what was chosen for a request as the Messages API takes it, and leaves out what the model would refuse. */
import type {
  BetaMessageParam,
  BetaThinkingConfigParam,
  MessageCreateParamsStreaming,
} from "@anthropic-ai/sdk/resources/beta/messages/messages";
import { defined } from "../../../shared/defined";
import { takenOptions } from "../../../shared/model-options";
import type { Effort } from "../../../shared/protocol";
import type { ModelRequest } from "../provider";
import { thinksBeforeLastCall } from "./anthropic-history";
import { claudeAllows, type ClaudeTraits, claudeTraits } from "./anthropic-models";

type Fields = Pick<MessageCreateParamsStreaming, "max_tokens" | "messages"> &
  Partial<MessageCreateParamsStreaming>;

/** `messages`, as this thinking allows them, and what is sent beside them. */
export function optionFields(
  { model, options }: Pick<ModelRequest, "model" | "options">,
  messages: BetaMessageParam[],
): Fields {
  const traits = claudeTraits(model);
  const chosen = takenOptions(options, claudeAllows(model, {})).options;
  const { effort, temperature, serviceTier } = chosen;
  const max_tokens = chosen.maxOutputTokens ?? traits.maxTokens;
  const thinking = thinkingOf(traits, effort, max_tokens, messages);
  const isOn = thinking?.type === "enabled" || thinking?.type === "adaptive";
  const isTurnedOff = !isOn && (thinking !== undefined || traits.thinking === "budget");
  return defined({
    max_tokens,
    // Without thinking, its blocks are refused in the last answer and ignored in the others.
    messages: isTurnedOff ? messages.map(withoutThinking) : messages,
    thinking,
    output_config: thinking?.type === "adaptive" && isGraded(effort) ? { effort } : undefined,
    temperature: isOn ? undefined : temperature,
    service_tier: serviceTier as "auto" | undefined,
    betas: thinking?.type === "adaptive" && traits.bindsThinking ? [bindingControls] : undefined,
  });
}

const bindingControls = "thinking-binding-controls-2026-08-01";

const budgets: Record<Exclude<Effort, "off">, number> = { low: 4000, medium: 10_000, high: 30_000 };
/** The service refuses a smaller one. */
const smallestBudget = 1024;

function thinkingOf(
  { known, thinking, off, bindsThinking }: ClaudeTraits,
  effort: Effort | undefined,
  maxTokens: number,
  messages: BetaMessageParam[],
): BetaThinkingConfigParam | undefined {
  if (effort === "off" && (off !== "unasked" || !known))
    return { type: off === "between_tools" ? off : "disabled" };
  if (thinking === "budget") {
    // A session that came from another model, or was without thinking, may hold calls without thinking before them.
    if (effort === "off" || !thinksBeforeLastCall(messages)) return undefined;
    // Thinking counts towards the output: half of it stays for the answer.
    const budget_tokens = Math.min(budgets[effort ?? "medium"], Math.floor(maxTokens / 2));
    return budget_tokens < smallestBudget ? undefined : { type: "enabled", budget_tokens };
  }
  if (thinking === "unasked" && (known || effort === undefined)) return undefined;
  return {
    type: "adaptive",
    display: "summarized",
    // The prompt holds the date and the project's instructions: when they change, earlier thinking is dropped.
    ...(bindsThinking && { block_binding: { prefix_mismatch_behavior: "drop_block" } }),
  };
}

function withoutThinking(message: BetaMessageParam): BetaMessageParam {
  if (message.role !== "assistant" || typeof message.content === "string") return message;
  const content = message.content.filter(({ type }) => !type.endsWith("thinking"));
  return content.length > 0 ? { ...message, content } : message;
}

function isGraded(effort: Effort | undefined): effort is Exclude<Effort, "off"> {
  return effort !== undefined && effort !== "off";
}
