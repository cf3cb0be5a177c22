/** The files of a message as an engine is given them. */
import type { FileRef } from "../../shared/protocol";
import type { ReadingModel } from "../../shared/file-bounds";
import { userMessage } from "../agent/user-message";
import { type FileSource, readRequestFiles } from "../attachments/request-files";
import type { EngineFile } from "../engines/engine";
import { fileLine, filesToSend } from "../providers/turn-files";

/** In the order of the message: a line about each, with the words of a text, then what the engine takes of it. Throws the signal's reason. */
export async function readEngineFiles(
  attachments: FileSource,
  files: readonly FileRef[],
  reader: ReadingModel,
  signal: AbortSignal,
): Promise<EngineFile[]> {
  const whole = [userMessage("", "", [...files])];
  const asked = { ...reader, isEngine: true };
  const given = { ...reader, files: await readRequestFiles(attachments, whole, asked, signal) };
  return files.flatMap((file) => [
    { text: fileLine(file, given) },
    ...filesToSend(userMessage("", "", [file]), given),
  ]);
}
