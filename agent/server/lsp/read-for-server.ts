/** The text of a file as a language server is told of it. */
import { basename, dirname } from "node:path";
import { errorCode } from "../../shared/error-code";
import { Directory } from "../files/directory";
import { NotRegularError, RegularFile } from "../files/regular-file";

const mostBytes = 2_000_000;

/** Or why it is not told. Throws the signal's reason, and what the disk throws. */
export async function readForServer(
  path: string,
  signal: AbortSignal,
): Promise<{ text: string } | { skipped: string }> {
  try {
    using directory = await Directory.open(dirname(path), signal);
    using file = await RegularFile.open(directory, basename(path), signal);
    const bytes = await file.bytes(0, mostBytes + 1, signal);
    return bytes.length > mostBytes
      ? { skipped: "it is too large" }
      : { text: bytes.toString("utf8") };
  } catch (error) {
    if (error instanceof NotRegularError) return { skipped: `it ${error.reason}` };
    if (errorCode(error) === "ENOENT") return { skipped: "it is gone" };
    throw error;
  }
}
