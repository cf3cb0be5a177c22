/** Sends what a person has typed as a message: `/name arguments` calls a command or a skill of a file, as in the other faces. */
import { splitCommand } from "../client/state/split-command";
import { ApiError } from "../sdk/create-rein";
import type { ChatRequest } from "../shared/requests";
import { terminalLine } from "../shared/terminal-safe";
import { UsageError } from "./command";

export type Said = Pick<ChatRequest, "message" | "command">;

/**
 * Calls `send` with the command or the message. `piped`, which nobody has typed, follows either. A path that is no command's
 * name is a message. Throws what `send` throws; UsageError for any other name that is none.
 */
export async function sendTyped<Sent>(
  typed: string,
  piped: string,
  send: (said: Said) => Promise<Sent>,
): Promise<Sent> {
  const { name, argument } = splitCommand(typed);
  if (name === "") return send({ message: joined(typed, piped) || undefined });
  if (name.includes(":"))
    throw new UsageError(
      `/${terminalLine(name)} is not sent: prompts of MCP servers are for the full screen of rein, the page and editors.`,
    );
  try {
    return await send({ command: { name, arguments: joined(argument, piped) } });
  } catch (error) {
    if (!isUnknown(error)) throw error;
    if (isPath(name)) return send({ message: joined(typed, piped) });
    throw new UsageError(`${error.message} “rein project” lists those of files..`, {
      cause: error,
    });
  }
}

/** Whether what begins with a slash may be meant as a path. */
export function isPath(name: string): boolean {
  return /[/.]/.test(name);
}

function joined(...texts: string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}

function isUnknown(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 404 && error.code === "command";
}
