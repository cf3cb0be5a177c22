/** A command as a person types it. */
import { defined } from "../../shared/defined";
import type { ChatRequest } from "../../shared/requests";

type Call = NonNullable<ChatRequest["command"]>;

export function typedCommand({ name, arguments: typed = "" }: Call): string {
  return `/${name} ${typed}`.trimEnd();
}

/** What a request says, as a person has typed it. */
export function saidIn({ message, command }: Pick<ChatRequest, "message" | "command">): string {
  return command === undefined ? (message ?? "") : typedCommand(command);
}

/** The other way round: a text, or a command of a file. */
export function requestOfSaid(said: string | Call): Pick<ChatRequest, "message" | "command"> {
  if (typeof said !== "string") return { command: said };
  return defined({ message: said.trim() === "" ? undefined : said });
}
