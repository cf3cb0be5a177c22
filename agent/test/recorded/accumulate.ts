/** What a recording says, by the documentation of its service alone. */
import { accumulateAnthropic } from "./accumulate-anthropic";
import { accumulateChat } from "./accumulate-chat";
import { accumulateGemini } from "./accumulate-gemini";
import { accumulateResponses } from "./accumulate-responses";
import { type Answer, withoutEmpty } from "./answer";
import type { RecordedAnswer, RecordedWire } from "./recordings";

export function accumulate({ wire, chunks, service }: RecordedAnswer): Answer {
  return withoutEmpty(accumulators[wire](chunks, service));
}

const accumulators: Record<RecordedWire, (chunks: string[], service?: string) => Answer> = {
  anthropic: accumulateAnthropic,
  openai: accumulateResponses,
  "openai-chat": accumulateChat,
  gemini: accumulateGemini,
};
