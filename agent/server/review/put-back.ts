/** Writes one side of a comparison into the directory: whole, and only over what was compared. */
import { join } from "node:path";
import { removeFile, replaceFile } from "../tools/files/atomic-write";
import { ToolError } from "../tools/tool";
import { type Name, nameOf, shown } from "../undo/git/git-path";
import type { Side } from "./file-side";
import { ReviewError } from "./review-error";

export const changedSince = () =>
  new ReviewError(
    409,
    "changed-since",
    "The file has changed since it was shown, so nothing was done. Look at it again.",
  );

/** `to` is a file with its bytes, or nothing. Throws ReviewError or the signal's reason; then nothing has changed. */
export async function putBack(
  cwd: string,
  name: Name,
  from: Side,
  to: Pick<Side, "kind" | "bytes" | "mode">,
  signal: AbortSignal,
): Promise<void> {
  const path = shown(name);
  if (nameOf(path) !== name)
    throw new ReviewError(409, "failed", `The name of “${path}” is not UTF-8: it stays as it is.`);
  const target = { path: join(cwd, path), inside: true, shown: path };
  const expected = from.version;
  try {
    const isDone =
      to.kind === "none"
        ? await removeFile(target, expected, signal)
        : await replaceFile({ target, text: to.bytes!, mode: to.mode, expected }, signal);
    if (!isDone) throw changedSince();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    throw new ReviewError(409, "failed", error.message, { cause: error });
  }
}
