/** What people and models are told of an MCP server's failures and progress: its own words, bounded and visible. */
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { forPeople } from "../engines/line-peer";
import type { McpServer } from "../../shared/requests";
import type { ServerProgram } from "./stdio-transport";

/** `program`: what it wrote last is said, too. A secret that the server was given and says again is not. */
export function failureWords(
  server: McpServer,
  error: unknown,
  program: ServerProgram | undefined,
): string {
  const words = wordsOf(server.name, error, program);
  return secretsOf(server).reduce((text, secret) => text.replaceAll(secret, "•••"), words);
}

/** Values of its variables and headers, the longest first; of `Bearer KEY` the key alone, too. */
function secretsOf(server: McpServer): string[] {
  const values = Object.values(server.type === "stdio" ? server.env : server.headers);
  const all = values.flatMap((value) => [value, ...value.split(" ")]);
  return all
    .filter(({ length }) => length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length);
}

/** A shorter one would take away words that mean something. */
const shortestSecret = 6;

function wordsOf(name: string, error: unknown, program: ServerProgram | undefined): string {
  const said = error instanceof Error ? error.message : String(error);
  const written = program ? forPeople(lastLines(program.errorOutput()), 500) : "";
  const words = `${name}: ${visibleString(ellipsized(said, 1_000))}`;
  if (!written || said.includes(written)) return words;
  return `${words}${/[.!?…]$/.test(words) ? "" : "."} It wrote: ${visibleString(written)}`;
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
