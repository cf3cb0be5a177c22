/** What a person types or pastes about an MCP server, read and written. */
import type { McpServerShown } from "../../shared/protocol";
import { mcpNamePattern } from "../../shared/mcp-name";
import { t } from "../../shared/translation";
import { joinedCommand, splitCommandLine } from "./own-agent";

export interface McpFields {
  name: string;
  /** A command line, or an address. */
  target: string;
  /** A line each: NAME=value of a variable, Name: value of a header; the name alone of one that is kept. */
  values: string;
}

export function isAddress(target: string): boolean {
  return /^https?:\/\//i.test(target.trim());
}

/** Undefined for a name that a server can have. */
export function nameFault(name: string): string | undefined {
  if (name === "") return t("Enter a name.");
  return mcpNamePattern.test(name)
    ? undefined
    : t("“{name}” cannot be the name: use letters, digits, - and single _.", { name });
}

/** As the server takes it, or what is wrong with it, as a sentence. */
export function serverOf({ target, values }: Omit<McpFields, "name">): McpServerShown | string {
  if (isAddress(target)) {
    const headers = valuesIn(values, ":");
    return typeof headers === "string" ? headers : { type: "http", url: target.trim(), headers };
  }
  const [command, ...args] = splitCommandLine(target) ?? ["'"];
  if (command === "'") return t("A quotation mark in the command is not closed.");
  if (command === undefined) return t("Enter a command, or an address that begins with https://.");
  const env = valuesIn(values, "=");
  return typeof env === "string" ? env : { type: "stdio", command, args, env };
}

function valuesIn(text: string, separator: string): Record<string, string | null> | string {
  const values: Record<string, string | null> = {};
  for (const line of text.split("\n").filter((one) => one.trim() !== "")) {
    const at = line.indexOf(separator);
    const name = (at < 0 ? line : line.slice(0, at)).trim();
    if (name === "")
      return t("“{line}” has no name before the {separator}.", { line: line.trim(), separator });
    const value = line.slice(at + 1);
    values[name] = at < 0 ? null : separator === ":" ? value.trim() : value;
  }
  return values;
}

export function fieldsOf(name: string, server: McpServerShown): McpFields {
  return server.type === "http"
    ? { name, target: server.url, values: linesOf(server.headers, ": ") }
    : {
        name,
        target: joinedCommand([server.command, ...server.args]),
        values: linesOf(server.env, "="),
      };
}

function linesOf(values: Record<string, string | null>, separator: string): string {
  return Object.entries(values)
    .map(([name, value]) => (value === null ? name : `${name}${separator}${value}`))
    .join("\n");
}

/** The first server of another client's configuration, with the names of the others; or what is wrong with it. */
export function pastedFields(text: string): (McpFields & { others: string[] }) | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return t("This is not JSON: paste all of it, from { to }.");
  }
  const [first, ...rest] = Object.entries(object(object(json)["mcpServers"]));
  if (first === undefined)
    return t('It has no server: it should look like {"mcpServers": {"name": {…}}}.');
  const [name, server] = first;
  const others = rest.map(([other]) => other);
  const { type, command, args, env, url, headers } = object(server);
  if (typeof command === "string") {
    const list = Array.isArray(args) ? args.map(String) : [];
    return { ...fieldsOf(name, { type: "stdio", command, args: list, env: texts(env) }), others };
  }
  if (typeof url === "string" && type !== "sse")
    return { ...fieldsOf(name, { type: "http", url, headers: texts(headers) }), others };
  return t("The server “{name}” has neither a command nor an address that Rein can use.", { name });
}

/** Empty, where it is none. */
function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(Object.entries(object(value)).map(([key, one]) => [key, String(one)]));
}
