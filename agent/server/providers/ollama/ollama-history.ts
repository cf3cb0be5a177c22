/** Writes a conversation as Ollama's `/api/chat` accepts it. */
import type { Message } from "../../../shared/protocol";
import { type AssistantTurn, callsOf, toTurns } from "../provider-history";

export const providerId = "ollama";

export interface OllamaMessage {
  role: "system" | "user" | "assistant" | "tool";
  content: string;
  thinking?: string;
  tool_calls?: { id: string; function: { name: string; arguments: Record<string, unknown> } }[];
  tool_name?: string;
  tool_call_id?: string;
}

export function makeMessages(messages: Message[], model: string): OllamaMessage[] {
  return toTurns(messages, { provider: providerId, model }).flatMap((turn): OllamaMessage[] =>
    turn.role === "user" ? [{ role: "user", content: turn.text }] : makeTurn(turn),
  );
}

/** The assistant's message, and each call's result after it. Thinking is wanted only with the calls to which it led. */
function makeTurn(turn: AssistantTurn): OllamaMessage[] {
  const calls = callsOf(turn);
  const content = textsOf(turn, "text");
  if (calls.length === 0) return [{ role: "assistant", content }];
  const thinking = textsOf(turn, "reasoning");
  const message: OllamaMessage = {
    role: "assistant",
    content,
    ...(thinking && { thinking }),
    tool_calls: calls.map(({ id, name, input }) => ({ id, function: { name, arguments: input } })),
  };
  const results = calls.map(({ id, name, result }) => ({
    role: "tool" as const,
    tool_name: name,
    tool_call_id: id,
    content: result.text,
  }));
  return [message, ...results];
}

function textsOf({ items }: AssistantTurn, type: "text" | "reasoning"): string {
  return items.flatMap((item) => (item.type === type ? [item.text] : [])).join("\n\n");
}
