/** What a user's message says to a model: its text, and the output of the lines that its command has run. */
import { sentOutput } from "./dropped-output";
import { stateOf, subjectOf, textOf, toolCallsOf } from "./message-parts";
import { interruptionText, type Message, type ToolCallPart } from "./protocol";
import { quoted } from "./quotation";

/** The output is quoted, so that it cannot speak for the user. `between`: as in `textOf`. */
export function saidText(message: Message, between = ""): string {
  const outputs = toolCallsOf(message).flatMap(outputOf);
  return [textOf(message, between), ...outputs].filter((text) => text !== "").join("\n\n");
}

/** Of a line that has not run yet, nothing. */
function outputOf(call: ToolCallPart): string[] {
  const { error, stop } = call;
  if (call.endedAt === undefined) return [];
  const line = `\`${subjectOf(call) ?? call.name}\``;
  const state = stateOf(call);
  const ended = state === "done" ? "" : ` (${state})`;
  const ending = error ?? (stop && interruptionText(stop.by));
  const lines = [sentOutput(call).trim(), ending].filter(Boolean);
  const text = lines.join("\n") || "(no output)";
  return quoted(`Output of ${line}${ended}, each line after “| ”`, text, Infinity);
}
