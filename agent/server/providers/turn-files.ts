/** The files of a conversation as they go to a model: a line about each, and the content of those that it takes. */
import type { FileRef, Message } from "../../shared/protocol";
import { filesOfPart } from "../../shared/message-parts";
import { describeFile } from "../../shared/taken-files";
import type { Reader, TurnFile } from "./provider-turns";

/** A line that names a file, and says why it was left out where it was. */
export function fileLine(file: FileRef, { files }: Reader): string {
  const sent = files?.get(file.hash) ?? { leftOut: "not sent" };
  return `[${describeFile(file)}${"leftOut" in sent ? `: ${sent.leftOut}` : ""}]`;
}

/** The files of these parts that the model is given. */
export function filesToSend({ parts }: Pick<Message, "parts">, { files }: Reader): TurnFile[] {
  return parts.flatMap(filesOfPart).flatMap(({ name, mediaType, hash }) => {
    const sent = files?.get(hash);
    return sent !== undefined && "data" in sent ? [{ name, mediaType, data: sent.data }] : [];
  });
}
