/** What a model reads in the place of an old output. */
import type { ToolCallPart } from "./protocol";

export function leftOutText({ id }: Pick<ToolCallPart, "id">): string {
  return `[output left out; read output:${id}]`;
}

/** The output of a call as the model reads it. */
export function sentOutput(call: Pick<ToolCallPart, "id" | "output" | "outputDropped">): string {
  return call.outputDropped ? leftOutText(call) : call.output;
}
