/** What people and models are told of an MCP server's failures and progress: its own words, bounded and visible. */
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { forPeople } from "../engines/line-peer";
import type { ServerProgram } from "./stdio-transport";

/** `program`: what it wrote last is said, too. */
export function failureWords(
  name: string,
  error: unknown,
  program: ServerProgram | undefined,
): string {
  const said = error instanceof Error ? error.message : String(error);
  const written = program ? forPeople(lastLines(program.errorOutput()), 500) : "";
  const words = `${name}: ${visibleString(ellipsized(said, 1_000))}`;
  return written && !said.includes(written)
    ? `${words} It wrote: ${visibleString(written)}`
    : words;
}

export function progressWords(
  progress: number,
  total: number | undefined,
  message: string | undefined,
): string {
  const amount = total === undefined ? `${progress}` : `${progress} of ${total}`;
  const words = message === undefined ? amount : `${amount}: ${message}`;
  return visibleString(ellipsized(words.replaceAll(/\s+/g, " "), 200));
}

function lastLines(output: string): string {
  return output.trimEnd().split("\n").slice(-5).join("\n");
}
