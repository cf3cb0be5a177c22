/** What a person says in a request: a text, or a command of a file. */
import { defined } from "../../shared/defined";
import { typedCommand } from "../../shared/message-parts";
import type { CommandCall } from "../../shared/protocol";
import type { ChatRequest } from "../../shared/requests";

/** As it was typed. */
export function saidIn({ message, command }: Pick<ChatRequest, "message" | "command">): string {
  if (command === undefined) return message ?? "";
  return typedCommand({ arguments: "", ...command });
}

/** The other way round. */
export function requestOfSaid(
  said: string | CommandCall,
): Pick<ChatRequest, "message" | "command"> {
  if (typeof said !== "string") return { command: said };
  return defined({ message: said.trim() === "" ? undefined : said });
}
