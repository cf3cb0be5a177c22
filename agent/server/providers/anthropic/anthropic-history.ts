/** Writes a conversation as the Messages API accepts it. */
import type {
  BetaContentBlockParam,
  BetaImageBlockParam,
  BetaMessageParam,
  BetaRequestDocumentBlock,
} from "@anthropic-ai/sdk/resources/beta/messages/messages";
import {
  type AssistantTurn,
  callsOf,
  type Item,
  type OtherItem,
  rawsOf,
  type Turn,
  type TurnFile,
} from "../provider-turns";
import { toTurns } from "../provider-history";
import type { ModelRequest } from "../provider";

export const providerId = "anthropic";

type Made = { role: "user" | "assistant"; content: BetaContentBlockParam[] };

/**
 * The conversation as Anthropic takes it, without the system prompt. The last two messages of the user are marked for the
 * cache. The next request reads up to the last of them, however many blocks the answer to it has: from a mark, Anthropic
 * looks back over 20 blocks only.
 */
export function makeMessages({ messages, model, files }: ModelRequest): BetaMessageParam[] {
  const made: Made[] = [];
  const turns = toTurns(messages, { provider: providerId, model, files });
  const paired = pairedIds(turns);
  for (const turn of turns) {
    if (turn.role === "assistant") {
      // What the service has paused, or called beside tools of ours, it goes on with now; elsewhere its calls are refused
      // without their results.
      const open = turn === turns.at(-1) ? ownCallIds(turn) : [];
      made.push({ role: "assistant", content: makeBlocks(turn, new Set([...paired, ...open])) });
      const results = makeResults(turn);
      if (results.length > 0) made.push({ role: "user", content: results });
      continue;
    }
    // Results come first in the message that follows their calls; what the user wrote then is in the same one.
    const last = made.at(-1);
    const blocks = [...makeFiles(turn.files), { type: "text" as const, text: turn.text }];
    if (last?.role === "user") last.content.push(...blocks);
    else made.push({ role: "user", content: blocks });
  }
  const last = made.at(-1);
  // Text at the end would be taken for the beginning of the answer, which newer models refuse.
  if (last?.role === "assistant" && last.content.at(-1)?.type === "text")
    made.push({ role: "user", content: [{ type: "text", text: "(Go on.)" }] });
  for (const message of made.filter(({ role }) => role === "user").slice(-2)) mark(message);
  return made;
}

function mark({ content }: Made): void {
  Object.assign(content.at(-1)!, { cache_control: { type: "ephemeral" } });
}

/** The ids of the service's own tool calls that have a result, and of these results. */
function pairedIds(turns: Turn[]): Set<unknown> {
  const raws = rawsOf(turns);
  const answered = new Set(raws.map((raw) => raw["tool_use_id"]));
  return new Set(raws.map((raw) => raw["id"]).filter((id) => id !== undefined && answered.has(id)));
}

function ownCallIds(turn: Turn): unknown[] {
  return rawsOf([turn])
    .filter(isCall)
    .map((raw) => raw["id"]);
}

/** Whether a thinking budget may be asked for: then the last turn with calls has to begin with a thinking block. */
export function thinksBeforeLastCall(messages: BetaMessageParam[]): boolean {
  const last = messages.findLast(({ role }) => role === "assistant")?.content;
  if (!Array.isArray(last) || !last.some(({ type }) => type === "tool_use")) return true;
  return last[0]?.type === "thinking" || last[0]?.type === "redacted_thinking";
}

/** Calls go last, as nothing else may follow one in its message. `paired`: the service's own calls that go back, each with its result. */
function makeBlocks(turn: AssistantTurn, paired: Set<unknown>): BetaContentBlockParam[] {
  const others = turn.items.filter((item) => item.type !== "tool-call");
  return [...others, ...callsOf(turn)].map((item) => makeBlock(item, paired));
}

function makeBlock(item: Item, paired: Set<unknown>): BetaContentBlockParam {
  switch (item.type) {
    case "text":
      return { type: "text", text: item.text };
    case "tool-call":
      return { type: "tool_use", id: item.id, name: item.name, input: item.input };
    case "reasoning": {
      const { redacted, signature } = item.meta;
      return typeof redacted === "string"
        ? { type: "redacted_thinking", data: redacted }
        : { type: "thinking", thinking: item.text, signature: String(signature) };
    }
    case "other": {
      const { raw, line } = item;
      const id = raw?.["tool_use_id"] ?? (isCall(raw) ? raw?.["id"] : undefined);
      const isPaired = id === undefined || paired.has(id);
      const fits = isPaired && isBlock(raw);
      return fits ? raw : { type: "text", text: line };
    }
  }
}

/** It came as one from Anthropic; what is stored may be damaged. */
function isBlock(raw: OtherItem["raw"]): raw is Record<string, unknown> & BetaContentBlockParam {
  return typeof raw?.["type"] === "string";
}

function isCall(raw: OtherItem["raw"]): boolean {
  return raw?.["type"] === "server_tool_use" || raw?.["type"] === "mcp_tool_use";
}

function makeResults(turn: AssistantTurn): BetaContentBlockParam[] {
  return callsOf(turn).map(({ id, result }) => ({
    type: "tool_result",
    tool_use_id: id,
    content:
      result.files === undefined
        ? result.text
        : [{ type: "text" as const, text: result.text }, ...makeFiles(result.files)],
    ...(result.isError && { is_error: true }),
  }));
}

function makeFiles(files: TurnFile[] = []): (BetaImageBlockParam | BetaRequestDocumentBlock)[] {
  return files.map(({ name, mediaType, data }) =>
    mediaType === "application/pdf"
      ? {
          type: "document",
          source: { type: "base64", media_type: mediaType, data },
          title: name,
        }
      : { type: "image", source: { type: "base64", media_type: mediaType, data } },
  );
}
