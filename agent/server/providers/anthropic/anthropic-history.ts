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
  toTurns,
  type TurnFile,
} from "../provider-history";
import type { ModelRequest } from "../provider";

export const providerId = "anthropic";

/** The last block is marked for the cache: the next request begins with all of this one. */
export function makeMessages({ messages, model, files }: ModelRequest): BetaMessageParam[] {
  const made: { role: "user" | "assistant"; content: BetaContentBlockParam[] }[] = [];
  for (const turn of toTurns(messages, { provider: providerId, model, files })) {
    if (turn.role === "assistant") {
      made.push({ role: "assistant", content: makeBlocks(turn) });
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
  const block = made.at(-1)?.content.at(-1);
  if (block?.type === "text" || block?.type === "tool_result")
    block.cache_control = { type: "ephemeral" };
  return made;
}

/** Whether a thinking budget may be asked for: then the last turn with calls has to begin with a thinking block. */
export function thinksBeforeLastCall(messages: BetaMessageParam[]): boolean {
  const last = messages.findLast(({ role }) => role === "assistant")?.content;
  if (!Array.isArray(last) || !last.some(({ type }) => type === "tool_use")) return true;
  return last[0]?.type === "thinking" || last[0]?.type === "redacted_thinking";
}

/** Calls go last, as nothing else may follow one in its message. */
function makeBlocks(turn: AssistantTurn): BetaContentBlockParam[] {
  const others = turn.items.filter((item) => item.type !== "tool-call");
  return [...others, ...callsOf(turn)].map(makeBlock);
}

function makeBlock(item: Item): BetaContentBlockParam {
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
  }
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
