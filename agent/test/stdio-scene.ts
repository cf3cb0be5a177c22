/** What the tests of `rein stdio` send. */
import type { ToolCallPart } from "../shared/protocol";
import type { OutputOf, StdioProcess } from "./stdio-process";

/** A "user" line for the scripted upstream. */
export function userLine(more: object = {}): object {
  return { type: "user", text: "Do it", provider: "openai-chat", model: "local-model", ...more };
}

/** Resolves when the run has ended, now or later; the last one, unless it is named. */
export async function runEnd(stdio: StdioProcess, runId?: string): Promise<OutputOf<"run-end">> {
  const line = await stdio.until(
    (one) => one.type === "run-end" && (runId === undefined || one.runId === runId),
  );
  return line as OutputOf<"run-end">;
}

/** Resolves when the running tool has written this. */
export async function untilOutput(stdio: StdioProcess, words: string): Promise<ToolCallPart> {
  const call = () =>
    stdio.session.messages
      .flatMap(({ parts }) => parts)
      .findLast((part): part is ToolCallPart => part.type === "tool-call");
  await stdio.until(({ type }) => type === "part-delta" && !!call()?.output.includes(words));
  return call()!;
}

/** A command that says "ready" once it has started a process that would outlive a plain kill. */
export function stubborn(cookie: string): string {
  return `trap "" TERM; setsid sleep 300.${cookie} & echo ready; sleep 300.${cookie}; :`;
}

export function newCookie(): string {
  return String(Math.trunc(Math.random() * 1e9) + 1e9);
}
