/** Counting tokens when the provider did not: a stop loses its final count everywhere. */
import type { Message, Usage } from "../shared/protocol";
import type { ModelRequest } from "./providers/provider";

/** About four characters make a token in English text and code. */
const charactersPerToken = 4;

/** What a request and the answer so far have cost, where only some of it (or nothing) was counted by the provider. */
export function estimateUsage(
  request: ModelRequest,
  answer: Message,
  counted: Partial<Usage>,
): Usage {
  const written = answer.parts.reduce(
    (sum, part) =>
      sum +
      (part.type === "tool-call"
        ? part.inputText.length
        : part.type === "interruption"
          ? 0
          : part.text.length),
    0,
  );
  return {
    inputTokens: counted.inputTokens ?? estimateTokens(JSON.stringify(request).length),
    outputTokens: Math.max(counted.outputTokens ?? 0, estimateTokens(written)),
    estimated: true,
  };
}

/** Of a text, or of so many characters of it. */
export function estimateTokens(text: string | number): number {
  return Math.ceil((typeof text === "string" ? text.length : text) / charactersPerToken);
}
