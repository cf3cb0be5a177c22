/** Writes a conversation as Ollama's `/api/chat` accepts it. */
import type { ModelRequest } from "../provider";
import { type AssistantTurn, callsOf, shownText, type UserTurn } from "../provider-turns";
import { toTurns } from "../provider-history";

export const providerId = "ollama";

export interface OllamaMessage {
  role: "system" | "user" | "assistant" | "tool";
  content: string;
  /** In base64. */
  images?: string[];
  thinking?: string;
  tool_calls?: { id: string; function: { name: string; arguments: Record<string, unknown> } }[];
  tool_name?: string;
  tool_call_id?: string;
}

/** The conversation as Ollama takes it, without the system prompt. */
export function makeMessages({ messages, model, files }: ModelRequest): OllamaMessage[] {
  const made: OllamaMessage[] = [];
  for (const turn of toTurns(messages, { provider: providerId, model, files })) {
    if (turn.role === "user") addUser(made, turn);
    else {
      made.push(...makeTurn(turn));
      // Templates show pictures only in the user's messages.
      const shown = callsOf(turn).flatMap(({ result }) => result.files ?? []);
      if (shown.length > 0) addUser(made, { text: shownText, files: shown });
    }
  }
  return made;
}

/** After the pictures of a result the user's message is one with them: templates want roles to alternate. */
function addUser(
  made: OllamaMessage[],
  { text, files = [] }: Pick<UserTurn, "text" | "files">,
): void {
  const images = files.map(({ data }) => data);
  const last = made.at(-1);
  if (last?.role === "user") {
    last.content += `\n\n${text}`;
    if (images.length > 0) last.images = [...(last.images ?? []), ...images];
  } else made.push({ role: "user", content: text, ...(images.length > 0 && { images }) });
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
