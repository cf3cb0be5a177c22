/** The conversations that the Messages API refuses, in its own words. */
import { refuseBlockFile } from "./sent-files";
import { isSealOf } from "./wire";

interface Block {
  type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  data?: string;
  id?: string;
  input?: unknown;
  tool_use_id?: string;
  content?: string | Block[];
  is_error?: boolean;
  source?: { type?: string; media_type?: string; data?: string };
}

interface Turn {
  role: string;
  content: Block[];
}

export interface Body {
  messages: { role: string; content: string | Block[]; output_config?: object }[];
  max_tokens: number;
  system?: string | Block[];
  thinking?: { type: string; budget_tokens?: number };
}

/** Why the service refuses these messages; undefined when it takes them. `thinks`: with a thinking budget. */
export function refuseHistory(messages: Body["messages"], thinks: boolean): string | undefined {
  const turns = combine(messages);
  return (
    refuseBlocks(turns) ??
    refuseToolOrder(turns) ??
    refuseServerTools(turns) ??
    refuseEnding(turns) ??
    (thinks ? refuseUnthinking(turns) : undefined)
  );
}

/** Messages of the same role in a row are one turn to the service. */
function combine(messages: Body["messages"]): Turn[] {
  const turns: Turn[] = [];
  for (const { role, content, output_config } of messages) {
    // A change of the effort between turns, as Claude Code sends it: it can have no text.
    if (role === "system" && output_config && content.length === 0) continue;
    const blocks = typeof content === "string" ? [{ type: "text", text: content }] : content;
    const last = turns.at(-1);
    if (last?.role === role && blocks.length > 0) last.content.push(...blocks);
    else turns.push({ role, content: [...blocks] });
  }
  return turns;
}

function refuseBlocks(turns: Turn[]): string | undefined {
  const ids = new Set<string>();
  for (const [at, turn] of turns.entries()) {
    if (turn.content.length === 0)
      return `messages.${at}: all messages must have non-empty content except for the optional final assistant message`;
    for (const [index, block] of turn.content.entries()) {
      const why = refuseBlock(block, ids);
      if (why) return `messages.${at}.content.${index}${why}`;
    }
  }
  return undefined;
}

function refuseBlock(block: Block, ids: Set<string>): string | undefined {
  switch (block.type) {
    case "text":
      if (!block.text) return ": text content blocks must be non-empty";
      if (!block.text.trim()) return ": text content blocks must contain non-whitespace text";
      return undefined;
    case "thinking":
      if (!block.signature) return ".thinking.signature: Field required";
      if (!isSealOf(block.signature, block.thinking ?? ""))
        return ": Invalid `signature` in `thinking` block";
      return undefined;
    case "redacted_thinking":
      return isSealOf(block.data, "redacted")
        ? undefined
        : ": Invalid `data` in `redacted_thinking` block";
    case "tool_use":
      if (!/^[a-zA-Z0-9_-]+$/.test(block.id ?? ""))
        return ".tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'";
      if (ids.has(block.id!)) return ": `tool_use` ids must be unique";
      ids.add(block.id!);
      if (typeof block.input !== "object" || block.input === null || Array.isArray(block.input))
        return ".tool_use.input: Input should be a valid dictionary";
      return undefined;
    case "image":
    case "document":
      return refuseBlockFile(block);
    case "tool_result": {
      const content = Array.isArray(block.content) ? block.content : [];
      const shown = content.filter((inner) => inner.type !== "text");
      if (block.is_error && shown.length > 0)
        return ".tool_result: all content must be type `text` if `is_error` is true";
      const why = shown.map(refuseBlockFile).find((one) => one !== undefined);
      if (why) return `.tool_result.content${why}`;
      return content.some((inner) => inner.type === "text" && !inner.text)
        ? ".tool_result.content: text content blocks must be non-empty"
        : undefined;
    }
    default:
      if (serverBlock.test(block.type)) return undefined;
      return `: Input tag '${block.type}' found using 'type' does not match any of the expected tags`;
  }
}

const serverBlock =
  /^(server_tool_use|mcp_tool_use|\w+_tool_result|container_upload|compaction|fallback)$/;

/**
 * The service's own calls have their results in the same turn, but where it has paused; beside a call of the client's tools
 * they have them in the next.
 */
function refuseServerTools(turns: Turn[]): string | undefined {
  for (const [at, { role, content }] of turns.entries()) {
    const isLast = at >= turns.length - 2;
    const waits = content.some(({ type }) => type === "tool_use");
    const isPaused = isLast && (at === turns.length - 1 ? role === "assistant" : waits);
    const following = waits ? (turns[at + 2]?.content ?? []) : [];
    const results = new Set([...content, ...following].map((block) => block.tool_use_id));
    const open = serverCalls(content).find(({ id }) => !results.has(id));
    if (open !== undefined && !isPaused)
      return `messages.${at}: \`${open.type}\` block with id \`${open.id}\` was found without a corresponding result block.`;
    const calls = serverCalls([...(turns[at - 2]?.content ?? []), ...content]);
    const stray = content.find(
      ({ type, tool_use_id }) =>
        type !== "tool_result" && tool_use_id && !calls.some(({ id }) => id === tool_use_id),
    );
    if (stray) return `messages.${at}: unexpected \`${stray.type}\` without its call.`;
  }
  return undefined;
}

function serverCalls(content: Block[]): Block[] {
  return content.filter(({ type }) => /^(server|mcp)_tool_use$/.test(type));
}

function refuseToolOrder(turns: Turn[]): string | undefined {
  for (const [at, turn] of turns.entries()) {
    const called = turn.content.filter((block) => block.type === "tool_use").map((b) => b.id!);
    const firstCall = turn.content.findIndex((block) => block.type === "tool_use");
    if (called.length > 0 && turn.content.slice(firstCall).some((b) => b.type !== "tool_use"))
      return `messages.${at}: \`tool_use\` blocks can only be followed by \`tool_use\` blocks`;
    const following = turns[at + 1]?.content ?? [];
    const results = following.filter((block) => block.type === "tool_result");
    const answered = results.map((block) => block.tool_use_id!);
    const missing = called.filter((id) => !answered.includes(id));
    if (missing.length > 0)
      return `messages.${at}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    const stray = answered.find((id) => !called.includes(id));
    if (stray !== undefined || (at === 0 && turn.content.some((b) => b.type === "tool_result")))
      return `messages.${at + 1}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    if (new Set(answered).size !== answered.length)
      return `messages.${at + 1}: each tool_use must have a single result`;
    if (following.slice(0, results.length).some((block) => block.type !== "tool_result"))
      return `messages.${at + 1}: \`tool_result\` blocks must come before other content`;
  }
  return undefined;
}

function refuseEnding(turns: Turn[]): string | undefined {
  const last = turns.at(-1)!;
  // A turn that the service has paused goes back as it is.
  if (last.role !== "assistant" || serverBlock.test(last.content.at(-1)!.type)) return undefined;
  if (/\s$/.test(last.content.at(-1)!.text ?? ""))
    return "messages: final assistant content cannot end with trailing whitespace";
  return "This model does not support assistant message prefill. The conversation must end with a user message.";
}

/** With a thinking budget, the last tool-using turn has to begin with the thinking that led to it. */
function refuseUnthinking(turns: Turn[]): string | undefined {
  const at = turns.findLastIndex((turn) => turn.role === "assistant");
  const content = turns[at]?.content ?? [];
  if (!content.some((block) => block.type === "tool_use")) return undefined;
  const first = content[0]!.type;
  return first === "thinking" || first === "redacted_thinking"
    ? undefined
    : `messages.${at}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`;
}
