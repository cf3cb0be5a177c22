/** The files that come with a message, for an engine: it is sent text alone, so the text files stand below the message's own. */
import type { FileRef } from "../../shared/protocol";
import { fileLine } from "../providers/turn-files";
import type { TurnRequest } from "./turn-types";
import { userMessage } from "./user-message";

/** Empty where there are none. Throws the signal's reason. */
export async function filesBelow(
  readFiles: TurnRequest["readFiles"],
  files: FileRef[],
  signal: AbortSignal,
): Promise<string> {
  if (files.length === 0) return "";
  const sent = await readFiles([userMessage("", "", files)], signal);
  return files.map((file) => `\n\n${fileLine(file, { files: sent })}`).join("");
}
