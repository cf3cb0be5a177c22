/** What people and models are told of an MCP server's failures and progress: its own words, bounded and visible. */
import { ellipsized } from "../../shared/truncate";
import { visibleString } from "../../shared/visible-text";
import { forPeople } from "../engines/line-peer";
import type { McpServer } from "../../shared/requests";
import type { ConfiguredServer } from "./configured-server";
import { messageOf } from "./mcp-error";
import type { ServerProgram } from "./stdio-transport";

/** `program`: what it wrote last is said, too. A secret that the server was given and says again is not. */
export function failureWords(
  { server, auth }: Pick<ConfiguredServer, "server" | "auth">,
  error: unknown,
  program: ServerProgram | undefined,
): string {
  const secrets = [...secretsOf(server), ...(auth?.secrets() ?? [])];
  return withoutSecrets(wordsOf(server.name, error, program), secrets);
}

/** The text with each of the secrets hidden. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets
    .filter(({ length }) => length >= shortestSecret)
    .toSorted((a, b) => b.length - a.length)
    .reduce((rest, secret) => rest.replaceAll(secret, "•••"), text);
}

/** Values of its variables and headers; of `Bearer KEY` the key alone, too. */
function secretsOf(server: McpServer): string[] {
  const values = Object.values(server.type === "stdio" ? server.env : server.headers);
  return values.flatMap((value) => [value, ...value.split(" ")]);
}

/** A shorter one would take away words that mean something. */
const shortestSecret = 6;

function wordsOf(name: string, error: unknown, program: ServerProgram | undefined): string {
  const said = messageOf(error);
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
