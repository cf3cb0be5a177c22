/** Gemini's chunks put together as its documentation says, arguments in pieces included, without any code of Rein. */
import type { Answer, AnswerPart } from "./answer";

interface PartialArgument {
  jsonPath: string;
  stringValue?: string;
  numberValue?: number;
  boolValue?: boolean;
  nullValue?: unknown;
}

interface Part {
  text?: string;
  thought?: boolean;
  functionCall?: { id?: string; name?: string; args?: unknown; partialArgs?: PartialArgument[] };
}

interface Chunk {
  candidates?: { content?: { parts?: Part[] }; finishReason?: string }[];
  usageMetadata?: {
    promptTokenCount?: number;
    cachedContentTokenCount?: number;
    candidatesTokenCount?: number;
    thoughtsTokenCount?: number;
    toolUsePromptTokenCount?: number;
  };
}

export function accumulateGemini(chunks: string[]): Answer {
  const parts: AnswerPart[] = [];
  const answer: Answer = { parts };
  let call: Extract<AnswerPart, { type: "tool-call" }> | undefined;
  let reason: string | undefined;
  for (const chunk of chunks) {
    const { candidates, usageMetadata: usage } = JSON.parse(chunk) as Chunk;
    const [candidate] = candidates ?? [];
    for (const { text = "", thought, functionCall } of candidate?.content?.parts ?? []) {
      if (functionCall?.name !== undefined) {
        const { name, args = {}, id = "" } = functionCall;
        parts.push((call = { type: "tool-call", id, name, input: structuredClone(args) }));
      }
      for (const piece of functionCall?.partialArgs ?? []) setArgument(call!, piece);
      if (text !== "") add(parts, thought ? "reasoning" : "text", text);
    }
    reason = candidate?.finishReason ?? reason;
    if (usage?.promptTokenCount !== undefined)
      answer.usage = {
        input: usage.promptTokenCount + (usage.toolUsePromptTokenCount ?? 0),
        cacheRead: usage.cachedContentTokenCount ?? 0,
        cacheWrite: 0,
        output: (usage.candidatesTokenCount ?? 0) + (usage.thoughtsTokenCount ?? 0),
      };
  }
  answer.end = reason === "STOP" ? (call ? "tool-calls" : "stop") : ends[reason!]!;
  return answer;
}

/** A path such as `$.recipe.steps[9]`; text of the same path is appended. */
function setArgument(call: { input: unknown }, { jsonPath, ...value }: PartialArgument): void {
  const steps = [...jsonPath.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map(
    ([, name, at]) => name ?? Number(at),
  );
  let place = call.input as Record<string | number, unknown>;
  for (const [at, step] of steps.slice(0, -1).entries())
    place = (place[step] ??= typeof steps[at + 1] === "number" ? [] : {}) as typeof place;
  const last = steps.at(-1)!;
  if (value.stringValue === undefined) place[last] = value.numberValue ?? value.boolValue ?? null;
  else place[last] = `${(place[last] as string | undefined) ?? ""}${value.stringValue}`;
}

function add(parts: AnswerPart[], type: "text" | "reasoning", text: string): void {
  const last = parts.at(-1);
  if (last?.type === type) last.text += text;
  else parts.push({ type, text });
}

const ends: Record<string, NonNullable<Answer["end"]>> = {
  MAX_TOKENS: "length",
  SAFETY: "content-filter",
};
