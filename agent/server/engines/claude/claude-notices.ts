/** What of Claude Code's own notices a person should see, as sentences. */
import type { ClaudeMessage, ClaudeSystem } from "./claude-messages";

/** Undefined for a message that a person need not see. */
export function noticeOf(message: ClaudeSystem): string | undefined {
  switch (message.subtype) {
    case "api_retry": {
      // A short failure is not worth a sentence.
      if ((message.attempt ?? 0) < 2) return undefined;
      const status = message.error_status ? ` (${message.error_status})` : "";
      return `Claude Code keeps trying to reach the model: ${words(message.error)}${status}.`;
    }
    case "compact_boundary": {
      const { pre_tokens: before, post_tokens: after } = message.compact_metadata ?? {};
      const sizes = before && after ? `: ${before} tokens became ${after}` : "";
      return `Claude Code has summed up the conversation${sizes}.`;
    }
    case "model_refusal_fallback":
    case "model_refusal_no_fallback":
      return message.content;
    case "informational":
      return message.level === "warning" ? message.content : undefined;
    case "session_writes_lost":
      return "Claude Code could not save the conversation: the disk is full. It may not remember all of it.";
    default:
      return undefined;
  }
}

type RateLimit = Extract<ClaudeMessage, { type: "rate_limit_event" }>["rate_limit_info"];

/** Undefined while the limit is far. */
export function rateLimitNotice({
  status,
  rateLimitType,
  resetsAt,
}: RateLimit): string | undefined {
  if (status === "allowed") return undefined;
  const what = status === "rejected" ? "is used up" : "is nearly used up";
  const until = resetsAt ? `, until ${new Date(resetsAt * 1_000).toISOString()}` : "";
  return `The limit of your Claude plan ${what}${rateLimitType ? ` (${words(rateLimitType)})` : ""}${until}.`;
}

function words(name: string | undefined): string {
  return (name ?? "unknown").replaceAll("_", " ");
}
